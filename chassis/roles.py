"""The roles a token may carry. Source: docs/architecture.md, "Who may call what"."""

from enum import StrEnum


class Role(StrEnum):
    """What a person or device is on duty as; the three administrators are three people."""

    COMMANDER = "commander"
    DISPATCHER = "dispatcher"
    PATROL_OFFICER = "patrol_officer"
    CASE_OFFICER = "case_officer"
    INTEL_ANALYST = "intel_analyst"
    TECH_EXAMINER = "tech_examiner"
    OPS_LEADER = "ops_leader"
    LEGAL_REVIEWER = "legal_reviewer"
    AUDITOR = "auditor"
    SECURITY_ADMIN = "security_admin"
    SYSTEM_ADMIN = "system_admin"
    DEVICE = "device"
