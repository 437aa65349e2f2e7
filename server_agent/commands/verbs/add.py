"""`sm_cmd add client|task|schedule|event|group|drive|store|pool NAME ...`."""

import argparse

from server_agent.commands import media_options, plan_options, topology_options
from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import Verbs, add_objects, text
from server_agent.commands.words import split_excludes, split_lists
from sesam_api.loader_records import Loader
from sesam_api.location import Location
from sesam_api.media_records import DataStore, MediaPool
from sesam_api.plan_records import Drive, Event, Schedule, TaskGroup
from sesam_api.records import TaskOptions

# What an interval counts from may be midnight; a backup at midnight has to be asked for.
_INTERVALS = ("FREQ=MINUTELY", "FREQ=HOURLY")


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "add", "add a client, task, part of the plan, or store or pool")

    client = objects.add_parser("client", help="this machine, or one that is reached by SSH")
    client.add_argument("name", type=text, metavar="NAME")
    topology_options.add_client_options(client)
    client.set_defaults(run=_add_client)

    task = objects.add_parser("task", help="named sources of a client")
    task.add_argument("name", type=text, metavar="NAME")
    task.add_argument("-c", "--client", type=text, required=True, help="name of the client")
    topology_options.add_task_options(task)
    task.set_defaults(run=_add_task)

    schedule = objects.add_parser("schedule", help="when something comes round")
    schedule.add_argument("name", type=text, metavar="NAME")
    plan_options.add_schedule_options(schedule)
    schedule.set_defaults(run=_add_schedule)

    event = objects.add_parser("event", help="what a schedule starts")
    event.add_argument("name", type=text, metavar="NAME")
    plan_options.add_event_options(event, required=True)
    event.set_defaults(run=_add_event)

    group = objects.add_parser("group", help="tasks that are started together")
    group.add_argument("name", type=text, metavar="NAME")
    plan_options.add_group_options(group)
    group.set_defaults(run=_add_group)

    drive = objects.add_parser("drive", help="what jobs run on, and how many at once")
    drive.add_argument("name", type=text, metavar="NAME")
    plan_options.add_drive_options(drive)
    drive.set_defaults(run=_add_drive)

    store = objects.add_parser("store", help="a directory that holds media")
    store.add_argument("name", type=text, metavar="NAME")
    media_options.add_store_options(store, required=True)
    store.set_defaults(run=_add_store)

    pool = objects.add_parser("pool", help="media that are used for the same")
    pool.add_argument("name", type=text, metavar="NAME", help="not ending in five digits")
    media_options.add_pool_options(pool)
    pool.set_defaults(run=_add_pool)

    loader = objects.add_parser("loader", help="a device that moves media into drives")
    loader.add_argument("name", type=text, metavar="NAME")
    media_options.add_loader_options(loader, required=True)
    loader.set_defaults(run=_add_loader)


def _add_client(location: Location, arguments: argparse.Namespace) -> str:
    return location.add_client(
        arguments.name,
        arguments.comment or "",
        ssh=topology_options.ssh_of(arguments, None),
        locked=bool(arguments.locked),
    ).name


def _add_task(location: Location, arguments: argparse.Namespace) -> str:
    commands = topology_options.commands_of(arguments) or []
    if not arguments.source and not commands:
        raise CommandError("A task needs something to save: give -s, --command or --shell-command.")
    return location.add_task(
        arguments.name,
        arguments.client,
        split_lists(arguments.source or []),
        split_excludes(arguments.exclude or []),
        arguments.comment or "",
        options=topology_options.options_of(arguments, TaskOptions()),
        commands=commands,
    ).name


def _add_schedule(location: Location, arguments: argparse.Namespace) -> str:
    schedule = plan_options.schedule_of(location, arguments, Schedule(arguments.name))
    if arguments.at is None and not schedule.rule.upper().startswith(_INTERVALS):
        raise CommandError("A schedule needs a time of day. Give it with --at, such as --at 22:00.")
    return location.add_schedule(schedule).name


def _add_event(location: Location, arguments: argparse.Namespace) -> str:
    return location.add_event(plan_options.event_of(arguments, Event(arguments.name, "", ""))).name


def _add_group(location: Location, arguments: argparse.Namespace) -> str:
    return location.add_group(plan_options.group_of(arguments, TaskGroup(arguments.name))).name


def _add_drive(location: Location, arguments: argparse.Namespace) -> str:
    return location.add_drive(plan_options.drive_of(arguments, Drive(arguments.name))).name


def _add_store(location: Location, arguments: argparse.Namespace) -> str:
    store = media_options.store_of(arguments, DataStore(arguments.name, b""))
    return location.add_data_store(store).name


def _add_pool(location: Location, arguments: argparse.Namespace) -> str:
    return location.add_pool(media_options.pool_of(arguments, MediaPool(arguments.name))).name


def _add_loader(location: Location, arguments: argparse.Namespace) -> str:
    loader = media_options.loader_of(arguments, Loader(arguments.name, "virtual", b"", ()))
    return location.add_loader(loader).name
