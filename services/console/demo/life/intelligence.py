"""The intelligence squad: sign for the tasking, find leads, conclude, grade, publish."""

from jointops.intel.v1 import lead_pb2 as leads
from jointops.intel.v1 import product_pb2 as products
from jointops.intel.v1 import tasking_pb2 as taskings
from jointops.station.v1 import squad_request_pb2 as requests
from services.console.demo.life.answers import verify
from services.console.demo.life.scene import Scene, later

LEGAL_BASIS = "CPL art. 54"
PURPOSE = "Identify who was at the scene"
EXPIRE_DAYS = 30
# Priority, what was learned, and whether the second analyst confirms it.
LEADS = (
    (1, "A witness saw a person in a green jacket leave towards the light rail stop.", True),
    (2, "The stop's camera shows that jacket nine minutes after the first call.", True),
    (4, "A caller names somebody who was in custody that night.", False),
)
TITLE = "Movements around the scene"
ASSESSMENT = "The person in the green jacket left the scene on foot and took the light rail north."
RATING = 4


async def investigate(scene: Scene) -> None:
    """Lead the tasking to a published product that station command verified."""
    tasking = await _sign_for(scene)
    for number, (priority, summary, is_true) in enumerate(LEADS, start=1):
        lead = await _record(scene, tasking.tasking_id, number, priority, summary)
        await _decide(scene, lead, number, is_true=is_true)
    await _publish(scene, tasking.tasking_id)
    await verify(scene, scene.cast.case_officer, tasking.squad_request_id, RATING)


async def _sign_for(scene: Scene) -> taskings.Tasking:
    answer = await scene.until(
        scene.cast.analyst,
        taskings.ListTaskingsRequest(case_id=scene.case_id),
        taskings.ListTaskingsResponse,
        lambda answer: answer.taskings,
        "the intelligence squad received no tasking",
    )
    tasking = answer.taskings[0]
    if tasking.state == taskings.TASKING_STATE_RECEIVED:
        await scene.act(
            scene.cast.analyst,
            "sign-for-tasking",
            taskings.SignForTaskingRequest(tasking_id=tasking.tasking_id),
            taskings.SignForTaskingResponse,
            "签收 signs for the tasking",
        )
    await scene.until_squad_request(tasking.squad_request_id, *_SIGNED_FOR)
    return tasking


async def _record(
    scene: Scene, tasking_id: str, number: int, priority: int, summary: str
) -> leads.Lead:
    known = await scene.read(
        scene.cast.analyst,
        leads.ListLeadsRequest(case_id=scene.case_id),
        leads.ListLeadsResponse,
    )
    for lead in known.leads:
        if lead.summary == summary:
            return lead
    request = leads.RecordLeadRequest(
        tasking_id=tasking_id,
        priority=priority,
        summary=summary,
        purpose=PURPOSE,
        legal_basis=LEGAL_BASIS,
        expire_time=later(days=EXPIRE_DAYS),
    )
    answer = await scene.act(
        scene.cast.analyst,
        f"record-lead-{number}",
        request,
        leads.RecordLeadResponse,
        f"记录线索 records lead {number}",
    )
    return answer.lead


async def _decide(scene: Scene, lead: leads.Lead, number: int, *, is_true: bool) -> None:
    if lead.state != leads.LEAD_STATE_OPEN:
        return
    person = scene.cast.second_analyst
    if is_true:
        await scene.act(
            person,
            f"confirm-lead-{number}",
            leads.ConfirmLeadRequest(lead_id=lead.lead_id),
            leads.ConfirmLeadResponse,
            f"确认 confirms lead {number}",
        )
        return
    await scene.act(
        person,
        f"reject-lead-{number}",
        leads.RejectLeadRequest(lead_id=lead.lead_id, ground=leads.REJECTION_GROUND_UNFOUNDED),
        leads.RejectLeadResponse,
        f"排除 rejects lead {number}",
    )


async def _publish(scene: Scene, tasking_id: str) -> None:
    product = await _draft(scene, tasking_id)
    if product.state == products.PRODUCT_STATE_DRAFTED:
        graded = await scene.act(
            scene.cast.second_analyst,
            "grade-product",
            products.GradeProductRequest(
                product_id=product.product_id,
                source_grade=products.SOURCE_GRADE_B,
                information_grade=products.INFORMATION_GRADE_2,
            ),
            products.GradeProductResponse,
            "评级 grades the product B2",
        )
        product = graded.product
    if product.state == products.PRODUCT_STATE_GRADED:
        await scene.act(
            scene.cast.analyst,
            "publish-product",
            products.PublishProductRequest(product_id=product.product_id),
            products.PublishProductResponse,
            "发布 publishes it, which answers the order",
        )


async def _draft(scene: Scene, tasking_id: str) -> products.Product:
    known = await scene.read(
        scene.cast.analyst,
        products.ListProductsRequest(case_id=scene.case_id),
        products.ListProductsResponse,
    )
    if known.products:
        return known.products[0]
    found = await scene.read(
        scene.cast.analyst,
        leads.ListLeadsRequest(case_id=scene.case_id),
        leads.ListLeadsResponse,
    )
    confirmed = [each.lead_id for each in found.leads if each.state == leads.LEAD_STATE_CONFIRMED]
    answer = await scene.act(
        scene.cast.analyst,
        "draft-product",
        products.DraftProductRequest(
            tasking_id=tasking_id, title=TITLE, assessment=ASSESSMENT, lead_ids=confirmed
        ),
        products.DraftProductResponse,
        f"起草 drafts a product from {len(confirmed)} confirmed leads",
    )
    return answer.product


_SIGNED_FOR = tuple(
    state
    for state in requests.SquadRequestState.values()
    if state not in {requests.SQUAD_REQUEST_STATE_UNSPECIFIED, requests.SQUAD_REQUEST_STATE_ORDERED}
)
