"""`sm_cmd cancel JOB`."""

import argparse

from server_agent.commands.parsing import Verbs, add_verb, text
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "cancel", "stop a queued or running job; it leaves no saveset")
    parser.add_argument("job", type=text, metavar="JOB")
    parser.set_defaults(run=_cancel)


def _cancel(location: Location, arguments: argparse.Namespace) -> str:
    return location.cancel(arguments.job).id
