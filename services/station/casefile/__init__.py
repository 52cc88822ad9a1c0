"""The case and its way from report to closing."""
