"""Which pictures are on disk after what order of events."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from sesam_master.core.fleet import (
    ConnectionChanged,
    FleetEvent,
    ObjectsChanged,
    RegistrationsChanged,
)
from sesam_master.core.registry import KeepingError, Registration, Remembered
from sesam_master.core.states import Connection
from sesam_master.remote.keeper import Keeper
from sesam_master.remote.times import Times
from tests.desk.remote.rig import MemoryPictures

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Live:
    def to_bytes(self) -> bytes:
        return b"packed"


@dataclass
class Watched:
    """As much of a session as is saved."""

    registration: Registration
    proof_time: datetime = NOW
    live: Live = Live()  # noqa: RUF009 - it has no state


def watched(*location_ids: str) -> list[Any]:
    return [Watched(Registration(i, i, "", "h", 1, b"", "")) for i in location_ids]


async def on_disk(act: Callable[..., object], *arguments: object) -> object:
    await asyncio.sleep(0)
    return act(*arguments)


def test_what_is_removed_while_pictures_are_packed_does_not_come_back() -> None:
    async def remove_while_saving(steps: int) -> dict[str, Remembered]:
        store, listed = MemoryPictures(), {"a", "b", "c"}
        store.save([Remembered("a", b"older", 1)])
        keeper = Keeper(store, on_disk, listed.__contains__, Times(keep=1.0))
        saving = asyncio.create_task(keeper.save_all(watched("a", "b", "c")))
        for _ in range(steps):
            await asyncio.sleep(0)
        listed.discard("a")
        await keeper.forget("a")
        await saving
        return store.kept

    for steps in range(8):
        assert sorted(asyncio.run(remove_while_saving(steps))) == ["b", "c"], steps


def test_a_picture_of_no_listed_location_is_forgotten_at_the_start() -> None:
    async def recall() -> tuple[list[FleetEvent], dict[str, Remembered]]:
        store, told = MemoryPictures(), []
        store.save([Remembered("gone", b"", 1), Remembered("here", b"", 1)])
        keeper = Keeper(store, on_disk, lambda location_id: location_id == "here", Times(keep=1.0))
        await keeper.recall(told.append)
        return told, store.kept

    told, kept = asyncio.run(recall())
    assert [event.location_id for event in told] == ["here"]
    assert list(kept) == ["here"]


@pytest.mark.logs_warnings
def test_a_picture_that_cannot_be_forgotten_is_told(caplog: pytest.LogCaptureFixture) -> None:
    class Stuck(MemoryPictures):
        def forget(self, location_id: str) -> None:
            raise KeepingError("The disk is gone.")

    asyncio.run(Keeper(Stuck(), on_disk, lambda _id: False, Times(keep=1.0)).forget("a"))
    assert "The picture of a is still kept: The disk is gone." in caplog.text


def test_a_new_proof_alone_is_no_reason_to_save() -> None:
    async def saved_after(*events: FleetEvent) -> list[str]:
        store = MemoryPictures()
        keeper = Keeper(store, on_disk, lambda _id: True, Times(keep=0.0))
        for event in events:
            keeper.note(event)
        rounds = 0

        def sessions() -> list[Any]:
            nonlocal rounds
            rounds += 1
            return watched("a", "b")

        running = asyncio.create_task(keeper.run(sessions))
        while rounds < 3:
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return list(store.kept)

    proof = ConnectionChanged("a", Connection.ON, None, NOW)
    assert asyncio.run(saved_after(RegistrationsChanged(()), proof)) == []
    assert asyncio.run(saved_after(proof, ObjectsChanged("b", NOW))) == ["b"]
