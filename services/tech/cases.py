"""What the technical service asks of its copy of the cases and of who is assigned to them."""

import sqlalchemy as sa

from chassis.statements import Statement, admission_to, bind, on_case
from chassis.tables import ASSIGNMENT, KNOWN_CASE

# Whether the caller may see a case (parameter `key`); no row when the case is not known.
ADMIT_TO_CASE = Statement(
    admission_to(KNOWN_CASE.c.case_id, on_case(KNOWN_CASE.c.case_id, KNOWN_CASE.c.station))
)
# One row when somebody is assigned to a case (`key`, `person_id`).
FIND_MEMBER = Statement(
    sa.select(ASSIGNMENT.c.person_id).where(
        ASSIGNMENT.c.case_id == bind(ASSIGNMENT.c.case_id, "key"),
        ASSIGNMENT.c.person_id == bind(ASSIGNMENT.c.person_id, "person_id"),
    )
)
