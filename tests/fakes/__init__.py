"""Stand-ins that pass the same suites as the real parts."""
