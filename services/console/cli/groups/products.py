"""`jointops products`: what the intelligence squad concludes and hands over."""

from typing import Annotated, Any

import typer

from jointops.intel.v1 import product_pb2 as pb
from services.console.cli.command import verb
from services.console.cli.options import OfCase, ProductId
from services.console.cli.values import one_of

app = typer.Typer(
    name="products", help="情报产品 Products: drafted, graded, published.", no_args_is_help=True
)

_ID = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0022"
_TASKING = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0020"
_LEAD = "01992f00-5a10-7c3e-9b1d-2f0f6a1c0021"


@verb(app, "get", example=_ID)
def get(product_id: ProductId) -> pb.GetProductRequest:
    """查看产品 Show one product."""
    return pb.GetProductRequest(product_id=product_id)


@verb(app, "list", example="--case 01992f00-5a10-7c3e-9b1d-2f0f6a1c0002")
def list_(*, case_id: OfCase) -> pb.ListProductsRequest:
    """产品列表 List the products of a case, newest first."""
    return pb.ListProductsRequest(case_id=case_id)


@verb(
    app,
    "draft",
    example=f"--tasking {_TASKING} --title 'Movements' --assessment 'Two trips' --lead {_LEAD}",
)
def draft(
    *,
    tasking: Annotated[str, typer.Option(metavar="TASKING_ID", help="Tasking 情报任务.")],
    title: Annotated[str, typer.Option(help="Heading 标题.")],
    assessment: Annotated[str, typer.Option(help="What the squad concludes 研判结论.")],
    lead: Annotated[
        list[str],
        typer.Option(metavar="LEAD_ID", help="Confirmed lead it rests on 线索; repeat for more."),
    ],
) -> pb.DraftProductRequest:
    """起草 Draft a product from confirmed leads."""
    return pb.DraftProductRequest(
        tasking_id=tasking, title=title, assessment=assessment, lead_ids=lead
    )


@verb(app, "grade", example=f"{_ID} --source b --information 2")
def grade(
    product_id: ProductId,
    *,
    source: Annotated[Any, one_of(pb.SourceGrade, "Trust in the source 来源可靠性.")],
    information: Annotated[Any, one_of(pb.InformationGrade, "Belief in it 信息可信度.")],
) -> pb.GradeProductRequest:
    """评级 Grade a product; never whoever drafted it."""
    return pb.GradeProductRequest(
        product_id=product_id, source_grade=source, information_grade=information
    )


@verb(app, "publish", example=_ID)
def publish(product_id: ProductId) -> pb.PublishProductRequest:
    """发布 Publish a graded product and answer its tasking with it."""
    return pb.PublishProductRequest(product_id=product_id)
