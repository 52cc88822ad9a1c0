"""Rows that are made of events alone, such as a timeline: written together with the inbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from chassis.cloudevents import Delivery


@dataclass(frozen=True, slots=True)
class Projection:
    """What every batch of a consumer adds to a table.

    Args:
        statement: Inserts from one array a column; an empty array inserts nothing.
        values: Makes the arrays of a batch.
    """

    statement: sa.Insert
    values: Callable[[Sequence[Delivery]], Mapping[str, Any]]
