"""What station command does with an answer, whichever squad gave it."""

from jointops.station.v1 import squad_request_pb2 as pb
from services.console.demo.life.scene import Scene
from services.console.people import Person


async def verify(scene: Scene, person: Person, squad_request_id: str, rating: int) -> None:
    """Wait for the answer of a squad, then verify and rate it."""
    found = await scene.until_squad_request(
        squad_request_id, pb.SQUAD_REQUEST_STATE_ANSWERED, pb.SQUAD_REQUEST_STATE_VERIFIED
    )
    if found.state == pb.SQUAD_REQUEST_STATE_VERIFIED:
        return
    await scene.act(
        person,
        f"verify-{squad_request_id}",
        pb.VerifySquadRequestRequest(squad_request_id=squad_request_id, rating=rating),
        pb.VerifySquadRequestResponse,
        f"核验 verifies the answer and rates it {rating} of 5",
    )


async def send_back(scene: Scene, person: Person, squad_request_id: str, reason: str) -> None:
    """Wait for the answer of a squad, then send it back, once."""
    found = await scene.until_squad_request(
        squad_request_id,
        pb.SQUAD_REQUEST_STATE_ANSWERED,
        pb.SQUAD_REQUEST_STATE_VERIFIED,
        pb.SQUAD_REQUEST_STATE_SENT_BACK,
    )
    if found.send_back_reason:
        return
    await scene.act(
        person,
        f"send-back-{squad_request_id}",
        pb.SendBackSquadRequestRequest(squad_request_id=squad_request_id, reason=reason),
        pb.SendBackSquadRequestResponse,
        "退回 sends the answer back to the squad",
    )
