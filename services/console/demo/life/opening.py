"""From the report to the orders: accept, file, command, assign, order."""

from jointops.station.v1 import case_pb2 as pb
from jointops.station.v1 import squad_request_pb2 as requests
from services.console.demo.life.scene import Scene, later

OBJECTIVE = "Establish who committed the offence, secure the evidence, and arrest lawfully."
LEGAL_BASIS = "CPL art. 112"
DUE_DAYS = 14
ANSWER_DAYS = 2
QUESTIONS = (
    (
        requests.SQUAD_REQUEST_KIND_INTELLIGENCE_PRODUCT,
        "order-intelligence",
        "Who was at the scene between the first call and the arrival of the unit?",
    ),
    (
        requests.SQUAD_REQUEST_KIND_EXAMINATION,
        "order-examination",
        "Do the prints on the item found at the scene come from the person named by the victim?",
    ),
)


async def open_case(scene: Scene) -> None:
    """Lead the case from the report to the orders of both investigating squads."""
    await _accept(scene)
    await _file(scene)
    await _command(scene)
    await _assign(scene)
    for kind, step, question in QUESTIONS:
        await _order(scene, kind, step, question)


async def _accept(scene: Scene) -> None:
    if (await scene.case()).state != pb.CASE_STATE_REPORTED:
        return
    request = pb.AcceptCaseRequest(case_id=scene.case_id)
    sentence = "受理 accepts the case"
    await scene.act(
        scene.cast.case_officer, "accept-case", request, pb.AcceptCaseResponse, sentence
    )


async def _file(scene: Scene) -> None:
    if (await scene.case()).state != pb.CASE_STATE_ACCEPTED:
        return
    request = pb.FileCaseRequest(case_id=scene.case_id, legal_basis=LEGAL_BASIS)
    sentence = "审批立案 approves the filing"
    await scene.act(scene.cast.commander, "file-case", request, pb.FileCaseResponse, sentence)


async def _command(scene: Scene) -> None:
    if (await scene.case()).state != pb.CASE_STATE_FILED:
        return
    request = pb.CommandCaseRequest(
        case_id=scene.case_id,
        objective=OBJECTIVE,
        squads=[pb.SQUAD_INTELLIGENCE, pb.SQUAD_TECHNICAL, pb.SQUAD_OPERATIONS],
        due_time=later(days=DUE_DAYS),
    )
    sentence = "下达指令 commands the case and calls on three squads"
    await scene.act(scene.cast.commander, "command-case", request, pb.CommandCaseResponse, sentence)


async def _assign(scene: Scene) -> None:
    assigned = set((await scene.case()).member_ids)
    for person in scene.cast.members:
        if person.person_id in assigned:
            continue
        await scene.act(
            scene.cast.case_officer,
            f"assign-{person.person_id}",
            pb.AssignMemberRequest(case_id=scene.case_id, person_id=person.person_id),
            pb.AssignMemberResponse,
            f"加入专班 assigns {person.person_id}",
        )


async def _order(
    scene: Scene, kind: "requests.SquadRequestKind.ValueType", step: str, question: str
) -> None:
    if await scene.squad_request(kind) is not None:
        return
    request = requests.OrderSquadRequestRequest(
        case_id=scene.case_id,
        kind=kind,
        question=question,
        due_time=later(days=ANSWER_DAYS),
        is_gating=True,
    )
    word = requests.SquadRequestKind.Name(kind).removeprefix("SQUAD_REQUEST_KIND_").lower()
    await scene.act(
        scene.cast.case_officer,
        step,
        request,
        requests.OrderSquadRequestResponse,
        f"下单 orders: {word.replace('_', ' ')}; the evidence gate waits for it",
    )
