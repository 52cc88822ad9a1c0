"""What a list shows of each resource: one row a message type, and nothing else to know about it."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "Alarm": ("alarm_id", "state", "priority", "call_type", "district", "unit_id", "flags"),
    "Case": ("case_id", "state", "call_type", "case_officer_id", "due_time", "create_time"),
    "SquadRequest": ("squad_request_id", "state", "kind", "is_gating", "rating", "due_time"),
    "Review": ("review_id", "state", "opener_id", "missing_criteria", "create_time"),
    "Lesson": ("lesson_id", "state", "title", "owner_id", "due_time"),
    "TimelineEntry": ("event_time", "service", "event_type", "aggregate_id", "aggregate_version"),
    "Tasking": ("tasking_id", "state", "signed_for_by", "due_time", "case_id"),
    "Lead": ("lead_id", "state", "priority", "summary", "expire_time"),
    "Product": ("product_id", "state", "title", "source_grade", "information_grade", "graded_by"),
    "Exhibit": ("exhibit_id", "state", "description", "seal_number", "holder_id"),
    "Examination": ("examination_id", "state", "examiner_id", "verified_by", "due_time"),
    "Operation": ("operation_id", "state", "leader_id", "due_time", "case_id"),
    "Arrest": ("arrest_id", "state", "identity_method", "arrest_time", "target_id"),
    "ReviewScore": ("criterion", "mark", "note", "scorer_id"),
    "CustodyEntry": ("sign_time", "act", "person_id", "holder_id", "seal_number", "sha256"),
    "ExaminationResult": ("record_time", "method", "conclusion", "finding", "recorded_by"),
    "Target": ("target_id", "designation", "authority"),
    "Team": ("team_id", "name", "role", "leader_id", "member_ids"),
    "Approval": ("approver_id", "approve_time", "expire_time", "plan_hash"),
}
