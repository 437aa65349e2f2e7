"""`sm_cmd verify SAVESET [--whole-chain] [--quick] [--wait]`."""

import argparse

from server_agent.commands.parsing import Verbs, add_verb, own_command, text
from server_agent.commands.waiting import usable_end
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs, "verify", "compare a saveset with its digests; answers the job, an error if it fails"
    )
    parser.add_argument("saveset", type=text, metavar="SAVESET")
    parser.add_argument("--whole-chain", action="store_true", help="also all that it builds on")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="only sizes, description, listing, and a few pieces of the data",
    )
    parser.add_argument("--wait", action="store_true", help="until the comparison has ended")
    parser.set_defaults(run=_verify)


def _verify(location: Location, arguments: argparse.Namespace) -> str:
    job = location.verify(
        arguments.saveset, whole_chain=arguments.whole_chain, quick=arguments.quick
    )
    if arguments.wait:
        usable_end(location, job, own_command(arguments))
    return job.id
