"""`sm_cmd remove client|task NAME`."""

import argparse

from server_agent.commands.parsing import Verbs, add_objects, text
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "remove", "remove a client or a task")

    client = objects.add_parser("client", help="a client that has no tasks")
    client.add_argument("name", type=text, metavar="NAME")
    client.set_defaults(run=_remove_client)

    task = objects.add_parser("task", help="a task without open jobs; its savesets stay")
    task.add_argument("name", type=text, metavar="NAME")
    task.set_defaults(run=_remove_task)


def _remove_client(location: Location, arguments: argparse.Namespace) -> str:
    location.remove_client(arguments.name)
    return str(arguments.name)


def _remove_task(location: Location, arguments: argparse.Namespace) -> str:
    location.remove_task(arguments.name)
    return str(arguments.name)
