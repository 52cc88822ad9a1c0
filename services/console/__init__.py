"""The face of the platform: the command line; no rules and no database."""
