"""How the location has grown, as it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from server_agent.domain.errors import PageTokenInvalid
from server_agent.domain.history import GrowthDay, StoreSample
from server_agent.ports import Page
from server_agent.service.changes import Changes
from server_agent.service.paging import seal, unseal

Item = TypeVar("Item")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Days:
    """Sesam days, both included; None is no limit."""

    first: date | None
    last: date | None


class History:
    """Any thread may call any method."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    def samples(self, store: str, days: Days, token: str | None, limit: int) -> Page[StoreSample]:
        """By store and time; an empty store is all of them. Raises PageTokenInvalid."""
        name = f"store samples {store} {days}"
        position = unseal(name, token)
        after = _place(position) if position is not None else None
        with self._changes.read() as view:
            found = view.store_samples(store, days.first, days.last, after, limit + 1)
        return _page(name, found, limit, lambda last: f"{_number(last.time)} {last.store}")

    def growth(
        self, client: str, task: str, days: Days, token: str | None, limit: int
    ) -> Page[GrowthDay]:
        """By sesam day; empty names are all. Raises PageTokenInvalid."""
        name = f"growth {client}\n{task}\n{days}"
        position = unseal(name, token)
        first = days.first if position is None else _day_after(position)
        with self._changes.read() as view:
            found = view.growth(client, task, first, days.last, limit + 1)
        return _page(name, found, limit, lambda last: last.sesam_day.isoformat())


def _page(
    name: str, found: Sequence[Item], limit: int, position: Callable[[Item], str]
) -> Page[Item]:
    here = tuple(found[:limit])
    return Page(here, seal(name, position(here[-1])) if len(found) > limit else None)


def _number(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _place(position: str) -> tuple[str, datetime]:
    number, _, store = position.partition(" ")
    try:
        return store, _EPOCH + int(number) * _MICROSECOND
    except (ValueError, OverflowError):
        raise PageTokenInvalid from None


def _day_after(position: str) -> date:
    try:
        return date.fromisoformat(position) + timedelta(1)
    except (ValueError, OverflowError):
        raise PageTokenInvalid from None
