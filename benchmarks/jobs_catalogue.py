"""Agents with years of finished jobs in their catalogues, which are filled through the real schema.

Three years of sesam days up to yesterday; each task is backed up several times a day. Most backups
are INC; of all jobs 5 % did not end well, and say so in a message.
"""

import random
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.catalogue.migrations import MIGRATIONS
from server_agent.adapters.setup import make_installation
from server_agent.adapters.trees import Trees
from server_agent.app import opened_access
from server_agent.domain.access import Role
from server_agent.service.access import LOCAL_CALLER
from server_agent.service.requests import Request

FILLED_AT = MIGRATIONS[:6]  # the later ones sum up what is there, quicker than row by row
TASKS = 200
CLIENTS = 30
GROUPS = 10
DAYS = 3 * 365
_AT_ONCE = 20_000
_SECOND = 1_000_000  # microseconds, as the catalogue keeps times
_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NOT_OK = (  # the number of the state, its share in a hundred, and what it says
    (4, 3, "{n} of {m} files could not be read, first /srv/{task}/inbox/{n:06d}.tmp: EACCES"),
    (5, 1, "The client {client} did not answer within {n} seconds"),
    (6, 0.5, "The agent stopped while the job ran, after {n} files"),
    (7, 0.5, "Cancelled by desk of operator-{k}"),
)
_COLUMNS = (
    "kind, state, task, client, requested_type, type, saveset, create_time, start_time, end_time, "
    "sesam_day, files, bytes_done, stored_bytes, skipped, message, started_by, duration, search, "
    "paths, target, event_id, event, planned_time, priority, group_name, drive"
)


def make_agent(root: Path, name: str, count: int, seed: int) -> str:
    """A new installation with so many jobs; returns a credential of an administrator."""
    installation = make_installation(Trees.below(root), name, "127.0.0.1", 0, datetime.now(UTC))
    file = Path(installation.catalogue_url.removeprefix("sqlite:///"))
    file.unlink()
    SqlCatalogue(installation.catalogue_url, create=True, migrations=FILLED_AT).close()
    _fill(file, count, seed)
    SqlCatalogue(installation.catalogue_url).close()
    for copy in file.parent.glob(f"{file.name}.before-*"):
        copy.unlink()
    with opened_access(installation) as access:
        ask = Request(str(uuid.uuid4()), "AccessService/CreateToken", LOCAL_CALLER)
        token, _ = access.create_token(ask, Role.ADMIN, None)
        enrol = Request(str(uuid.uuid4()), "AccessService/Enrol", LOCAL_CALLER)
        return access.enrol(enrol, token, "benchmark").secret


def _fill(file: Path, count: int, seed: int) -> None:
    """Adds clients, tasks and jobs to a catalogue that no agent uses now."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        run = connection.execute
        run("PRAGMA synchronous = OFF")
        run("PRAGMA cache_size = -400000")
        run("BEGIN")
        for number in range(CLIENTS):
            run("INSERT INTO clients VALUES (?, 'local', '', 0, 1)", (_client(number),))
        for number in range(TASKS):
            row = (_task(number), _client(number % CLIENTS), b"/srv\0", b"")
            run("INSERT INTO tasks VALUES (?, ?, ?, ?, '', 0, 1)", row)
        # Each index is made at its end: a few times quicker than row by row.
        indexes = run(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'jobs' "
            "AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            run(f"DROP INDEX {name}")
        marks = ", ".join("?" * (_COLUMNS.count(",") + 1))
        rows = _rows(random.Random(seed), count)
        connection.executemany(f"INSERT INTO jobs ({_COLUMNS}) VALUES ({marks})", rows)
        for _, sql in indexes:
            run(sql)
        run("COMMIT")
        run("PRAGMA wal_checkpoint(TRUNCATE)")


def _task(number: int) -> str:
    kinds = ("documents", "mail", "database", "home", "system")
    return f"{kinds[number % len(kinds)]}-{number:03d}"


def _client(number: int) -> str:
    return f"fs-{number:02d}"


def _rows(chance: random.Random, count: int) -> Iterator[tuple[Any, ...]]:
    """In the order in which an agent would have entered them."""
    last_day = datetime.now(UTC).date() - timedelta(days=1)
    begin = datetime.combine(last_day - timedelta(days=DAYS - 1), datetime.min.time(), UTC)
    step = timedelta(days=DAYS) / count
    for number in range(count):
        moment = begin + timedelta(hours=8) + number * step
        day = begin.date() + timedelta(days=number * DAYS // count)
        yield _row(chance, number, moment, day)


def _row(chance: random.Random, number: int, moment: datetime, day: date) -> tuple[Any, ...]:
    which = chance.randrange(TASKS)
    task, client, group = _task(which), _client(which % CLIENTS), f"group-{which % GROUPS}"
    kind = "restore" if number % 50 == 0 else "backup"
    letter = None if kind == "restore" else "F" if number % 30 == 0 else "I"
    created = int(moment.timestamp()) * _SECOND + number % _SECOND
    duration = int(chance.lognormvariate(5, 1.5) * _SECOND)
    saveset = f"S{letter or 'F'}{moment:%Y%m%d%H%M%S}{number % 1000:03d}@" + "".join(
        chance.choices(_LETTERS, k=11)
    )
    files, size = chance.randrange(1, 400_000), chance.randrange(1 << 36)
    state, message = 3, ""
    place = chance.random() * 100
    for not_ok, share, text in _NOT_OK:
        place -= share
        if place < 0:
            about = {"n": chance.randrange(1, 900), "m": files, "k": which % 9}
            state, message = not_ok, text.format(task=task, client=client, **about)
            break
    skipped = chance.randrange(1, 900) if state == 4 else 0
    event = f"{task} nightly" if letter == "I" else f"{task} weekly"
    search = "\n".join((task, client, saveset, message, event, group)).casefold()
    times = (created, created + 2 * _SECOND, created + 2 * _SECOND + duration)
    result = (day.isoformat(), files, size, size // 2, skipped, message, "", duration, search)
    slot = (str(which + 1), event, created - created % (60 * _SECOND), 1, group, "disk")
    return (kind, state, task, client, letter, letter, saveset, *times, *result, b"", b"", *slot)
