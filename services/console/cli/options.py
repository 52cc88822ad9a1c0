"""Arguments and options that several commands share, with their types and help."""

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from services.console.cli.values import moment_option

COMMON = "Common 通用"
REPEATS = "Repeats and concurrency 重复与并发"
PAGES = "Pages 分页"

AlarmId = Annotated[str, typer.Argument(metavar="ALARM_ID", help="Alarm 警情.")]
CaseId = Annotated[str, typer.Argument(metavar="CASE_ID", help="Case 案件.")]
SquadRequestId = Annotated[
    str, typer.Argument(metavar="REQUEST_ID", help="Squad request 流转请求.")
]
TaskingId = Annotated[str, typer.Argument(metavar="TASKING_ID", help="Tasking 情报任务.")]
LeadId = Annotated[str, typer.Argument(metavar="LEAD_ID", help="Lead 线索.")]
ProductId = Annotated[str, typer.Argument(metavar="PRODUCT_ID", help="Product 情报产品.")]
ExhibitId = Annotated[str, typer.Argument(metavar="EXHIBIT_ID", help="Exhibit 物证.")]
ExaminationId = Annotated[str, typer.Argument(metavar="EXAMINATION_ID", help="Examination 检验.")]
OperationId = Annotated[str, typer.Argument(metavar="OPERATION_ID", help="Operation 行动.")]
ArrestId = Annotated[str, typer.Argument(metavar="ARREST_ID", help="Arrest 抓捕记录.")]
ReviewId = Annotated[str, typer.Argument(metavar="REVIEW_ID", help="Review 评估.")]
PersonId = Annotated[
    str, typer.Argument(metavar="PERSON_ID", help="Person 人员, as in their token.")
]

OfCase = Annotated[str, typer.Option("--case", metavar="CASE_ID", help="Case 案件.")]
Due = Annotated[Any, moment_option("Deadline 期限.")]
LegalBasis = Annotated[str, typer.Option(help="Legal basis 法律依据, as 'CPL art. 112'.")]
Reason = Annotated[str, typer.Option(help="Why 原因.")]

Output: TypeAlias = Annotated[
    str,
    typer.Option(
        "-o",
        "--output",
        metavar="table|json",
        help="How to show the answer.",
        rich_help_panel=COMMON,
    ),
]
AsWhom: TypeAlias = Annotated[
    str,
    typer.Option(
        "--as",
        metavar="PERSON|ROLE",
        envvar="JOINTOPS_AS",
        help="Act as this person of a platform on one machine; role:2 is the second of a role.",
        rich_help_panel=COMMON,
        show_default=False,
    ),
]
RunFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Run folder of the platform; else JOINTOPS_RUN_FOLDER, else .run.",
        rich_help_panel=COMMON,
    ),
]
RequestId: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="UUID",
        help="That of an earlier attempt, to repeat it safely; made when left out.",
        rich_help_panel=REPEATS,
        show_default=False,
    ),
]
Etag: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="ETAG",
        help="Version last read; read just before when left out.",
        rich_help_panel=REPEATS,
        show_default=False,
    ),
]
PageSize: TypeAlias = Annotated[
    int, typer.Option(min=1, max=100, help="How many a page.", rich_help_panel=PAGES)
]
PageToken: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="TOKEN",
        help="Page to go on with.",
        rich_help_panel=PAGES,
        show_default=False,
    ),
]
AllPages: TypeAlias = Annotated[
    bool, typer.Option("--all", help="Every page.", rich_help_panel=PAGES)
]
