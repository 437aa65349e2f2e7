"""`sm_cmd prove TASK [--saveset SAVESET] [--files N] [--max-bytes N] [--wait]`."""

import argparse

from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import Verbs, add_verb, own_command, text
from server_agent.commands.waiting import usable_end
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs, "prove", "restore samples into a scratch place and compare them; answers the job"
    )
    parser.add_argument(
        "task", type=text, nargs="?", default="", metavar="TASK", help="its newest saveset"
    )
    parser.add_argument("--saveset", type=text, default="", help="this one instead")
    parser.add_argument("--files", type=int, default=0, metavar="N", help="1 to 10000; else 100")
    parser.add_argument(
        "--max-bytes", type=int, default=0, metavar="N", help="of all samples; else 1 GiB"
    )
    parser.add_argument("--wait", action="store_true", help="until the proof has ended")
    parser.set_defaults(run=_prove)


def _prove(location: Location, arguments: argparse.Namespace) -> str:
    if bool(arguments.task) == bool(arguments.saveset):
        raise CommandError("Give the name of a task, or else --saveset SAVESET.")
    job = location.prove(
        arguments.task,
        saveset=arguments.saveset,
        files=arguments.files,
        max_bytes=arguments.max_bytes,
    )
    if arguments.wait:
        usable_end(location, job, own_command(arguments))
    return job.id
