"""`sm_cmd show client|task|saveset|job|protocol|schedule|event|group|drive|store|pool|medium
|interface|log`."""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from server_agent.commands.answer import CommandError
from server_agent.commands.output import (
    print_fields,
    print_json,
    print_json_array,
    print_table,
    zone_of,
)
from server_agent.commands.parsing import Verbs, add_json, add_objects, text
from server_agent.commands.verbs import show_log
from server_agent.domain.quoting import quoted
from sesam_api.location import Location

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_PROTOCOL_COLUMNS = ("time", "level", "code", "text")
_START_COLUMNS = ("time", "sesam_day", "clock_change")
_STARTS = 10
Read = Callable[[Location, str], "DataclassInstance"]
_READS: dict[str, Read] = {
    "client": Location.client,
    "saveset": Location.saveset,
    "job": Location.job,
    "task": Location.task,
    "event": Location.event,
    "group": Location.group,
    "drive": Location.drive,
    "store": Location.data_store,
    "pool": Location.pool,
    "medium": Location.medium,
    "loader": Location.loader,
}


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "show", "show everything about one thing")
    for name, metavar, what in (
        ("client", "NAME", "one client"),
        ("saveset", "NAME", "one saveset"),
        ("job", "ID", "one job"),
        ("task", "NAME", "one task"),
        ("protocol", "JOB", "what a job has written"),
        ("schedule", "NAME", "one schedule and its next starts"),
        ("event", "NAME", "one event"),
        ("group", "NAME", "one task group"),
        ("drive", "NAME", "one drive"),
        ("store", "NAME", "one data store, and how full it is"),
        ("pool", "NAME", "one media pool"),
        ("medium", "LABEL", "one medium, and what lies on it"),
        ("loader", "NAME", "one loader"),
        ("interface", "NAME", "one interface program, and what it wrote in its last run"),
    ):
        parser = objects.add_parser(name, help=what)
        parser.add_argument("name", type=text, metavar=metavar)
        add_json(parser)
        runs = {"protocol": _protocol, "schedule": _schedule, "interface": _interface}
        parser.set_defaults(run=runs.get(name, _one), object=name)
        if name == "protocol":
            parser.add_argument(
                "--part",
                choices=("main", "pre", "post"),
                default="main",
                help="what sbc_pre or sbc_post said, instead of the protocol itself",
            )
        if name == "schedule":
            parser.add_argument("--ics", action="store_true", help="as an iCalendar file")
    show_log.define(objects)


def _one(location: Location, arguments: argparse.Namespace) -> None:
    record = _READS[arguments.object](location, arguments.name)
    write = print_json if arguments.json else print_fields
    write(record, zone_of(location.identity.time_zone))


def _schedule(location: Location, arguments: argparse.Namespace) -> None:
    zone = zone_of(location.identity.time_zone)
    if arguments.ics:
        sys.stdout.flush()
        sys.stdout.buffer.write(location.write_calendar_file(arguments.name))
        return
    schedule = location.schedule(arguments.name)
    if arguments.json:
        print_json(schedule, zone)
        return
    print_fields(schedule, zone)
    preview = location.preview_schedule(schedule, _STARTS)
    if preview.remarks:
        print("remarks", ",".join(preview.remarks), sep="\t")
    print()
    print_table(preview.starts, _START_COLUMNS, zone)


def _protocol(location: Location, arguments: argparse.Namespace) -> None:
    lines = location.protocol(arguments.name, arguments.part)
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(lines, zone)
    else:
        print_table(lines, _PROTOCOL_COLUMNS, zone)


def _interface(location: Location, arguments: argparse.Namespace) -> None:
    known = {interface.name: interface for interface in location.interfaces()}
    found = known.get(arguments.name)
    if found is None:
        raise CommandError(
            f"There is no interface program {quoted(arguments.name)}. Name one of: "
            f"{', '.join(known)}."
        )
    zone = zone_of(location.identity.time_zone)
    if arguments.json:
        print_json(found, zone)
        return
    print_fields(replace(found, output=b""), zone)
    print()
    if found.output is None:
        print("# What it wrote is shown to the roles admin and operator only.")
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(found.output)
