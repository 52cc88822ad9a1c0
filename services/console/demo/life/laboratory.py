"""The technical squad: exhibit and custody, examination, and an answer that is sent back once."""

import hashlib

from jointops.tech.v1 import examination_pb2 as lab
from jointops.tech.v1 import exhibit_pb2 as pb
from services.console.demo.life.answers import send_back, verify
from services.console.demo.life.scene import Scene

DESCRIPTION = "Pry bar, 40 cm, red grip, found beside the rear door"
LEGAL_BASIS = "CPL art. 141"
SEAL = "S-88120"
METHOD = "GA/T 144-2018"
# The first answer lacks what the second one has; that is why it comes back.
FIRST_FINDING = "One usable print on the grip."
FINDING = (
    "One usable print on the grip: 12 matching minutiae with the right thumb, control sample A."
)
SEND_BACK_REASON = "The number of matching minutiae and the control sample are missing."
RATING = 5


async def examine(scene: Scene) -> None:
    """Lead the examination to a result that station command verified, after one return."""
    exhibit_id = await _secure(scene)
    found = await scene.until(
        scene.cast.examiner,
        lab.ListExaminationsRequest(case_id=scene.case_id),
        lab.ListExaminationsResponse,
        lambda answer: answer.examinations,
        "the technical squad received no examination",
    )
    examination_id = found.examinations[0].examination_id
    squad_request_id = found.examinations[0].squad_request_id
    await _sign_for(scene, examination_id)
    await _answer(scene, examination_id, exhibit_id, number=1, finding=FIRST_FINDING)
    await send_back(scene, scene.cast.case_officer, squad_request_id, SEND_BACK_REASON)
    await _answer(scene, examination_id, exhibit_id, number=2, finding=FINDING)
    await verify(scene, scene.cast.case_officer, squad_request_id, RATING)


async def _secure(scene: Scene) -> str:
    """Register the exhibit and bring it into the examiner's hands, two signatures each way."""
    for person in (scene.cast.patrol_officer, scene.cast.examiner):
        known = await scene.until(
            person,
            pb.ListExhibitsRequest(case_id=scene.case_id),
            pb.ListExhibitsResponse,
            lambda _answer: True,
            f"the technical service does not know {person.person_id} as a member",
        )
    exhibit = known.exhibits[0] if known.exhibits else await _register(scene)
    if exhibit.holder_id == scene.cast.examiner.person_id:
        return exhibit.exhibit_id
    if exhibit.state == pb.EXHIBIT_STATE_HELD:
        await _offer(scene, exhibit.exhibit_id)
    await scene.act(
        scene.cast.examiner,
        "accept-exhibit",
        pb.AcceptCustodyTransferRequest(exhibit_id=exhibit.exhibit_id, seal_number=SEAL),
        pb.AcceptCustodyTransferResponse,
        f"接收物证 accepts the exhibit under seal {SEAL}: second signature",
    )
    return exhibit.exhibit_id


async def _register(scene: Scene) -> pb.Exhibit:
    request = pb.RegisterExhibitRequest(
        case_id=scene.case_id,
        description=DESCRIPTION,
        # The demonstration has no photograph; the words stand in for its bytes.
        content_sha256=hashlib.sha256(DESCRIPTION.encode()).hexdigest(),
        seal_number=SEAL,
        legal_basis=LEGAL_BASIS,
    )
    answer = await scene.act(
        scene.cast.patrol_officer,
        "register-exhibit",
        request,
        pb.RegisterExhibitResponse,
        f"登记物证 registers an exhibit under seal {SEAL}",
    )
    return answer.exhibit


async def _offer(scene: Scene, exhibit_id: str) -> None:
    request = pb.OfferCustodyTransferRequest(
        exhibit_id=exhibit_id,
        receiver_id=scene.cast.examiner.person_id,
        seal_number=SEAL,
        reason="Fingerprint examination",
    )
    await scene.act(
        scene.cast.patrol_officer,
        "offer-exhibit",
        request,
        pb.OfferCustodyTransferResponse,
        f"移交物证 offers it to {scene.cast.examiner.person_id}: first signature",
    )


async def _sign_for(scene: Scene, examination_id: str) -> None:
    examination = await _read(scene, examination_id)
    if examination.state != lab.EXAMINATION_STATE_RECEIVED:
        return
    await scene.act(
        scene.cast.examiner,
        "sign-for-examination",
        lab.SignForExaminationRequest(examination_id=examination_id),
        lab.SignForExaminationResponse,
        "签收 signs for the examination",
    )


async def _answer(
    scene: Scene, examination_id: str, exhibit_id: str, *, number: int, finding: str
) -> None:
    """Record the result of that number and have the second examiner verify it."""
    if number > 1:
        await _until_reopened(scene, examination_id, number)
    examination = await _read(scene, examination_id)
    if len(examination.results) < number:
        request = lab.RecordExaminationResultRequest(
            examination_id=examination_id,
            exhibit_ids=[exhibit_id],
            method=METHOD,
            finding=finding,
            conclusion=lab.EXAMINATION_CONCLUSION_SUPPORTS,
        )
        recorded = await scene.act(
            scene.cast.examiner,
            f"record-result-{number}",
            request,
            lab.RecordExaminationResultResponse,
            f"记录结果 records result {number}",
        )
        examination = recorded.examination
    is_last = len(examination.results) == number
    if is_last and examination.state == lab.EXAMINATION_STATE_RECORDED:
        await scene.act(
            scene.cast.second_examiner,
            f"verify-examination-{number}",
            lab.VerifyExaminationRequest(examination_id=examination_id),
            lab.VerifyExaminationResponse,
            f"复核 verifies result {number}, which answers the order",
        )


async def _until_reopened(scene: Scene, examination_id: str, number: int) -> None:
    await scene.until(
        scene.cast.examiner,
        lab.GetExaminationRequest(examination_id=examination_id),
        lab.GetExaminationResponse,
        lambda answer: (
            answer.examination.state == lab.EXAMINATION_STATE_REOPENED
            or len(answer.examination.results) >= number
        ),
        "the examination was not reopened",
    )


async def _read(scene: Scene, examination_id: str) -> lab.Examination:
    request = lab.GetExaminationRequest(examination_id=examination_id)
    answer = await scene.read(scene.cast.examiner, request, lab.GetExaminationResponse)
    return answer.examination
