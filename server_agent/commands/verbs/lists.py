"""`sm_cmd list clients|tasks|savesets|jobs|schedules|events|groups|drives|stores|pools|media
|interfaces|logs|calendar [--json] [--limit N]`."""

import argparse
import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Any

from server_agent.commands.answer import CommandError
from server_agent.commands.output import print_json_array, print_table, zone_of
from server_agent.commands.parsing import Verbs, add_json, add_limit, add_objects, text
from server_agent.commands.plan_words import day
from sesam_api.location import Location
from sesam_api.plan_records import Occurrence

JOB_STATES = ("queued", "active", "ok", "warning", "error", "broken", "cancelled")
_COLUMNS = {
    "clients": "name access comment locked",
    "tasks": "name client sources excludes comment last_proof_time commands",
    "savesets": "name task client type state start_time end_time sesam_day files size stored_size"
    " skipped damage label pool eol verify_time proof_time encrypted",
    "jobs": "id state kind task client type saveset create_time end_time sesam_day files size"
    " skipped message pool label overwrite dry_run target_client",
    "schedules": "name active rule dates offset_days start_time until_time start_date end_date"
    " window next_time comment",
    "events": "name active schedule kind task group type drive program priority blocking follow_up"
    " next_time idle_cause comment pool",
    "groups": "name tasks comment",
    "drives": "name streams active comment group data_store",
    "stores": "name path capacity free stored_size high_water_mark fault comment immutable"
    " removable",
    "pools": "name drive_group retention comment encrypted key_id spare_pool",
    "loaders": "name kind device data_stores tape_devices comment",
    "media": "label pool data_store savesets stored_size newest_sesam_day eol write_protected"
    " init_time comment",
    "interfaces": "name state start_time end_time outcome exit_status job task module text fault"
    " path template",
    "logs": "kind name sesam_day size cut",
    "calendar": "planned_time sesam_day state kind event task client type priority job_id"
    " started_late cause by text event_id end_time",
}

_WEEK = timedelta(days=7)
_BEFORE = timedelta(days=2)
_BEHIND = timedelta(days=32)  # the longest sesam day, and one more

Read = Callable[[Location, argparse.Namespace], Iterator[Any]]


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "list", "list clients, tasks, savesets, jobs, or the plan")
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
    _define(objects, "schedules", lambda location, _: location.schedules())
    _define(objects, "events", lambda location, _: location.events())
    _define(objects, "groups", lambda location, _: location.groups())
    _define(objects, "drives", lambda location, _: location.drives())
    _define(objects, "stores", lambda location, _: location.data_stores())
    _define(objects, "pools", lambda location, _: location.pools())
    _define(objects, "media", lambda location, _: location.media())
    _define(objects, "loaders", lambda location, _: location.loaders())
    _define(objects, "interfaces", lambda location, _: iter(location.interfaces()))
    _define(objects, "logs", lambda location, _: location.logs())
    calendar = _define(objects, "calendar", _calendar)
    calendar.add_argument(
        "--from", dest="first", type=day, metavar="D", help="first sesam day; else the open one"
    )
    calendar.add_argument(
        "--to", dest="last", type=day, metavar="D", help="last sesam day; else a week later"
    )
    calendar.add_argument("--task", type=text, default="", help="of this task only")
    jobs.add_argument(
        "--state", action="append", default=[], choices=JOB_STATES, help="may be repeated"
    )
    for parser in (savesets, jobs):
        parser.add_argument("--task", type=text, default="", help="of this task only")
        parser.add_argument("--client", type=text, default="", help="of this client only")


def _define(objects: Verbs, name: str, read: Read) -> argparse.ArgumentParser:
    singular = ["medium"] if name == "media" else [name.removesuffix("s")] * name.endswith("s")
    parser = objects.add_parser(name, aliases=singular, help=f"list {name}")
    add_json(parser)
    add_limit(parser)

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
        location.client(wanted.client)
    yield from itertools.chain(first, records)


def _calendar(location: Location, wanted: argparse.Namespace) -> Iterator[Occurrence]:
    """What belongs to the sesam days that are asked for."""
    first = wanted.first or location.sesam_day()
    last = wanted.last or first + _WEEK
    if last < first:
        raise CommandError(
            f"--to {last} is before {first}. Give a day behind it, or another --from."
        )
    zone = zone_of(location.identity.time_zone)
    # What ran late belongs to a later day than it was planned for, what a day ends with to an
    # earlier one.
    begin = datetime.combine(first - _BEFORE, time(), zone)
    end = datetime.combine(last + _BEHIND, time(), zone)
    days = (first.isoformat(), last.isoformat())
    for occurrence in location.calendar(begin, end, task=wanted.task):
        if days[0] <= occurrence.sesam_day <= days[1]:
            yield occurrence
        elif occurrence.state == "planned" and occurrence.sesam_day > days[1]:
            return
