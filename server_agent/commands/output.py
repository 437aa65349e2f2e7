"""Records on stdout: tab-separated rows for people and simple scripts, JSON for programs.

JSON keys are the field names of `sesam_api.records`. Times are ISO 8601 with the offset of the
location's zone, durations are numbers of seconds. A path that is no UTF-8 has "?" characters in
place of what is no text, and its bytes in Base64 under its key with "_b64".
"""

import base64
import dataclasses
import io
import itertools
import json
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from server_agent.commands.answer import bytes_shown
from sesam_api.client_file_records import ClientEntry
from sesam_api.finding_records import FoundFile, Version
from sesam_api.records import Entry

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_SHORT = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def write_utf8() -> None:
    """From now on, a script reads the same bytes of this process whatever locale it runs in."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def zone_of(name: str) -> tzinfo:
    """The zone with this IANA name; UTC if this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return UTC


def print_table(
    records: "Iterable[DataclassInstance]", columns: Sequence[str], zone: tzinfo
) -> None:
    """A header row with the columns, then one row for each record."""
    rest = iter(records)
    first = list(itertools.islice(rest, 1))  # what cannot be listed has no header either
    print("\t".join(columns))
    for record in itertools.chain(first, rest):
        print("\t".join(cell(getattr(record, column), zone) for column in columns))


def print_fields(record: "DataclassInstance", zone: tzinfo) -> None:
    """One row for each field: its name and its value."""
    for field in dataclasses.fields(record):
        print(f"{field.name}\t{cell(getattr(record, field.name), zone)}")


def print_json_array(records: "Iterable[DataclassInstance]", zone: tzinfo) -> None:
    """An array, one object in each line. It is closed only when it is complete."""
    separator = "["
    for record in records:
        print(separator, json.dumps(json_object(record, zone)), sep="\n", end="")
        separator = ","
    print("\n]" if separator == "," else "[]")


def print_json(record: "DataclassInstance", zone: tzinfo) -> None:
    print(json.dumps(json_object(record, zone)))


def cell(value: Any, zone: tzinfo) -> str:
    """A value as one cell of a table; control characters and backslashes are escaped."""
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(zone).isoformat(timespec="seconds")
        case bytes():
            return _escaped(value.decode("utf-8", "surrogateescape"))
        case tuple():
            return ",".join(cell(item, zone).replace(",", "\\,") for item in value)
        case _ if dataclasses.is_dataclass(value):
            fields = dataclasses.fields(value)
            return " ".join(f"{f.name}={cell(getattr(value, f.name), zone)}" for f in fields)
        case _:
            return _escaped(str(value))


def _escaped(text: str) -> str:
    return bytes_shown(_UNPRINTABLE.sub(lambda m: _SHORT.get(m[0], f"\\x{ord(m[0]):02x}"), text))


def json_object(record: "DataclassInstance", zone: tzinfo) -> dict[str, Any]:
    """The record with values that JSON knows."""
    result: dict[str, Any] = {}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        result[field.name] = _json_value(value, zone)
        if not _is_text(value):
            result[f"{field.name}_b64"] = _base64(value)
    if isinstance(record, ClientEntry | Entry | FoundFile | Version):
        result["modify_time"] = _json_value(record.modify_time, zone)
    return result


def _json_value(value: Any, zone: tzinfo) -> Any:
    match value:
        case datetime():
            return value.astimezone(zone).isoformat(timespec="milliseconds")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return value.decode("utf-8", "replace")
        case tuple():
            return [_json_value(item, zone) for item in value]
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return json_object(value, zone)
        case _:
            return value


def _is_text(value: Any) -> bool:
    """False for bytes, or a tuple with bytes, that are no UTF-8."""
    if isinstance(value, tuple):
        return all(_is_text(item) for item in value)
    if isinstance(value, bytes):
        try:
            value.decode("utf-8")
        except UnicodeDecodeError:
            return False
    return True


def _base64(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_base64(item) for item in value]
    return base64.b64encode(value).decode("ascii")
