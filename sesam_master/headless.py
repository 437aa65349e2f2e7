"""The desk without a window: enrol a location from a script, and print the fleet as a table."""

import queue
import threading
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import Fleet, FleetEvent, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.registry import Registration
from sesam_master.core.states import CONNECTION_WORDS, WORDS, Connection

Answer = TypeVar("Answer")
Submit = Callable[
    [Coroutine[Any, Any, object], Callable[[object | None, BaseException | None], None]],
    Callable[[], None],
]


def answer_of(submit: Submit, coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    """Runs a coroutine of the gateway and waits for it; for programs without a window only."""
    ended = threading.Event()
    outcome: list[tuple[object | None, BaseException | None]] = []

    def done(result: object | None, error: BaseException | None) -> None:
        outcome.append((result, error))
        ended.set()

    submit(coroutine, done)
    ended.wait()
    result, error = outcome[0]
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # what the coroutine returned


def enrol(
    submit: Submit,
    gateway: FleetGateway,
    host: str,
    port: int,
    fingerprint: str,
    token: str,
    farm: str,
) -> Registration:
    """Enrols this desk to the agent at an address, if it presents the expected certificate.

    Args:
        fingerprint: SHA-256 of the certificate, hex digits in any case, blanks and colons allowed.

    Raises:
        LocationError: the agent was not reached, presents another certificate (reason
            FINGERPRINT_MISMATCH; nothing was sent to it), or refuses the token.
    """
    presented = answer_of(submit, gateway.look(host, port))
    expected = fingerprint.replace(":", "").replace(" ", "").upper()
    if presented.fingerprint.upper() != expected:
        raise LocationError(
            Trouble.REFUSED,
            "",
            "FINGERPRINT_MISMATCH",
            {"expected": expected, "presented": presented.fingerprint},
        )
    return answer_of(submit, gateway.enrol(presented, token, "", farm))


def follow(events: "queue.Queue[FleetEvent]", fleet: Fleet, seconds: float) -> None:
    """Takes events in until every location that is on has said how it stands, or the time is up."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        try:
            fleet.apply(events.get(timeout=left))
        except queue.Empty:
            return
        if fleet.locations and all(_is_settled(state) for state in fleet.locations.values()):
            return


def _is_settled(state: LocationState) -> bool:
    if state.connection is Connection.ON:
        return state.picture is not None
    return state.connection in (Connection.BROKEN, Connection.OFF)


def table(fleet: Fleet, now: datetime) -> str:
    """The fleet as text, a row for each task: location, connection, task, newest backup."""
    rows: list[tuple[str, ...]] = [
        ("Location", "Connection", "Client", "Task", "State", "Type", "Files", "Ended")
    ]
    for state in fleet.locations.values():
        rows += _rows(state)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    coverage = fleet.coverage(now)
    return "\n".join([*lines, f"{coverage.covered} of {coverage.total} locations live"])


def _rows(state: LocationState) -> list[tuple[str, ...]]:
    name, connection = state.registration.name, CONNECTION_WORDS[state.connection]
    if state.trouble is not None:
        connection += f" ({state.trouble.step})"
    elif not state.is_live and state.proof_time is not None:
        connection += f" (as of {state.proof_time.astimezone():%d %b %H:%M})"
    if state.picture is None or not state.picture.tasks:
        return [(name, connection, "–", "–", "–", "–", "–", "–")]
    rows: list[tuple[str, ...]] = []
    for task in sorted(state.picture.tasks.values(), key=lambda task: task.name):
        job = state.newest_backup(task.name)
        row = (name, connection, task.client, task.name)
        if job is None:
            rows.append((*row, "never saved", "–", "–", "–"))
            continue
        ended = f"{job.end_time.astimezone():%d %b %H:%M}" if job.end_time else "–"
        files = "–" if job.is_open else str(job.files)
        letter = job.type.value if job.type else "–"
        rows.append((*row, WORDS[state.shown_state(job)], letter, files, ended))
    return rows


def now() -> datetime:
    """The desk's clock."""
    return datetime.now(UTC)
