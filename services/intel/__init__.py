"""Intelligence squad: taskings, leads and graded products."""
