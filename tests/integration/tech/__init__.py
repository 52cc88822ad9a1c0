"""The technical service on real servers."""
