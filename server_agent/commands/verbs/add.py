"""`sm_cmd add client NAME`, `sm_cmd add task NAME -c CLIENT -s SOURCE[,SOURCE] [-x EXCLUDE]`."""

import argparse

from server_agent.commands.parsing import Verbs, add_objects, add_task_options, text
from server_agent.commands.words import split_lists
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    objects = add_objects(verbs, "add", "add a client or a task")

    client = objects.add_parser("client", help="the machine on which the agent runs")
    client.add_argument("name", type=text, metavar="NAME")
    client.add_argument("--comment", type=text, default="", help="for people")
    client.set_defaults(run=_add_client)

    task = objects.add_parser("task", help="named sources of a client")
    task.add_argument("name", type=text, metavar="NAME")
    task.add_argument("-c", "--client", type=text, required=True, help="name of the client")
    add_task_options(task, required=True)
    task.set_defaults(run=_add_task)


def _add_client(location: Location, arguments: argparse.Namespace) -> str:
    return location.add_client(arguments.name, arguments.comment).name


def _add_task(location: Location, arguments: argparse.Namespace) -> str:
    return location.add_task(
        arguments.name,
        arguments.client,
        split_lists(arguments.source),
        split_lists(arguments.exclude or []),
        arguments.comment or "",
    ).name
