"""The desk without a window: enrol a location from a script, and print the fleet as a table."""

import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.registry import Registration
from sesam_master.core.states import CONNECTION_WORDS, WORDS

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


@dataclass(frozen=True, slots=True)
class Server:
    """Where an agent is said to be, and the SHA-256 of its certificate: hex digits in any case,
    blanks and colons allowed."""

    host: str
    port: int
    fingerprint: str


def enrol(
    submit: Submit, gateway: FleetGateway, server: Server, token: str, farm: str
) -> Registration:
    """Enrols this desk to the agent at an address, if it presents the expected certificate.

    Raises:
        LocationError: the agent was not reached, presents another certificate (reason
            FINGERPRINT_MISMATCH; nothing was sent to it), or refuses the token.
    """
    presented = answer_of(submit, gateway.look(server.host, server.port))
    expected = server.fingerprint.replace(":", "").replace(" ", "").upper()
    if presented.fingerprint.upper() != expected:
        raise LocationError(
            Trouble.REFUSED,
            "",
            "FINGERPRINT_MISMATCH",
            {"expected": expected, "presented": presented.fingerprint},
        )
    return answer_of(submit, gateway.enrol(presented, token, "", farm))


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
