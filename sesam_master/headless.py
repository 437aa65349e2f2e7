"""The desk without a window: enrol a location from a script, and print the fleet as a table."""

import sys
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO, TypeVar

from sesam_api.errors import SesamError
from sesam_api.tls import plain_fingerprint
from sesam_master.core.addresses import parse_address
from sesam_master.core.errors import AlreadyListed, DeskReason, LocationError, Trouble
from sesam_master.core.fleet import Fleet, LocationState
from sesam_master.core.gateway import FleetGateway
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
class Invitation:
    """What a location's administrator hands out.

    Attributes:
        fingerprint: SHA-256 of the agent's certificate, 64 capital hex digits.
        token: a secret that works once.
    """

    host: str
    port: int
    fingerprint: str
    token: str = field(repr=False)


def read_invitation(address: str, fingerprint: str, tokens: TextIO) -> Invitation:
    """Out of what a person wrote; the token is the first line of `tokens`, or the last word of it,
    so that the line of `sesam-agent token` can be piped in as it is.

    Raises:
        ValueError: with a sentence for people; then no token was read unless that is missing.
    """
    host, port = parse_address(address)
    try:
        expected = plain_fingerprint(fingerprint).upper()
    except SesamError as error:
        raise ValueError(str(error)) from error
    if tokens.isatty():
        sys.stderr.write("Enrolment token: ")
        sys.stderr.flush()
    words = tokens.readline().split()
    if not words:
        raise ValueError(
            "There is no token on standard input. Make one on the server with sesam-agent token, "
            "and pipe it in or type it."
        )
    return Invitation(host, port, expected, words[-1])


def enrol(
    submit: Submit, gateway: FleetGateway, invitation: Invitation, farm: str, *, replaces: bool
) -> str:
    """Enrols this desk to the agent at an address, if it presents the expected certificate, and
    returns what was done, as a sentence.

    Args:
        replaces: a location that is listed already gets the new address, certificate and
            credential.

    Raises:
        LocationError: the agent was not reached, presents another certificate (reason
            FINGERPRINT_MISMATCH; nothing was sent to it), is listed already, or refuses the token.
        KeepingError: the desk cannot keep it.
    """
    presented = answer_of(submit, gateway.look(invitation.host, invitation.port))
    if presented.fingerprint.upper() != invitation.fingerprint:
        raise LocationError(
            Trouble.REFUSED,
            "",
            DeskReason.FINGERPRINT_MISMATCH,
            {"expected": invitation.fingerprint, "presented": presented.fingerprint},
        )
    try:
        added = answer_of(submit, gateway.enrol(presented, invitation.token, "", farm))
    except AlreadyListed as error:
        if error.is_token_sent or not replaces:
            raise
        listed = error.location_id
    else:
        return f"{added.name} ({added.location_id}) was added to this desk."
    changed = answer_of(submit, gateway.enrol(presented, invitation.token, "", farm, listed))
    return (
        f"{changed.name} ({changed.location_id}) has the address {changed.address} and the "
        "certificate and credential of its agent there now."
    )


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
    notes = [state.trouble.step] if state.trouble is not None else []
    if not state.is_live and state.proof_time is not None:
        notes.append(f"as of {state.proof_time.astimezone():%d %b %Y %H:%M:%S}")
    if notes:
        connection += f" ({', '.join(notes)})"
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
