"""`sm_cmd restore -s SAVESET [-f PATH ...] --target DIR [--wait]`."""

import argparse

from server_agent.commands.parsing import Verbs, add_verb, own_command, path, text
from server_agent.commands.waiting import usable_end
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "restore", "restore a saveset or chosen paths; answers the job")
    parser.add_argument("-s", "--saveset", type=text, required=True, metavar="SAVESET")
    parser.add_argument(
        "-f",
        "--file",
        nargs="+",
        action="extend",
        type=path,
        metavar="PATH",
        help="full path out of the listing, a directory with all it holds; without: everything",
    )
    parser.add_argument("--target", required=True, metavar="DIR", help="absolute path")
    parser.add_argument("--wait", action="store_true", help="until the restore has ended")
    parser.set_defaults(run=_restore)


def _restore(location: Location, arguments: argparse.Namespace) -> str:
    job = location.restore(arguments.saveset, arguments.target, arguments.file)
    if arguments.wait:
        usable_end(location, job, own_command(arguments))
    return job.id
