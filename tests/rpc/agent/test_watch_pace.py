"""How often a watch looks, and what it says while nothing that is watched changes."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing, closing
from typing import Any, cast

from server_agent.domain.access import Caller
from server_agent.rpc.watch import Pace, Watches
from server_agent.rpc.workers import Workers
from server_agent.service.changes import Changes
from server_agent.service.location import Location
from server_agent.service.watched import ChangeSet
from tests.agent.service.rig import START
from tests.fakes.clock import FakeClock

INTERVAL, HEARTBEAT = 0.05, 0.12


class _Busy:
    """Changes of nothing that is watched, with another write whenever somebody looks."""

    def __init__(self) -> None:
        self.looks: list[float] = []

    def subscribe(self, wake: Callable[[], None]) -> "_Busy":
        self._wake = wake
        return self

    def begin(self, _after_revision: int | None) -> ChangeSet:
        self._wake()
        return ChangeSet(7, ())

    def take(self) -> ChangeSet:
        self.looks.append(time.monotonic())
        self._wake()
        return ChangeSet(7 + len(self.looks), ())

    def close(self) -> None:
        """Nothing to forget."""


class _Everybody:
    """An access that is never revoked."""

    def in_force(self, _caller: Caller) -> bool:
        return True


async def _first(busy: _Busy, count: int) -> list[Any]:
    with closing(Workers()) as workers:
        watches = Watches(
            cast(Changes, busy),
            cast(Any, None),
            cast(Any, _Everybody()),
            Location("id", "berlin", "host", "1", "Europe/Berlin", START),
            FakeClock(START, "Europe/Berlin"),
            workers,
            Pace(INTERVAL, HEARTBEAT),
        )
        answers = []
        async with asyncio.timeout(20), aclosing(watches.location(7, cast(Any, None))) as stream:
            async for answer in stream:
                answers.append(answer)
                if len(answers) == count:
                    break
        return answers


def test_writes_that_nobody_watches_cost_no_more_looks_and_no_heartbeat() -> None:
    busy = _Busy()
    began = time.monotonic()
    _location, *beats = asyncio.run(_first(busy, 4))
    taken = time.monotonic() - began
    assert [beat.WhichOneof("event") for beat in beats] == ["heartbeat"] * 3
    assert [beat.revision for beat in beats] == sorted({beat.revision for beat in beats})
    assert taken >= 3 * HEARTBEAT
    gaps = [after - before for before, after in zip(busy.looks, busy.looks[1:], strict=False)]
    assert min(gaps) >= INTERVAL - 0.01
