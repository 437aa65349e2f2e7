"""Giving back space at the cost of writing data anew: where savesets were removed, now and then,
and within a limited time. Where that is due is kept as an empty file for each medium."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from server_agent.adapters.restic.places import ResticPlaces
from server_agent.adapters.tar import private
from server_agent.domain.jobs import Level
from server_agent.ports import Cancelled, Control, EngineError, Message

EVERY_SECONDS = 7 * 86_400.0  # from the first removal on
LIMIT_SECONDS = 1800.0  # for all media together
_DIRECTORY = "untidy"  # in that of the cache


def note_removed(places: ResticPlaces, label: str) -> None:
    """Something was removed from a medium. Raises OSError."""
    mark = _directory(places) / label
    mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not mark.exists():
        os.close(private.opener(os.fspath(mark), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC))


def tidy(places: ResticPlaces, now: datetime, control: Control) -> Iterator[Message]:
    """See `server_agent.ports.Engine.tidy`."""
    end = time.monotonic() + LIMIT_SECONDS
    for mark in _due(places, now):
        if control.cancelled:
            raise Cancelled
        seconds = end - time.monotonic()
        if seconds > 0:
            yield _tidied(places, mark, control, seconds)


def _tidied(places: ResticPlaces, mark: Path, control: Control, seconds: float) -> Message:
    try:
        places.check_store(mark.name)
        repository = places.repository(mark.name)
        repository.tidy(control, seconds)
        mark.unlink(missing_ok=True)
    except (EngineError, OSError) as error:
        text = f"Medium {mark.name} is tidied the next time: {error}"
        return Message(Level.INFO, "NOT_TIDIED", text)
    text = f"Medium {mark.name} is tidied: the space of what was deleted is given back"
    return Message(Level.INFO, "TIDIED", text)


def _due(places: ResticPlaces, now: datetime) -> list[Path]:
    """The longest waiting first. A clock that was put back is no reason to wait for ever."""
    found = [
        (mark.stat().st_mtime, mark)
        for mark in _directory(places).glob("*")
        if mark.name in places.store_of
    ]
    then = now.timestamp()
    return [mark for since, mark in sorted(found) if abs(then - since) >= EVERY_SECONDS]


def _directory(places: ResticPlaces) -> Path:
    return places.cache_dir / _DIRECTORY
