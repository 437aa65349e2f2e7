"""`sm_cmd modify task NAME ...`: what is not given stays as it is."""

import argparse

from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import Verbs, add_objects, add_task_options, text
from server_agent.commands.words import split_lists
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "modify", "change a task")
    task = objects.add_parser("task", help='change what is given; -x "" removes all excludes')
    task.add_argument("name", type=text, metavar="NAME")
    add_task_options(task, required=False)
    task.set_defaults(run=_modify_task)


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
