"""The table of products and its queries; the only place where a product meets SQL."""

from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from chassis.database import Row
from chassis.listings import page_of_case
from chassis.paging import Page
from chassis.statements import (
    Statement,
    admission_to,
    bind,
    insert_row,
    load_for_reading,
    load_with_answer,
    on_case,
    update_row,
)
from chassis.tables import ID, TEXTS, TIME
from chassis.unit import Unit
from chassis.unit_of_work import check_etag
from services.intel.leads.domain import LeadState
from services.intel.leads.store import LEAD
from services.intel.products.domain import (
    InformationGrade,
    Product,
    ProductState,
    SourceGrade,
    Support,
)
from services.intel.tables import METADATA

PRODUCT = sa.Table(
    "product",
    METADATA,
    sa.Column("product_id", ID, primary_key=True),
    sa.Column("station", sa.Text, nullable=False),
    sa.Column("case_id", ID, nullable=False),
    sa.Column("tasking_id", ID, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("assessment", sa.Text, nullable=False),
    sa.Column("lead_ids", TEXTS, nullable=False),
    sa.Column("drafted_by", sa.Text, nullable=False),
    sa.Column("graded_by", sa.Text),
    sa.Column("source_grade", sa.Text),
    sa.Column("information_grade", sa.Text),
    sa.Column("published_by", sa.Text),
    sa.Column("create_time", TIME, nullable=False),
    sa.Column("update_time", TIME, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
)
sa.Index("product_case", PRODUCT.c.case_id, PRODUCT.c.product_id)

_KEY = PRODUCT.c.product_id == bind(PRODUCT.c.product_id, "key")
_ADMITTED = on_case(PRODUCT.c.case_id, PRODUCT.c.station)

ADMIT = Statement(admission_to(PRODUCT.c.product_id, _ADMITTED))
_LOAD = Statement(load_with_answer(PRODUCT, _KEY, _ADMITTED))
_READ = Statement(load_for_reading(PRODUCT, _KEY, _ADMITTED))
_INSERT = insert_row(PRODUCT)
_UPDATE = update_row(PRODUCT, PRODUCT.c.product_id)
_SUPPORTS = (
    sa.select(
        sa.func.json_agg(
            sa.func.json_build_array(
                LEAD.c.lead_id, LEAD.c.state == LeadState.CONFIRMED.value, LEAD.c.expire_time
            )
        )
    )
    .where(
        LEAD.c.case_id == PRODUCT.c.case_id,
        LEAD.c.lead_id == sa.any_(sa.cast(PRODUCT.c.lead_ids, sa.ARRAY(ID))),
    )
    .scalar_subquery()
    .label("supports")
)
_LOAD_WITH_SUPPORTS = Statement(load_with_answer(PRODUCT, _KEY, _ADMITTED).add_columns(_SUPPORTS))
_OF_CASE = Statement(page_of_case(PRODUCT, PRODUCT.c.product_id))
_PUBLISHED_OF_CASE = Statement(
    page_of_case(PRODUCT, PRODUCT.c.product_id, PRODUCT.c.state == ProductState.PUBLISHED.value)
)


class Products:
    """The products, as one unit of work changes them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def load(self, product_id: str, *, etag: str) -> Product:
        """Load the product that the caller has seen and wants to change."""
        row = await self._unit.load(_LOAD, key=product_id)
        check_etag(row, etag)
        return row_to_product(row)

    async def load_with_supports(
        self, product_id: str, *, etag: str
    ) -> tuple[Product, tuple[Support, ...]]:
        """Load a product to change, and what it needs to know of the leads it rests on."""
        row = await self._unit.load(_LOAD_WITH_SUPPORTS, key=product_id)
        check_etag(row, etag)
        return row_to_product(row), _supports(row["supports"])

    async def read(self, product_id: str) -> Product:
        """Load a product to show it."""
        return row_to_product(await self._unit.read(_READ, key=product_id))

    async def list_of_case(self, case_id: str, page: Page) -> tuple[list[Product], str]:
        """Load a page of the products of a case, newest first, and the token of the next page."""
        return await self._page(_OF_CASE, case_id, page)

    async def list_published(self, case_id: str, page: Page) -> tuple[list[Product], str]:
        """Load a page of those products of a case that are published, as `list_of_case` does."""
        return await self._page(_PUBLISHED_OF_CASE, case_id, page)

    def add(self, product: Product) -> None:
        """Save a new product."""
        self._unit.save(_INSERT, _product_to_values(product))

    def put(self, product: Product) -> None:
        """Save the next version of a product."""
        self._unit.save(_UPDATE, _product_to_values(product))

    async def _page(self, query: Statement, case_id: str, page: Page) -> tuple[list[Product], str]:
        rows = await self._unit.page_of_case(query, case_id, page)
        shown, token = page.cut(rows, "product_id")
        return [row_to_product(row) for row in shown], token


def row_to_product(row: Row) -> Product:
    """Make a product of its row."""
    source, information = row["source_grade"], row["information_grade"]
    return Product(
        product_id=str(row["product_id"]),
        station=row["station"],
        case_id=str(row["case_id"]),
        tasking_id=str(row["tasking_id"]),
        state=ProductState(row["state"]),
        title=row["title"],
        assessment=row["assessment"],
        lead_ids=tuple(row["lead_ids"]),
        drafted_by=row["drafted_by"],
        graded_by=row["graded_by"],
        source_grade=SourceGrade(source) if source else None,
        information_grade=InformationGrade(information) if information else None,
        published_by=row["published_by"],
        created_at=row["create_time"],
        updated_at=row["update_time"],
        version=row["version"],
    )


def _product_to_values(product: Product) -> dict[str, Any]:
    return {
        "key": product.product_id,
        "new_product_id": product.product_id,
        "new_station": product.station,
        "new_case_id": product.case_id,
        "new_tasking_id": product.tasking_id,
        "new_state": product.state,
        "new_title": product.title,
        "new_assessment": product.assessment,
        "new_lead_ids": product.lead_ids,
        "new_drafted_by": product.drafted_by,
        "new_graded_by": product.graded_by,
        "new_source_grade": product.source_grade,
        "new_information_grade": product.information_grade,
        "new_published_by": product.published_by,
        "new_create_time": product.created_at,
        "new_update_time": product.updated_at,
        "new_version": product.version,
    }


def _supports(text: str | None) -> tuple[Support, ...]:
    return tuple(
        Support(lead_id, is_confirmed=is_confirmed, expires_at=datetime.fromisoformat(expire_time))
        for lead_id, is_confirmed, expire_time in orjson.loads(text or "[]")
    )
