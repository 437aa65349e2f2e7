"""`sm_cmd modify client|task|schedule|event|group|drive|store|pool|medium|loader|saveset NAME
...`.

What is not given stays as it is.
"""

import argparse

from server_agent.commands import media_options, plan_options, topology_options
from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import Verbs, add_objects, text
from server_agent.commands.plan_words import day
from server_agent.commands.words import split_excludes, split_lists
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "modify", "change what is given of one thing")
    client = objects.add_parser("client", help="change what is given")
    client.add_argument("name", type=text, metavar="NAME")
    topology_options.add_client_options(client)
    client.set_defaults(run=_modify_client)

    task = objects.add_parser(
        "task", help='change what is given; -s "", -x "" and --command "" remove all of them'
    )
    task.add_argument("name", type=text, metavar="NAME")
    topology_options.add_task_options(task)
    task.set_defaults(run=_modify_task)

    schedule = objects.add_parser(
        "schedule", help='change what is given; --to "", --window "", --until "" take them away'
    )
    schedule.add_argument("name", type=text, metavar="NAME")
    plan_options.add_schedule_options(schedule)
    schedule.set_defaults(run=_modify_schedule)

    event = objects.add_parser("event", help="change what is given; its kind stays")
    event.add_argument("name", type=text, metavar="NAME")
    plan_options.add_event_options(event, required=False)
    event.set_defaults(run=_modify_event)

    group = objects.add_parser("group", help="change what is given")
    group.add_argument("name", type=text, metavar="NAME")
    plan_options.add_group_options(group)
    group.set_defaults(run=_modify_group)

    drive = objects.add_parser("drive", help="change what is given")
    drive.add_argument("name", type=text, metavar="NAME")
    plan_options.add_drive_options(drive)
    drive.set_defaults(run=_modify_drive)
    _define_media(objects)


def _define_media(objects: Verbs) -> None:
    store = objects.add_parser("store", help="change what is given; a new path bears its label")
    store.add_argument("name", type=text, metavar="NAME")
    media_options.add_store_options(store, required=False)
    store.set_defaults(run=_modify_store)

    pool = objects.add_parser("pool", help="change what is given; what is saved keeps its EOL")
    pool.add_argument("name", type=text, metavar="NAME")
    media_options.add_pool_options(pool)
    pool.set_defaults(run=_modify_pool)

    medium = objects.add_parser("medium", help="change what is given")
    medium.add_argument("name", type=text, metavar="LABEL")
    media_options.add_medium_options(medium)
    medium.set_defaults(run=_modify_medium)

    loader = objects.add_parser("loader", help="change what is given; it is looked into then")
    loader.add_argument("name", type=text, metavar="NAME")
    media_options.add_loader_options(loader, required=False)
    loader.set_defaults(run=_modify_loader)

    saveset = objects.add_parser("saveset", help="change its EOL")
    saveset.add_argument("name", type=text, metavar="NAME")
    saveset.add_argument(
        "--eol", type=day, required=True, metavar="DATE", help="the last sesam day it is kept on"
    )
    saveset.set_defaults(run=_modify_saveset)


def _modify_client(location: Location, arguments: argparse.Namespace) -> str:
    before = location.client(arguments.name)
    ssh = topology_options.ssh_of(arguments, before.ssh)
    if arguments.comment is None and arguments.locked is None and ssh == before.ssh:
        raise CommandError(
            "There is nothing to change. Give at least one of --comment, --locked, --ssh, --local."
        )
    return location.modify_client(
        arguments.name,
        arguments.comment,
        ssh=ssh,
        local=bool(arguments.local),
        locked=arguments.locked,
    ).name


def _modify_task(location: Location, arguments: argparse.Namespace) -> str:
    options = topology_options.options_of(arguments, location.task(arguments.name).options)
    commands = topology_options.commands_of(arguments)
    given = (arguments.source, arguments.exclude, arguments.comment, options, commands)
    if all(value is None for value in given):
        raise CommandError(
            "There is nothing to change. Give at least one of -s, -x, --comment, or another option."
        )
    return location.modify_task(
        arguments.name,
        sources=None if arguments.source is None else split_lists(arguments.source),
        excludes=None if arguments.exclude is None else split_excludes(arguments.exclude),
        comment=arguments.comment,
        options=options,
        commands=commands,
    ).name


def _modify_schedule(location: Location, arguments: argparse.Namespace) -> str:
    before = location.schedule(arguments.name)
    after = plan_options.schedule_of(location, arguments, before)
    _check_changed(before, after)
    return location.modify_schedule(after).name


def _modify_event(location: Location, arguments: argparse.Namespace) -> str:
    before = location.event(arguments.name)
    after = plan_options.event_of(arguments, before)
    _check_changed(before, after)
    return location.modify_event(after).name


def _modify_group(location: Location, arguments: argparse.Namespace) -> str:
    before = location.group(arguments.name)
    after = plan_options.group_of(arguments, before)
    _check_changed(before, after)
    return location.modify_group(after).name


def _modify_drive(location: Location, arguments: argparse.Namespace) -> str:
    before = location.drive(arguments.name)
    after = plan_options.drive_of(arguments, before)
    _check_changed(before, after)
    return location.modify_drive(after).name


def _modify_store(location: Location, arguments: argparse.Namespace) -> str:
    before = location.data_store(arguments.name)
    after = media_options.store_of(arguments, before)
    _check_changed(before, after)
    return location.modify_data_store(after).name


def _modify_loader(location: Location, arguments: argparse.Namespace) -> str:
    before = location.loader(arguments.name)
    after = media_options.loader_of(arguments, before)
    _check_changed(before, after)
    return location.modify_loader(after).name


def _modify_pool(location: Location, arguments: argparse.Namespace) -> str:
    before = location.pool(arguments.name)
    after = media_options.pool_of(arguments, before)
    _check_changed(before, after)
    return location.modify_pool(after).name


def _modify_medium(location: Location, arguments: argparse.Namespace) -> str:
    before = location.medium(arguments.name)
    after = media_options.medium_of(arguments, before)
    _check_changed(before, after)
    return location.modify_medium(after).label


def _modify_saveset(location: Location, arguments: argparse.Namespace) -> str:
    if arguments.eol is None:
        raise CommandError("--eol needs a date such as 2030-12-31.")
    return location.set_eol(arguments.name, arguments.eol).name


def _check_changed(before: object, after: object) -> None:
    if before == after:
        raise CommandError("There is nothing to change. Give an option with another value.")
