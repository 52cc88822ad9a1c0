"""Alarms: intake, dispatch and the step to a case."""
