"""Kinds of columns: how values of the domain are kept in a database.

Times are integers: microseconds since 1970-01-01 00:00 UTC, exact and the same in every database.
Lists of paths are one blob, each path ended by a NUL byte, which no path can hold: their bytes
survive.
"""

import json
import os
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any

import sqlalchemy as sa

from server_agent.domain.access import Scope
from server_agent.domain.command_sources import CommandSource
from server_agent.domain.jobs import JobState
from server_agent.domain.reach import Ssh
from server_agent.domain.task_options import TaskOptions, options_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Numbers as in jobs.proto: an order by state is an order by these.
_STATE_NUMBERS = {
    JobState.QUEUED: 1,
    JobState.ACTIVE: 2,
    JobState.OK: 3,
    JobState.WARNING: 4,
    JobState.ERROR: 5,
    JobState.BROKEN: 6,
    JobState.CANCELLED: 7,
}
# The worst last; `jobs.severity` is the place in it, from 1 on.
_BY_SEVERITY = [JobState(code) for code in "0qac1X3"]
_STATES = {number: state for state, number in _STATE_NUMBERS.items()}


class Moment(sa.TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970 UTC."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Duration(sa.TypeDecorator[timedelta]):
    """A span of time as microseconds."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, _dialect: sa.Dialect) -> int | None:
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> timedelta | None:
        return None if value is None else value * _MICROSECOND


class Dates(sa.TypeDecorator[tuple[date, ...]]):
    """A tuple of dates as one text, blanks between them."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(
        self, value: tuple[date, ...] | None, _dialect: sa.Dialect
    ) -> str | None:
        return None if value is None else " ".join(day.isoformat() for day in value)

    def process_result_value(
        self, value: Any | None, _dialect: sa.Dialect
    ) -> tuple[date, ...] | None:
        return None if value is None else tuple(map(date.fromisoformat, value.split()))


class Options(sa.TypeDecorator[TaskOptions]):
    """The options of a task as JSON. What is not in it has its default, so that options which come
    later need no new column. A path's bytes that are no UTF-8 stand as U+DC80 to U+DCFF."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: TaskOptions | None, _dialect: sa.Dialect) -> str | None:
        return None if value is None else json.dumps(asdict(value), default=os.fsdecode)

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> TaskOptions | None:
        if value is None:
            return None
        return options_of(json.loads(value) if value else {})


class Commands(sa.TypeDecorator[tuple[CommandSource, ...]]):
    """The commands of a task as JSON; empty text for none. Bytes that are no UTF-8 stand as U+DC80
    to U+DCFF."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(
        self, value: tuple[CommandSource, ...] | None, _dialect: sa.Dialect
    ) -> str:
        commands = [asdict(command) for command in value or ()]
        return json.dumps(commands, default=os.fsdecode) if commands else ""

    def process_result_value(
        self, value: Any | None, _dialect: sa.Dialect
    ) -> tuple[CommandSource, ...]:
        return tuple(
            CommandSource(held["name"], tuple(map(os.fsencode, held["argv"])))
            for held in json.loads(value or "[]")
        )


class Login(sa.TypeDecorator[Ssh]):
    """How to log in to a client as JSON; empty text for None."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Ssh | None, _dialect: sa.Dialect) -> str:
        return "" if value is None else json.dumps(asdict(value))

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> Ssh | None:
        return Ssh(**json.loads(value)) if value else None


class ScopeText(sa.TypeDecorator[Scope]):
    """A scope as JSON; empty text for one without limits."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Scope | None, _dialect: sa.Dialect) -> str:
        return json.dumps(asdict(value)) if value is not None and value.limits else ""

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> Scope:
        held = json.loads(value or "{}")
        return Scope(**{name: tuple(patterns) for name, patterns in held.items()})


class StateNumber(sa.TypeDecorator[JobState]):
    """A job's state as its number in the contract."""

    impl = sa.SmallInteger
    cache_ok = True

    def process_bind_param(self, value: JobState | None, _dialect: sa.Dialect) -> int | None:
        return None if value is None else state_number(value)

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> JobState | None:
        return None if value is None else _STATES[value]


class ByteStrings(sa.TypeDecorator[tuple[bytes, ...]]):
    """A tuple of byte strings without NUL, each ended by a NUL."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(
        self, value: tuple[bytes, ...] | None, _dialect: sa.Dialect
    ) -> bytes | None:
        if value is None:
            return None
        for item in value:
            if b"\0" in item:
                raise ValueError(f"{item!r} holds a NUL byte")
        return b"".join(item + b"\0" for item in value)

    def process_result_value(
        self, value: Any | None, _dialect: sa.Dialect
    ) -> tuple[bytes, ...] | None:
        return None if value is None else tuple(bytes(value).split(b"\0")[:-1])


class Strings(sa.TypeDecorator[tuple[str, ...]]):
    """A tuple of texts without NUL, kept as `ByteStrings` in UTF-8."""

    impl = ByteStrings
    cache_ok = True

    def process_bind_param(
        self, value: tuple[str, ...] | None, _dialect: sa.Dialect
    ) -> tuple[bytes, ...] | None:
        return None if value is None else tuple(item.encode() for item in value)

    def process_result_value(
        self, value: Any | None, _dialect: sa.Dialect
    ) -> tuple[str, ...] | None:
        return None if value is None else tuple(item.decode() for item in value)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC. Raises TypeError for a naive datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def state_number(state: JobState) -> int:
    """The number by which jobs are sorted by state."""
    return _STATE_NUMBERS[state]


def severity(state: JobState) -> int:
    """How bad a state is: 1 for the best, 7 for the worst."""
    return _BY_SEVERITY.index(state) + 1


def value_of(kind: type[Enum]) -> sa.Enum:
    return sa.Enum(
        kind,
        values_callable=lambda members: [m.value for m in members],
        native_enum=False,
        length=16,
    )
