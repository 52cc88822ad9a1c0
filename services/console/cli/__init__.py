"""The command line `jointops`: each command builds one request; the rest is done in one place."""
