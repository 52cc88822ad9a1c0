"""Who belongs to a case, as a unit of work without an aggregate writes it."""

from functools import partial

from chassis import assignments
from chassis.unit_of_work import UnitOfWork
from jointops.intel.v1 import lead_pb2
from tests.integration.intel.conftest import assign_person
from tests.integration.stage import Stage
from tests.unit.intel.builders import ANALYST, CASE_ID, make_call


async def test_a_release_that_is_all_a_unit_writes_is_kept(stage: Stage) -> None:
    begin = partial(UnitOfWork, stage.database)
    await assign_person(begin, case_id=CASE_ID, person_id=ANALYST)

    async with begin(make_call()) as uow:
        assignments.release(uow, case_id=CASE_ID, person_id=ANALYST)
        uow.record(CASE_ID, CASE_ID)
        await uow.commit(lead_pb2.GetLeadResponse())

    assert await stage.count("assignment") == 0
