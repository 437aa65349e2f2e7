"""The calendar that is kept of a location goes with it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sesam_api.v1 import calendar_pb2
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.registry import Registration
from sesam_master.core.states import Connection
from sesam_master.remote.session import Link
from sesam_master.remote.sheets import KeptSheets
from sesam_master.remote.times import Times
from tests.fakes.fleet import NOW

SITE = Registration("lab", "Lab", "", "127.0.0.1", 11401, b"", "")
ANSWER = calendar_pb2.GetCalendarSheetResponse(
    first_sesam_day="2026-11-22", days=1, open_sesam_day="2026-11-22"
)


@dataclass
class Site:
    """What `KeptSheets` needs of a session that is on; it answers when a test lets it."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    let: asyncio.Event = field(default_factory=asyncio.Event)
    registration: Registration = SITE
    connection: Connection = Connection.ON
    live: None = None
    trouble: None = None
    observed_by: None = None

    @property
    def link(self) -> Link:
        return Link(self, ())  # type: ignore[arg-type]

    def unary_unary(self, *_about: object, **_more: object) -> Callable[..., Awaitable[Any]]:
        async def answer(*_request: object, **_more: object) -> Any:
            self.asked.set()
            await self.let.wait()
            return ANSWER

        return answer


async def keep(is_forgotten: bool) -> tuple[bool, list[str]]:
    """Whether a sheet is kept that was asked for before its location was forgotten."""
    changed: list[str] = []
    sheets = KeptSheets(Times(keep=0.001), changed.append)
    site = Site()
    sheets.note(ObjectsChanged("lab", NOW, is_plan_changed=True))
    running = asyncio.create_task(sheets.run(lambda: [site]))  # type: ignore[list-item]
    await site.asked.wait()
    if is_forgotten:
        sheets.forget("lab")
    site.let.set()
    for _ in range(10):
        await asyncio.sleep(0)  # the answer goes its way
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return sheets.get("lab") is not None, changed


def test_an_answer_is_kept() -> None:
    assert asyncio.run(keep(is_forgotten=False)) == (True, ["lab"])


def test_an_answer_for_a_location_that_is_forgotten_meanwhile_is_not() -> None:
    assert asyncio.run(keep(is_forgotten=True)) == (False, [])
