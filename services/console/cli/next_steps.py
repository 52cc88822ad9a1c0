"""What to do about each refusal, Chinese and English; every reason of a service has its line."""

NEXT_STEPS: dict[str, tuple[str, str]] = {
    # Every service.
    "TOKEN_MISSING": ("先登录。", "Sign in: jointops login PERSON_ID."),
    "TOKEN_REFUSED": ("重新登录。", "Sign in again: jointops login PERSON_ID."),
    "ROLE_NOT_ALLOWED": (
        "由有权限的岗位办理。",
        "Ask somebody whose duty it is, or act as them with --as.",
    ),
    "NOT_ASSIGNED": (
        "请案件负责人将您加入案件。",
        "Check the id, or have the case officer add you: jointops cases assign CASE_ID PERSON_ID.",
    ),
    "REQUEST_INVALID": ("更正所列字段。", "Correct the fields named above."),
    "BODY_UNDECODABLE": (
        "更新客户端。",
        "Client and service differ; use the same release of both.",
    ),
    "REQUEST_ID_REUSED": (
        "更换 request_id；重发原请求须内容完全相同。",
        "Leave --request-id out, or repeat the first request unchanged, its --etag included.",
    ),
    "PAGE_TOKEN_INVALID": ("从第一页重新开始。", "Start again without --page-token, or use --all."),
    "ETAG_STALE": ("重新读取后再办。", "Read it again, look at what changed, and repeat."),
    "NOT_FOUND": ("核对编号。", "Check the id; list what there is."),
    "DEADLINE_MISSING": (
        "更新客户端。",
        "The client set no deadline; use the same release of both.",
    ),
    "DEADLINE_TOO_SHORT": ("稍后重试。", "Try again."),
    "STORE_UNAVAILABLE": ("稍后重试。", "Try again shortly; the services wait for their database."),
    "FAULT": (
        "将 error_id 交给运维。",
        "Give the error_id to the operators; it finds the log line.",
    ),
    "METHOD_UNKNOWN": ("更新服务。", "The service is older than this program; update it."),
    "TOO_MANY_CALLS": ("稍后重试。", "Try again in a second."),
    # Station.
    "CASE_STATE_FORBIDS": (
        "查看案件状态。",
        "See where the case stands: jointops cases get CASE_ID.",
    ),
    "APPROVER_IS_REQUESTER": (
        "由另一人批准。",
        "Have somebody else file it: two people, two roles.",
    ),
    "DUE_TIME_PAST": ("期限须在将来。", "Give a deadline in the future, as --due +48h."),
    "MEMBER_ALREADY_ASSIGNED": ("无需再办。", "Nothing to do: the person is a member."),
    "MEMBER_NOT_ASSIGNED": ("核对人员。", "See the members: jointops cases get CASE_ID."),
    "CASE_OFFICER_STAYS": (
        "主办人不能移出。",
        "The person in charge stays as long as the case does.",
    ),
    "EVIDENCE_GATE_CLOSED": (
        "先核验门禁所列请求。",
        "Verify the requests the gate names: jointops requests list --case CASE_ID.",
    ),
    "MERGE_TARGET_FINAL": ("另选案件。", "Merge into another case that is still open."),
    "REVIEW_NOT_PUBLISHED": (
        "先发布评估。",
        "Publish the review: jointops reviews publish REVIEW_ID.",
    ),
    "ALARM_STATE_FORBIDS": ("查看警情状态。", "See where it stands: jointops alarms get ALARM_ID."),
    "ALARM_ALREADY_REPORTED": (
        "该记录已在案。",
        "The call is held by the alarm named above: jointops alarms get ALARM_ID.",
    ),
    "ALARM_NEEDS_CASE": (
        "重大警情应立案。",
        "Make a case of it: jointops alarms escalate; or close it for the reason that is true.",
    ),
    "SQUAD_REQUEST_STATE_FORBIDS": (
        "查看请求状态。",
        "See where it stands: jointops requests get REQUEST_ID.",
    ),
    "SQUAD_NOT_COMMANDED": (
        "命令未列该队。",
        "The command of the case does not call on that squad.",
    ),
    "JOINT_ARREST_CANNOT_GATE": ("去掉 --gating。", "Order the joint arrest without --gating."),
    "EVIDENCE_GATE_PASSED": ("门禁已通过。", "The gate is behind you; order without --gating."),
    "JOINT_ARREST_ALREADY_ORDERED": ("查看已有请求。", "Work with the request named above."),
    "JOINT_ARREST_DONE": (
        "行动已完成，不能退回。",
        "It is done; verify it, and review what went wrong.",
    ),
    "JOINT_ARREST_PLANNED": (
        "由行动负责人撤销。",
        "Its leader stands it down: operations stand-down.",
    ),
    "VERIFIER_IS_SQUAD_MEMBER": ("由队外人员核验。", "Have somebody outside the squad verify it."),
    "SQUAD_REQUEST_FOREIGN": ("由被指派的队办理。", "The squad it was ordered of answers it."),
    "REVIEW_STATE_FORBIDS": (
        "查看评估状态。",
        "See where it stands: jointops reviews get REVIEW_ID.",
    ),
    "REVIEW_INCOMPLETE": ("补全评分。", "Score what is missing: jointops reviews score REVIEW_ID."),
    "LESSON_STATE_FORBIDS": (
        "查看经验状态。",
        "See the lessons: jointops reviews lessons REVIEW_ID.",
    ),
    "LESSON_PROOF_MISSING": (
        "写明整改证据。",
        "Say what proves the change, as the order's number.",
    ),
    # Intelligence.
    "TASKING_STATE_FORBIDS": (
        "查看任务状态，先签收。",
        "See where it stands: jointops taskings get; sign for it first.",
    ),
    "LEAD_STATE_FORBIDS": ("查看线索状态。", "See where it stands: jointops leads get LEAD_ID."),
    "LEAD_EXPIRED": (
        "法律依据已过期，只能排除。",
        "Its authority has lapsed; reject it, record it anew.",
    ),
    "LEAD_EXPIRE_TIME_PAST": (
        "有效期须在将来。",
        "Give an expiry in the future, as --expire +30d.",
    ),
    "PRODUCT_STATE_FORBIDS": ("查看产品状态。", "See where it stands: jointops products get."),
    "GRADER_IS_AUTHOR": ("由第二名情报员评级。", "Have a second analyst grade it."),
    "PRODUCT_LEAD_UNCONFIRMED": (
        "先确认线索。",
        "Confirm the leads named above: jointops leads confirm.",
    ),
    "PRODUCT_LEAD_EXPIRED": (
        "换用有效线索。",
        "Draft a product from leads whose authority is valid.",
    ),
    # Technical.
    "EXHIBIT_STATE_FORBIDS": (
        "查看物证状态。",
        "See who holds it: jointops exhibits get EXHIBIT_ID.",
    ),
    "EXHIBIT_OFFERER_NOT_HOLDER": (
        "由保管人移交。",
        "Only its holder offers it: exhibits get shows who.",
    ),
    "EXHIBIT_RECEIVER_IS_HOLDER": ("换一名接收人。", "Name another receiver; this one holds it."),
    "EXHIBIT_RECEIVER_IS_ANOTHER": (
        "由指定接收人签收。",
        "Only the receiver named in the offer answers.",
    ),
    "EXHIBIT_RECEIVER_NOT_ASSIGNED": (
        "先将接收人加入案件。",
        "Have the receiver added to the case first: jointops cases assign CASE_ID PERSON_ID.",
    ),
    "EXHIBIT_SEAL_DIFFERS": (
        "封签不符，拒收并报告。",
        "Decline it and say which seal you read: jointops exhibits decline EXHIBIT_ID.",
    ),
    "EXHIBIT_CUSTODY_BROKEN": (
        "保管链被改动，报告负责人。",
        "Its chain was altered: use it for nothing, and report it to the commander.",
    ),
    "EXHIBIT_NOT_IN_CASE": (
        "核对物证所属案件。",
        "See the exhibits: jointops exhibits list --case.",
    ),
    "EXHIBIT_NOT_HELD_BY_EXAMINER": (
        "先接收物证。",
        "Have it handed to you: exhibits offer, accept.",
    ),
    "EXAMINATION_STATE_FORBIDS": (
        "查看检验状态。",
        "See where it stands: jointops examinations get.",
    ),
    "EXAMINATION_EXAMINER_IS_ANOTHER": (
        "由签收人记录。",
        "Whoever signed for it records the result.",
    ),
    "EXAMINATION_VERIFIER_IS_EXAMINER": (
        "由第二名检验员复核。",
        "Have a second examiner verify it.",
    ),
    # Operations.
    "OPERATION_STATE_FORBIDS": ("查看行动状态。", "See where it stands: jointops operations get."),
    "AUTHORITY_EXPIRED": ("取得有效法律文书。", "Get a valid instrument, and give its expiry."),
    "AUTHORITY_ALREADY_USED": ("核对文书编号。", "One instrument, one target: check its number."),
    "TEAM_MEMBER_PLACED": (
        "每人只入一组。",
        "Everybody stands in one team; leave them out of this one.",
    ),
    "OPERATION_FULL": ("另开行动。", "The operation holds as many as it may; plan another one."),
    "START_TIME_PAST": ("开始时间须在将来。", "Give a start in the future, as --start +2h."),
    "PLAN_INCOMPLETE": (
        "补充对象或小组。",
        "Add what is missing: operations add-target, add-team.",
    ),
    "PLAN_CHANGED": (
        "重新阅读计划后再批准。",
        "Read the plan as it stands now, then approve its hash: jointops operations get.",
    ),
    "APPROVER_IS_PLANNER": (
        "由未参与计划者批准。",
        "Have somebody approve it who did not shape it.",
    ),
    "APPROVAL_ALREADY_GIVEN": (
        "由第二人批准。",
        "Your approval counts; a second person is needed.",
    ),
    "GO_CONDITIONS_MISSING": (
        "补齐法律文书与两人批准。",
        "Renew what expired and complete the two approvals: jointops operations get.",
    ),
    "TARGETS_NOT_HANDED_OVER": ("先完成移交。", "Hand every target over: arrests offer, accept."),
    "ARREST_STATE_FORBIDS": ("查看抓捕记录状态。", "See where it stands: jointops arrests get."),
    "OPERATION_NOT_UNDER_WAY": (
        "先下达行动命令。",
        "Arrests follow go: jointops operations start.",
    ),
    "TARGET_UNKNOWN": ("核对对象编号。", "See the targets: jointops operations get OPERATION_ID."),
    "TARGET_ALREADY_ARRESTED": ("查看已有记录。", "See the record: jointops arrests list."),
    "ARREST_TIME_OUTSIDE_OPERATION": (
        "核对时间。",
        "Give the true time: after go, not in the future.",
    ),
    "ARREST_WITHOUT_AUTHORITY": (
        "无有效法律文书，立即报告。",
        "The authority had lapsed: report it to the legal reviewer at once.",
    ),
    "RECEIVER_IS_OFFERER": ("由另一人接收。", "Two signatures, two people: somebody else accepts."),
    "HAND_OVER_RECORD_CHANGED": ("重新移交。", "The record moved; offer the hand-over again."),
}
UNREACHABLE = ("检查平台是否运行。", "See whether the platform runs; start it with `make run`.")
UNKNOWN = ("查看说明后重试。", "Read the sentence above, correct the command, and repeat.")


def next_step(reason: str) -> tuple[str, str]:
    """Return what to do, Chinese and English."""
    return NEXT_STEPS.get(reason, UNKNOWN if reason else UNREACHABLE)
