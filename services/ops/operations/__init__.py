"""The joint arrest: targets, teams, plan, approvals and "go"."""
