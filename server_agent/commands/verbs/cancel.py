"""`sm_cmd cancel JOB` and `sm_cmd cancel --event EVENT [--at TIME]`."""

import argparse
from datetime import datetime

from server_agent.commands.answer import CommandError
from server_agent.commands.output import zone_of
from server_agent.commands.parsing import Verbs, add_verb, text
from server_agent.commands.plan_words import moment
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "cancel",
        "stop a queued or running job, which leaves no saveset; or take back what is planned",
    )
    parser.add_argument("job", type=text, metavar="JOB", nargs="?", default="")
    parser.add_argument(
        "--event",
        type=text,
        default="",
        help="instead of a job: its coming start is not made; an event by its name, a backup that "
        "was ordered with --at by what `backup` answered",
    )
    parser.add_argument(
        "--at", metavar="TIME", help="not the coming start, but the one planned for then"
    )
    parser.set_defaults(run=_cancel)


def _cancel(location: Location, arguments: argparse.Namespace) -> str:
    if bool(arguments.job) == bool(arguments.event):
        raise CommandError("Give a job, or an event with --event.")
    if arguments.job:
        if arguments.at is not None:
            raise CommandError("--at goes with --event only: a job has begun.")
        return location.cancel(arguments.job).id
    zone = zone_of(location.identity.time_zone)
    named = {event.name: event.id for event in location.events(arguments.event)}
    if arguments.event not in named and not arguments.event.isdecimal():
        location.event(arguments.event)  # says that there is none
    planned_time = None
    if arguments.at is not None:
        planned_time = moment(arguments.at, datetime.now(zone))
    taken_back = location.cancel_occurrence(
        named.get(arguments.event, arguments.event), planned_time
    )
    return taken_back.astimezone(zone).isoformat()
