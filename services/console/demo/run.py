"""Runs the demonstration: replay the day, lead one case to its closing, check everything."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jointops.station.v1 import alarm_pb2, case_pb2
from services.console import sign_in
from services.console.client import Client
from services.console.demo.board import Board, write_report
from services.console.demo.calls import CallRow, load_day
from services.console.demo.cast import Cast, make_cast
from services.console.demo.checks import Check, check_case, check_events, check_replay, check_trace
from services.console.demo.desk import Desk
from services.console.demo.expected import expect
from services.console.demo.holdings import list_alarms, look
from services.console.demo.life.arrest import arrest
from services.console.demo.life.evaluation import evaluate
from services.console.demo.life.intelligence import investigate
from services.console.demo.life.laboratory import examine
from services.console.demo.life.opening import open_case
from services.console.demo.life.scene import Scene
from services.console.demo.names import keep_seed, trace_of
from services.console.demo.replay import Replay, Replayed
from services.console.demo.spans import Roots
from services.console.errors import UsageError
from services.console.people import load_people
from services.console.platform import Platform

REPORT = "demo.json"
# The services write their spans every half second; a whole trace is there soon after its last call.
TRACE_SECONDS = 15.0
POLL_SECONDS = 0.25
# What the station writes unless its spans go to a collector.
STATION_SPANS = "station.jsonl"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be replayed, and how fast; `per_second` 0 means as fast as it goes."""

    day: str
    limit: int | None
    per_second: float


class Demo:
    """One run of the demonstration."""

    def __init__(self, platform: Platform, client: Client, board: Board) -> None:
        self._platform = platform
        self._board = board
        self._cast: Cast = make_cast(load_people(platform.people_file))
        self._roots = Roots(platform.trace_folder)
        self._desk = Desk(client, sign_in.Desk(platform.issuer), keep_seed(platform.run_folder))

    async def run(self, wish: Wish) -> bool:
        """Replay, lead, check; tell whether every check is met.

        Raises:
            UsageError: There are no calls of that day.
        """
        rows = load_day(wish.day, wish.limit)
        if not rows:
            raise UsageError(
                f"There are no calls of {wish.day}.", advice="2019-01-01 to 2019-01-14."
            )
        try:
            replayed = await self._replay(rows, wish)
            scene = await self._lead(replayed)
        finally:
            self._roots.flush()
        return await self._check(wish, rows, replayed, scene)

    async def _replay(self, rows: Sequence[CallRow], wish: Wish) -> list[Replayed]:
        self._board.begin(f"{wish.day}: {len(rows)} calls for help 接处警")
        known = await list_alarms(self._desk, self._cast)
        by_record = {alarm.source_record_id: alarm for alarm in known if alarm.source_record_id}
        with self._board.counting("calls", len(rows)) as advance:
            replay = Replay(self._desk, self._cast, self._roots, by_record, advance)
            replayed = await replay.run(rows, per_second=wish.per_second)
        step_count = sum(each.step_count for each in replayed)
        self._board.say(
            f"{step_count} steps taken." if step_count else "Everything was there already."
        )
        return replayed

    async def _lead(self, replayed: Sequence[Replayed]) -> Scene | None:
        """Lead the first serious call of the day to the closing of its case."""
        first = next((each for each in replayed if each.alarm.case_id), None)
        if first is None:
            self._board.say("No call of these is serious: there is no case to lead.")
            return None
        alarm, root = first.alarm, trace_of(self._desk.seed, first.row.key)
        self._board.begin(f"Case {alarm.case_id}, {alarm.call_type} {alarm.description} 办案")
        self._roots.ensure(root)
        scene = Scene(
            self._desk, self._cast, case_id=alarm.case_id, root=root, tell=self._board.tell
        )
        if (await scene.case()).state == case_pb2.CASE_STATE_CLOSED:
            self._board.say("The case is closed already.")
            return scene
        for part in (open_case, investigate, examine, arrest, evaluate):
            await part(scene)
        return scene

    async def _check(
        self,
        wish: Wish,
        rows: Sequence[CallRow],
        replayed: Sequence[Replayed],
        scene: Scene | None,
    ) -> bool:
        self._board.begin("Checks 核对")
        holdings = await look(self._desk, self._cast, self._platform.nats_monitoring_url)
        ours = _ours(holdings.alarms, replayed)
        checks = [*check_replay(expect(rows), ours, holdings.cases), *check_events(holdings)]
        facts: dict[str, Any] = {"day": wish.day, "calls": len(rows)}
        if scene is not None:
            checks += check_case(await scene.case(), holdings.timelines[scene.case_id])
            checks += await self._check_trace(scene)
            facts |= {"case_id": scene.case_id, "trace_id": scene.root.trace_id}
        facts["steps_taken"] = sum(each.step_count for each in replayed)
        facts["steps_taken"] += scene.step_count if scene else 0
        self._board.show_checks(checks)
        write_report(self._platform.run_folder / REPORT, facts, checks)
        self._say_what_next(checks, scene)
        return all(check.is_ok for check in checks)

    async def _check_trace(self, scene: Scene) -> list[Check]:
        """Check the trace once every service has written its spans, or what is there by then."""
        if not (self._platform.trace_folder / STATION_SPANS).exists():
            self._board.say("The services send their spans elsewhere; the trace is not checked.")
            return []
        deadline = asyncio.get_running_loop().time() + TRACE_SECONDS
        while True:
            checks = list(check_trace(self._roots.find(scene.root), scene.case_id))
            is_late = asyncio.get_running_loop().time() > deadline
            if is_late or all(check.is_ok for check in checks):
                return checks
            await asyncio.sleep(POLL_SECONDS)

    def _say_what_next(self, checks: Sequence[Check], scene: Scene | None) -> None:
        failed = sum(not check.is_ok for check in checks)
        self._board.say(f"{len(checks) - failed} of {len(checks)} checks met.")
        if scene is not None:
            self._board.say(f"See it: jointops trace show {scene.root.trace_id[:12]}")
            self._board.say(
                f"        jointops reviews timeline --case {scene.case_id} --as commander"
            )


def _ours(alarms: Sequence[alarm_pb2.Alarm], replayed: Sequence[Replayed]) -> list[alarm_pb2.Alarm]:
    """Keep the alarms of the replayed calls: by record number, else by what the report answered."""
    records = {each.row.record_id for each in replayed} - {""}
    ids = {each.alarm.alarm_id for each in replayed if not each.row.record_id}
    return [each for each in alarms if each.source_record_id in records or each.alarm_id in ids]


async def run(platform: Platform, board: Board, wish: Wish) -> bool:
    """Run the demonstration against a platform."""
    async with Client(platform) as client:
        return await Demo(platform, client, board).run(wish)


def report_file(platform: Platform) -> Path:
    """Return where the result is kept."""
    return platform.run_folder / REPORT
