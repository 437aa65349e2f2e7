"""`sm_cmd backup TASK -l F|I [--wait]`."""

import argparse

from server_agent.commands.parsing import Verbs, add_verb, own_command, text
from server_agent.commands.waiting import usable_end
from server_agent.commands.words import TYPE_LETTERS
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs, "backup", "start a backup; answers the job, with --wait the name of its saveset"
    )
    parser.add_argument("task", type=text, metavar="TASK")
    parser.add_argument(
        "-l", "--level", required=True, choices=TYPE_LETTERS, help="F: FULL, I: INC"
    )
    parser.add_argument("--wait", action="store_true", help="until the backup has ended")
    parser.set_defaults(run=_backup)


def _backup(location: Location, arguments: argparse.Namespace) -> str:
    job = location.start_backup(arguments.task, TYPE_LETTERS[arguments.level])
    return usable_end(location, job, own_command(arguments)).saveset if arguments.wait else job.id
