"""`sm_cmd list clients|tasks|savesets|jobs [--json] [--limit N]`."""

import argparse
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_objects, text
from sesam_api.errors import SesamError
from sesam_api.location import Location

JOB_STATES = ("queued", "active", "ok", "warning", "error", "broken", "cancelled")
_COLUMNS = {
    "clients": "name access comment",
    "tasks": "name client sources excludes comment",
    "savesets": "name task client type state start_time end_time sesam_day files size stored_size"
    " skipped damage",
    "jobs": "id state kind task client type saveset create_time end_time sesam_day files size"
    " skipped message",
}

Read = Callable[[Location, argparse.Namespace], Iterator[Any]]


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "list", "list clients, tasks, savesets or jobs")
    _define(objects, "clients", lambda location, _: location.clients())
    _define(objects, "tasks", lambda location, _: location.tasks())
    savesets = _define(
        objects,
        "savesets",
        lambda location, wanted: _of_known(
            location.savesets(task=wanted.task, client=wanted.client), location, wanted
        ),
    )
    jobs = _define(
        objects,
        "jobs",
        lambda location, wanted: _of_known(
            location.jobs(states=wanted.state, task=wanted.task, client=wanted.client),
            location,
            wanted,
        ),
    )
    jobs.add_argument(
        "--state", action="append", default=[], choices=JOB_STATES, help="may be repeated"
    )
    for parser in (savesets, jobs):
        parser.add_argument("--task", type=text, default="", help="of this task only")
        parser.add_argument("--client", type=text, default="", help="of this client only")


def _define(objects: Verbs, name: str, read: Read) -> argparse.ArgumentParser:
    parser = objects.add_parser(name, aliases=[name.removesuffix("s")], help=f"list {name}")
    add_json(parser)
    parser.add_argument("--limit", type=_count, metavar="N", help="the first N only")

    def run(location: Location, arguments: argparse.Namespace) -> None:
        records = itertools.islice(read(location, arguments), arguments.limit)
        zone = zone_of(location.identity.time_zone)
        if arguments.json:
            print_json_array(records, zone)
        else:
            print_table(records, _COLUMNS[name].split(), zone)

    parser.set_defaults(run=run)
    return parser


def _of_known(
    records: Iterator[Any], location: Location, wanted: argparse.Namespace
) -> Iterator[Any]:
    """The records. Without any, task and client have to be there: savesets and jobs outlive them.

    Raises:
        SesamError: there is nothing of this task or client, and no such task or client either.
    """
    first = list(itertools.islice(records, 1))
    if not first and wanted.task:
        location.task(wanted.task)
    if not first and wanted.client:
        names = (client.name for client in location.clients(wanted.client))
        if wanted.client not in names:
            raise SesamError("CLIENT_NOT_FOUND", {"client": wanted.client})
    yield from itertools.chain(first, records)


def _count(argument: str) -> int:
    if not (argument.isascii() and argument.isdigit()):
        raise argparse.ArgumentTypeError(f'"{argument}" is no number of rows')
    return int(argument)
