"""Behind the evidence gate: the joint arrest, from its order to the signatures of hand-over."""

from jointops.ops.v1 import arrest_pb2 as arrests
from jointops.ops.v1 import operation_pb2 as pb
from jointops.station.v1 import case_pb2 as cases
from jointops.station.v1 import squad_request_pb2 as requests
from services.console.demo.life.answers import verify
from services.console.demo.life.scene import Scene, later

QUESTION = "Arrest the person named in the warrant, with a medical team on call."
ORDER_DAYS = 3
START_HOURS = 1
EXPIRE_DAYS = 7
RALLY_POINT = "Light rail stop, north exit"
RISK_NOTE = "A dog on the premises; two children come home at 15:00: not before 09:00."
PLACE = "Premises named in the warrant"
HAND_OVER_PLACE = "Custody suite, jinqiao"
RATING = 5
_KIND = requests.SQUAD_REQUEST_KIND_JOINT_ARREST


async def arrest(scene: Scene) -> None:
    """Lead the case from the evidence gate into custody."""
    await _pass_gate(scene)
    squad_request_id = await _order(scene)
    operation = await _received(scene)
    for step in (_sign_for, _add_target, _add_teams, _plan, _approve, _start):
        operation = await step(scene, operation)
    await _hand_over(scene, operation)
    await _complete(scene, operation)
    await scene.until_case(cases.CASE_STATE_IN_CUSTODY)
    await verify(scene, scene.cast.commander, squad_request_id, RATING)


async def _pass_gate(scene: Scene) -> None:
    if (await scene.case()).is_gate_passed:
        return
    await scene.act(
        scene.cast.commander,
        "pass-gate",
        cases.PassEvidenceGateRequest(case_id=scene.case_id),
        cases.PassEvidenceGateResponse,
        "通过证据门禁 passes the evidence gate",
    )


async def _order(scene: Scene) -> str:
    known = await scene.squad_request(_KIND)
    if known is not None:
        return known.squad_request_id
    request = requests.OrderSquadRequestRequest(
        case_id=scene.case_id, kind=_KIND, question=QUESTION, due_time=later(days=ORDER_DAYS)
    )
    answer = await scene.act(
        scene.cast.commander,
        "order-joint-arrest",
        request,
        requests.OrderSquadRequestResponse,
        "下单 orders the joint arrest",
    )
    return answer.squad_request.squad_request_id


async def _received(scene: Scene) -> pb.Operation:
    """Wait until the operation is there and everybody who will act in it is known."""
    cast = scene.cast
    for person in (
        cast.commander,
        cast.legal_reviewer,
        cast.relief_officer,
        cast.second_leader,
        cast.leader,
    ):
        answer = await scene.until(
            person,
            pb.ListOperationsRequest(case_id=scene.case_id),
            pb.ListOperationsResponse,
            lambda answer: answer.operations,
            "the operations squad received no operation",
        )
    return answer.operations[0]


async def _sign_for(scene: Scene, operation: pb.Operation) -> pb.Operation:
    if operation.state != pb.OPERATION_STATE_RECEIVED:
        return operation
    answer = await scene.act(
        scene.cast.leader,
        "sign-for-operation",
        pb.SignForOperationRequest(operation_id=operation.operation_id),
        pb.SignForOperationResponse,
        "签收 signs for the operation and leads it",
    )
    return answer.operation


async def _add_target(scene: Scene, operation: pb.Operation) -> pb.Operation:
    if operation.targets:
        return operation
    authority = pb.Authority(
        kind=pb.AUTHORITY_KIND_ARREST_WARRANT,
        number=f"W-{scene.case_id[:8]}",
        issuer="Public security bureau, jinqiao",
        legal_basis="CPL art. 82",
        expire_time=later(days=EXPIRE_DAYS),
    )
    answer = await scene.act(
        scene.cast.leader,
        "add-target",
        pb.AddTargetRequest(
            operation_id=operation.operation_id, designation="T1", authority=authority
        ),
        pb.AddTargetResponse,
        "增加对象 adds target T1 with its warrant",
    )
    return answer.operation


async def _add_teams(scene: Scene, operation: pb.Operation) -> pb.Operation:
    teams = (
        ("A", pb.TEAM_ROLE_ARREST, scene.cast.second_leader, (scene.cast.patrol_officer,)),
        ("B", pb.TEAM_ROLE_CORDON, scene.cast.leader, ()),
    )
    for name, role, leader, members in teams[len(operation.teams) :]:
        answer = await scene.act(
            scene.cast.leader,
            f"add-team-{name}",
            pb.AddTeamRequest(
                operation_id=operation.operation_id,
                name=name,
                role=role,
                leader_id=leader.person_id,
                member_ids=[member.person_id for member in members],
            ),
            pb.AddTeamResponse,
            f"增加小组 adds team {name}",
        )
        operation = answer.operation
    return operation


async def _plan(scene: Scene, operation: pb.Operation) -> pb.Operation:
    if operation.state != pb.OPERATION_STATE_SIGNED_FOR:
        return operation
    answer = await scene.act(
        scene.cast.leader,
        "plan-operation",
        pb.PlanOperationRequest(
            operation_id=operation.operation_id,
            rally_point=RALLY_POINT,
            start_time=later(hours=START_HOURS),
            risk_note=RISK_NOTE,
        ),
        pb.PlanOperationResponse,
        "制定计划 plans it, risks named",
    )
    await scene.until_case(cases.CASE_STATE_ARREST_PLANNED)
    return answer.operation


async def _approve(scene: Scene, operation: pb.Operation) -> pb.Operation:
    """Have two people approve the hash of the plan, neither of whom shaped it."""
    approvers = (scene.cast.commander, scene.cast.legal_reviewer)
    for number, person in enumerate(approvers, start=1):
        is_given = any(each.approver_id == person.person_id for each in operation.approvals)
        if is_given or operation.state != pb.OPERATION_STATE_PLANNED:
            continue
        answer = await scene.act(
            person,
            f"approve-operation-{number}",
            pb.ApproveOperationRequest(
                operation_id=operation.operation_id, plan_hash=operation.plan.plan_hash
            ),
            pb.ApproveOperationResponse,
            f"批准 approves the plan {operation.plan.plan_hash[:8]}: {number} of 2",
        )
        operation = answer.operation
    await scene.until_case(cases.CASE_STATE_ARREST_APPROVED)
    return operation


async def _start(scene: Scene, operation: pb.Operation) -> pb.Operation:
    if operation.state != pb.OPERATION_STATE_APPROVED:
        return operation
    answer = await scene.act(
        scene.cast.leader,
        "start-operation",
        pb.StartOperationRequest(operation_id=operation.operation_id),
        pb.StartOperationResponse,
        "行动 gives go: warrant and two approvals are valid now",
    )
    await scene.until_case(cases.CASE_STATE_ARREST_UNDER_WAY)
    return answer.operation


async def _hand_over(scene: Scene, operation: pb.Operation) -> None:
    found = await _record(scene, operation)
    if found.state == arrests.ARREST_STATE_RECORDED:
        offered = await scene.act(
            scene.cast.second_leader,
            "offer-hand-over",
            arrests.OfferHandOverRequest(
                arrest_id=found.arrest_id, hand_over_place=HAND_OVER_PLACE
            ),
            arrests.OfferHandOverResponse,
            "移交 offers the hand-over: first signature",
        )
        found = offered.arrest
    if found.state == arrests.ARREST_STATE_HAND_OVER_OFFERED:
        await scene.act(
            scene.cast.relief_officer,
            "accept-hand-over",
            arrests.AcceptHandOverRequest(arrest_id=found.arrest_id),
            arrests.AcceptHandOverResponse,
            "接收 accepts it: second signature",
        )


async def _record(scene: Scene, operation: pb.Operation) -> arrests.Arrest:
    known = await scene.read(
        scene.cast.second_leader,
        arrests.ListArrestsRequest(operation_id=operation.operation_id),
        arrests.ListArrestsResponse,
    )
    if known.arrests:
        return known.arrests[0]
    answer = await scene.act(
        scene.cast.second_leader,
        "record-arrest",
        arrests.RecordArrestRequest(
            operation_id=operation.operation_id,
            target_id=operation.targets[0].target_id,
            identity_method=arrests.IDENTITY_METHOD_FINGERPRINT,
            # The moment of go is the one that is surely neither before it nor in the future.
            arrest_time=operation.go_time,
            place=PLACE,
        ),
        arrests.RecordArrestResponse,
        "抓捕 records the arrest, identity confirmed by fingerprint",
    )
    return answer.arrest


async def _complete(scene: Scene, operation: pb.Operation) -> None:
    if operation.state != pb.OPERATION_STATE_UNDER_WAY:
        return
    await scene.act(
        scene.cast.leader,
        "complete-operation",
        pb.CompleteOperationRequest(operation_id=operation.operation_id),
        pb.CompleteOperationResponse,
        "行动完成 completes the operation: every target is handed over",
    )
