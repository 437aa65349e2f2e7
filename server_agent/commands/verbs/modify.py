"""`sm_cmd modify client|task|schedule|event|group|drive NAME ...`.

What is not given stays as it is.
"""

import argparse

from server_agent.commands import plan_options
from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import Verbs, add_objects, add_task_options, text
from server_agent.commands.words import split_lists
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "modify", "change a client, task, schedule, event, group or drive")
    client = objects.add_parser("client", help="change its comment")
    client.add_argument("name", type=text, metavar="NAME")
    client.add_argument("--comment", type=text, required=True, help="for people")
    client.set_defaults(run=_modify_client)

    task = objects.add_parser("task", help='change what is given; -x "" removes all excludes')
    task.add_argument("name", type=text, metavar="NAME")
    add_task_options(task, required=False)
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


def _modify_client(location: Location, arguments: argparse.Namespace) -> str:
    return location.modify_client(arguments.name, arguments.comment).name


def _modify_task(location: Location, arguments: argparse.Namespace) -> str:
    given = (arguments.source, arguments.exclude, arguments.comment)
    if all(value is None for value in given):
        raise CommandError("There is nothing to change. Give at least one of -s, -x, --comment.")
    return location.modify_task(
        arguments.name,
        sources=None if arguments.source is None else split_lists(arguments.source),
        excludes=None if arguments.exclude is None else split_lists(arguments.exclude),
        comment=arguments.comment,
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


def _check_changed(before: object, after: object) -> None:
    if before == after:
        raise CommandError("There is nothing to change. Give an option with another value.")
