"""`sm_cmd show saveset NAME`, `show job ID`, `show protocol JOB`, `show task NAME`."""

import argparse
from collections.abc import Callable

from server_agent.commands.output import (
    print_fields,
    print_json,
    print_json_array,
    print_table,
    zone_of,
)
from server_agent.commands.parsing import Verbs, add_json, add_objects, text
from sesam_api.location import Location
from sesam_api.records import Job, Saveset, Task

_PROTOCOL_COLUMNS = ("time", "level", "code", "text")


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "show", "show everything about one thing")
    for name, metavar, what in (
        ("saveset", "NAME", "one saveset"),
        ("job", "ID", "one job"),
        ("task", "NAME", "one task"),
        ("protocol", "JOB", "what a job has written"),
    ):
        parser = objects.add_parser(name, help=what)
        parser.add_argument("name", type=text, metavar=metavar)
        add_json(parser)
        parser.set_defaults(run=_protocol if name == "protocol" else _one, object=name)


def _one(location: Location, arguments: argparse.Namespace) -> None:
    reads: dict[str, Callable[[str], Saveset | Job | Task]] = {
        "saveset": location.saveset,
        "job": location.job,
        "task": location.task,
    }
    record = reads[arguments.object](arguments.name)
    write = print_json if arguments.json else print_fields
    write(record, zone_of(location.identity.time_zone))


def _protocol(location: Location, arguments: argparse.Namespace) -> None:
    lines, zone = location.protocol(arguments.name), zone_of(location.identity.time_zone)
    if arguments.json:
        print_json_array(lines, zone)
    else:
        print_table(lines, _PROTOCOL_COLUMNS, zone)
