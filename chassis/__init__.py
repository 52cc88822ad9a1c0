"""The shared runtime of every service; knows no domain word and no service."""
