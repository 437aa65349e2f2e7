"""`sm_cmd backup TASK|-G GROUP -l F|D|I|C [-m POOL] [--at TIME] [--drive D] [--wait]`."""

import argparse
from datetime import datetime

from server_agent.commands.answer import CommandError
from server_agent.commands.output import zone_of
from server_agent.commands.parsing import Verbs, add_verb, own_command, text
from server_agent.commands.plan_words import moment
from server_agent.commands.waiting import usable_end
from server_agent.commands.words import TYPE_LETTERS
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "backup",
        "start a backup; answers the job (of a group: the jobs), with --wait the name of its "
        "saveset, with --at the event by which the calendar knows it",
    )
    parser.add_argument("task", type=text, metavar="TASK", nargs="?", default="")
    parser.add_argument(
        "-G", "--group", type=text, default="", help="all tasks of a group instead of a task"
    )
    parser.add_argument(
        "-l",
        "--level",
        required=True,
        choices=TYPE_LETTERS,
        help="F: FULL, D: DIFF, I: INC, C: COPY",
    )
    parser.add_argument(
        "--at", metavar="TIME", help="once, later: 22:00, or 2026-12-24T22:00, in the site's time"
    )
    parser.add_argument(
        "--priority", type=int, default=1, metavar="N", help="1 lowest (usual) to 99; 0 above all"
    )
    parser.add_argument(
        "-m", "--pool", type=text, default="", help="media pool it goes to; else the usual one"
    )
    parser.add_argument("--drive", type=text, default="", help="else any of the pool's group")
    parser.add_argument(
        "--follow-up", type=text, default="", metavar="EVENT", help="started when it ended well"
    )
    parser.add_argument("--wait", action="store_true", help="until the backup has ended")
    parser.set_defaults(run=_backup)


def _backup(location: Location, arguments: argparse.Namespace) -> str:
    if bool(arguments.task) == bool(arguments.group):
        raise CommandError("Give the name of a task, or of a group with -G.")
    if arguments.wait and arguments.at is not None:
        raise CommandError("--wait and --at do not go together: it starts later.")
    start_time = None
    if arguments.at is not None:
        start_time = moment(arguments.at, datetime.now(zone_of(location.identity.time_zone)))
    started = location.order_backup(
        TYPE_LETTERS[arguments.level],
        task=arguments.task,
        group=arguments.group,
        start_time=start_time,
        priority=arguments.priority,
        drive=arguments.drive,
        follow_up=arguments.follow_up,
        pool=arguments.pool,
    )
    if arguments.wait:
        return ",".join(
            usable_end(location, job, own_command(arguments)).saveset for job in started.jobs
        )
    return ",".join(job.id for job in started.jobs) or started.event_id
