"""`sm_cmd show log state|day|error|PART [--day DAY | --from DAY] [--filter TEXT] [--follow]`."""

import argparse
import contextlib
import itertools
import sys
from collections.abc import Iterator
from datetime import date, timedelta

from server_agent.commands.answer import CommandError
from server_agent.commands.output import print_json, print_json_array, zone_of
from server_agent.commands.parsing import Verbs, add_json, text
from server_agent.commands.plan_words import day
from server_agent.domain.logs import PART_LOG_NAMES, LogKind
from sesam_api.location import Location
from sesam_api.log_records import LogLine

_KINDS = tuple(kind.value for kind in LogKind if kind is not LogKind.PART)
_YESTERDAY = "yesterday"
_LAST_LINES = 20


def define(objects: Verbs) -> None:
    parser = objects.add_parser("log", help="a log of a sesam day, or its lines as they come")
    parser.add_argument("name", choices=(*_KINDS, *PART_LOG_NAMES), metavar="LOG", help=_help())
    parser.add_argument(
        *("-B", "--day"),
        type=_day,
        metavar="D",
        help="sesam day, or yesterday; else the newest one that has this log",
    )
    parser.add_argument(
        "--from",
        dest="first",
        type=_day,
        metavar="D",
        help="of several days, the newest line first",
    )
    parser.add_argument("--filter", type=text, default="", help="lines with this text only")
    parser.add_argument(
        *("--level",), choices=("info", "warning", "error"), default="info", help="or a worse one"
    )
    parser.add_argument("--follow", action="store_true", help="until Ctrl-C, as lines come")
    add_json(parser)
    parser.set_defaults(run=_show)


def _help() -> str:
    return f"{', '.join(_KINDS)}; of the parts: {', '.join(PART_LOG_NAMES)}"


def _day(said: str) -> date | str:
    if said == _YESTERDAY:
        return said
    found = day(said)
    if found is None:
        raise argparse.ArgumentTypeError(f"a day is needed, as YYYY-MM-DD or {_YESTERDAY}")
    return found


def _show(location: Location, arguments: argparse.Namespace) -> None:
    if arguments.follow and (arguments.day or arguments.first):
        raise CommandError("--follow is of the newest day. Leave out --day and --from.")
    if arguments.follow:
        _follow(location, arguments)
        return
    lines = _lines(location, arguments)
    if arguments.json:
        print_json_array(lines, zone_of(location.identity.time_zone))
        return
    first = list(itertools.islice(lines, 1))  # what cannot be read prints nothing
    for line in itertools.chain(first, lines):
        print(line.text)


def _lines(location: Location, arguments: argparse.Namespace) -> Iterator[LogLine]:
    kind, name = _log(arguments)
    text, level = arguments.filter, arguments.level
    last = _named(location, arguments.day)
    if arguments.first:
        days = _named(location, arguments.first), last
        return location.search_logs(kind, name, text=text, level=level, days=days)
    if not last:
        last = next((each.sesam_day for each in location.logs(kind) if each.name == name), "")
    if not last:
        return iter(())
    return location.read_log(kind, last, name, text=text, level=level)


def _follow(location: Location, arguments: argparse.Namespace) -> None:
    kind, name = _log(arguments)
    zone = zone_of(location.identity.time_zone)
    text, level = arguments.filter, arguments.level
    lines = location.follow_log(kind, name, last_lines=_LAST_LINES, text=text, level=level)
    with contextlib.suppress(KeyboardInterrupt):  # that is how it is ended
        for line in lines:
            if arguments.json:
                print_json(line, zone)
            else:
                print(line.text)
            sys.stdout.flush()


def _log(arguments: argparse.Namespace) -> tuple[str, str]:
    if arguments.name in _KINDS:
        return arguments.name, ""
    return LogKind.PART.value, arguments.name


def _named(location: Location, wanted: date | str | None) -> str:
    if wanted == _YESTERDAY:
        return (location.sesam_day() - timedelta(days=1)).isoformat()
    return wanted.isoformat() if isinstance(wanted, date) else ""
