"""What `add` and `modify` have in common for the plan: the options, and the record they make."""

import argparse
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from server_agent.commands import plan_words
from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import given, text
from server_agent.commands.words import OVERWRITE_RULES, TYPE_LETTERS, split_lists
from sesam_api.location import Location
from sesam_api.plan_records import Drive, Event, Schedule, TaskGroup

_ICS_DAYS = timedelta(days=3660)  # the longest span that an agent reads a calendar file for


def add_switch(parser: argparse.ArgumentParser, off: str) -> None:
    """--on and --off; `off` says what the latter does."""
    switch = parser.add_mutually_exclusive_group()
    switch.add_argument("--on", dest="active", action="store_true", default=None, help="as usual")
    switch.add_argument("--off", dest="active", action="store_false", default=None, help=off)


def add_schedule_options(parser: argparse.ArgumentParser) -> None:
    _add_rule_options(parser)
    parser.add_argument(
        "--dates",
        action="append",
        type=text,
        metavar="DATE[,DATE]",
        help="days beside the rule, or instead of one",
    )
    parser.add_argument(
        "--ics", type=Path, metavar="FILE", help="days out of an iCalendar file, for ten years"
    )
    parser.add_argument(
        "--at",
        type=plan_words.clock_time,
        metavar="TIME",
        help="22:00; with --every N[m|h] the first start",
    )
    parser.add_argument(
        "--until",
        dest="until_time",
        default=argparse.SUPPRESS,
        type=plan_words.clock_time,
        metavar="TIME",
        help="with --every N[m|h]: the last start of each day",
    )
    parser.add_argument(
        "--from", dest="start", type=plan_words.day, metavar="DATE", help="first day; else today"
    )
    parser.add_argument(
        "--to",
        dest="end_date",
        default=argparse.SUPPRESS,
        type=plan_words.day,
        metavar="DATE",
        help='last day; "" is none',
    )
    parser.add_argument(
        "--window",
        default=argparse.SUPPRESS,
        type=plan_words.duration,
        metavar="N[m|h|d]",
        help="how late a start may still be made; else until the next one",
    )
    parser.add_argument(
        "--offset", type=int, metavar="DAYS", help="with --monthly: so many days later, or earlier"
    )
    add_switch(parser, "none of its events is started")
    parser.add_argument("--comment", type=text, help="for people")


def _add_rule_options(parser: argparse.ArgumentParser) -> None:
    rule = parser.add_mutually_exclusive_group()
    rule.add_argument(
        "--rule", type=text, metavar="RRULE", help='as in RFC 5545: "FREQ=WEEKLY;BYDAY=MO,TU"'
    )
    rule.add_argument(
        "--daily", dest="rule", action="store_const", const="FREQ=DAILY", help="every day"
    )
    rule.add_argument(
        "--every", dest="rule", type=plan_words.every, metavar="N[m|h|d]", help="15m, 2h, 3d"
    )
    rule.add_argument(
        "--weekly", dest="rule", type=plan_words.weekly, metavar="DAYS", help="mon,fri"
    )
    rule.add_argument(
        "--monthly",
        dest="rule",
        type=plan_words.monthly,
        metavar="DAY",
        help="1, last, first-mon, last-fri",
    )
    rule.add_argument("--once", type=plan_words.day, metavar="DATE", help="2026-12-24")


def schedule_of(location: Location, arguments: argparse.Namespace, before: Schedule) -> Schedule:
    """The record with what is given.

    Raises:
        CommandError: a date or file cannot be read.
    """
    changes: dict[str, Any] = given(
        rule=arguments.rule,
        active=arguments.active,
        offset_days=arguments.offset,
        comment=arguments.comment,
        start_time=arguments.at,
        start_date=arguments.start,
    )
    # These may be taken away: None is a value of theirs, and absent is none.
    taken = vars(arguments)
    changes |= {name: taken[name] for name in ("end_date", "window", "until_time") if name in taken}
    if arguments.once is not None:
        changes |= {"rule": "", "dates": (arguments.once,)}
    if arguments.dates is not None:
        changes["dates"] = tuple(_date(day) for day in split_lists(arguments.dates))
    if arguments.ics is not None:
        first = arguments.start or before.start_date or date.today()
        changes["dates"] = location.read_calendar_file(
            _content(arguments.ics), first, first + _ICS_DAYS
        )
    return replace(before, **changes)


def _date(word: str) -> date:
    try:
        found = plan_words.day(word)
    except argparse.ArgumentTypeError as error:
        raise CommandError(f"{error}.") from error
    assert found is not None
    return found


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def add_event_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "-S",
        "--schedule",
        type=text,
        metavar="SCHEDULE",
        help="starts it; without one it waits to be a follow-up",
    )
    _add_action_options(parser, required=required)
    parser.add_argument(
        "--priority", type=int, metavar="N", help="1 lowest (usual) to 99; 0 is above all"
    )
    blocking = parser.add_mutually_exclusive_group()
    blocking.add_argument(
        "--blocking", action="store_true", default=None, help="holds off lower priorities"
    )
    blocking.add_argument(
        "--not-blocking", dest="blocking", action="store_false", default=None, help="as usual"
    )
    parser.add_argument(
        "--follow-up", type=text, metavar="EVENT", help='started when it ended well; "" is none'
    )
    add_switch(parser, "it is not started")
    parser.add_argument("--comment", type=text, help="for people")


def _add_action_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """What it starts, and what that needs to know."""
    what = parser.add_mutually_exclusive_group(required=required)
    what.add_argument("-t", "--task", type=text, help="back up this task")
    what.add_argument("-g", "--group", type=text, help="back up all tasks of this group")
    what.add_argument("--restore", type=text, metavar="TASK", help="restore its newest saveset")
    what.add_argument("--verify", type=text, metavar="TASK", help="verify its newest saveset")
    what.add_argument("--prove", type=text, metavar="TASK", help="restore samples and compare them")
    what.add_argument("--migrate", type=text, metavar="POOL", help="copy its savesets to --pool")
    what.add_argument(
        "--command",
        nargs=argparse.REMAINDER,
        metavar=("PROGRAM", "ARG"),
        help="run a program of bin/sesam; comes last, what follows are its arguments",
    )
    parser.add_argument(
        "-l", "--level", choices=TYPE_LETTERS, help="of a backup: F: FULL, D: DIFF, I: INC, C: COPY"
    )
    parser.add_argument("--drive", type=text, help='of a backup or migration; "" is any')
    parser.add_argument(
        "-m",
        "--pool",
        type=text,
        help='media pool of a backup, "" is the usual one; or that a migration copies to',
    )
    parser.add_argument(
        "--move",
        action=argparse.BooleanOptionalAction,
        help="of a migration: give the savesets up where they were",
    )
    parser.add_argument(
        "--whole-chain",
        action=argparse.BooleanOptionalAction,
        help="of a verify: also all that the saveset builds on, as usual",
    )
    parser.add_argument(
        "--quick",
        action=argparse.BooleanOptionalAction,
        help="of a verify: without most of the data",
    )
    parser.add_argument("--files", type=int, metavar="N", help="of a proof: samples; 0 is usual")
    parser.add_argument("--max-bytes", type=int, metavar="N", help="of a proof: of all samples")
    _add_restore_options(parser)


def _add_restore_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--target", metavar="DIR", help="of a restore: absolute path")
    parser.add_argument(
        "--overwrite",
        choices=OVERWRITE_RULES,
        help="of a restore: what becomes of files that are there. They are replaced always, never,"
        " or if they are older than the saved ones (as usual); or the restored ones get names with"
        " .restored behind",
    )
    parser.add_argument(
        "-f", "--file", action="append", metavar="PATH", help="of a restore: may be repeated"
    )


_OF_KINDS = {
    "level": ("backup",),
    "drive": ("backup", "migration"),
    "pool": ("backup", "migration"),
    "move": ("migration",),
    "whole_chain": ("verify",),
    "quick": ("verify",),
    "files": ("restore_proof",),
    "max_bytes": ("restore_proof",),
    "target": ("restore",),
    "overwrite": ("restore",),
    "file": ("restore",),
}


def event_of(arguments: argparse.Namespace, before: Event) -> Event:
    """The record with what is given.

    Raises:
        CommandError: something of its kind is missing.
    """
    changes: dict[str, Any] = given(
        schedule=arguments.schedule,
        drive=arguments.drive,
        pool=arguments.pool,
        whole_chain=arguments.whole_chain,
        quick=arguments.quick,
        move=arguments.move,
        files=arguments.files,
        max_bytes=arguments.max_bytes,
        priority=arguments.priority,
        blocking=arguments.blocking,
        follow_up=arguments.follow_up,
        active=arguments.active,
        comment=arguments.comment,
    )
    if arguments.level is not None:
        changes["type"] = TYPE_LETTERS[arguments.level]
    if arguments.target is not None:
        changes["target"] = os.fsencode(arguments.target)
    if arguments.overwrite is not None:
        changes["overwrite"] = OVERWRITE_RULES[arguments.overwrite]
    if arguments.file is not None:
        changes["paths"] = tuple(os.fsencode(path) for path in arguments.file)
    event = replace(before, **changes, **_object_of(arguments))
    _check_kind(arguments, event.kind)
    if event.kind == "backup" and not event.type:
        raise CommandError("A backup needs its type. Give it with -l F, -l D, -l I or -l C.")
    if event.kind == "restore" and not event.target:
        raise CommandError("A restore needs a directory. Give it with --target DIR.")
    if event.kind == "migration" and not event.pool:
        raise CommandError("A migration needs the media pool to copy to. Give it with --pool POOL.")
    return event


def _check_kind(arguments: argparse.Namespace, kind: str) -> None:
    """Raises CommandError: an option is given that would do nothing."""
    for option, kinds in _OF_KINDS.items():
        if getattr(arguments, option) is not None and kind not in kinds:
            named = f"--{option.replace('_', '-')}"
            this = kind.replace("_", " ")
            which = " or ".join(each.replace("_", " ") for each in kinds)
            raise CommandError(f"{named} is of a {which}; this event is a {this}.")


def _object_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """What the event is about, if that was given."""
    if arguments.task is not None:
        return {"kind": "backup", "task": arguments.task, "group": ""}
    if arguments.group is not None:
        return {"kind": "backup", "task": "", "group": arguments.group}
    if arguments.restore is not None:
        return {"kind": "restore", "task": arguments.restore}
    if arguments.verify is not None:
        return {"kind": "verify", "task": arguments.verify}
    if arguments.prove is not None:
        return {"kind": "restore_proof", "task": arguments.prove}
    if arguments.migrate is not None:
        return {"kind": "migration", "source_pool": arguments.migrate}
    if arguments.command is None:
        return {}
    if not arguments.command:
        raise CommandError("--command needs the name of a program of bin/sesam behind it.")
    program, *rest = arguments.command
    return {"kind": "command", "program": program, "arguments": tuple(rest)}


def add_group_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-t",
        "--task",
        action="append",
        type=text,
        metavar="TASK[,TASK]",
        help="all its tasks, in their order",
    )
    parser.add_argument("--comment", type=text, help="for people")


def group_of(arguments: argparse.Namespace, before: TaskGroup) -> TaskGroup:
    """The record with what is given."""
    tasks = None if arguments.task is None else tuple(split_lists(arguments.task))
    changes: dict[str, Any] = given(tasks=tasks, comment=arguments.comment)
    return replace(before, **changes)


def add_drive_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--streams", type=int, metavar="N", help="jobs at once, 1 to 64")
    parser.add_argument(
        "--group", type=text, help='drives that a pool uses alike; of a new one "Drives"'
    )
    parser.add_argument(
        "--store", type=text, help='data store it writes to; of a new one "Store_1"'
    )
    add_switch(parser, "no job is started on it")
    parser.add_argument("--comment", type=text, help="for people")


def drive_of(arguments: argparse.Namespace, before: Drive) -> Drive:
    """The record with what is given."""
    changes: dict[str, Any] = given(
        streams=arguments.streams,
        active=arguments.active,
        comment=arguments.comment,
        group=arguments.group,
        data_store=arguments.store,
    )
    return replace(before, **changes)
