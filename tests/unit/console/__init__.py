"""The console, without a terminal and without services."""
