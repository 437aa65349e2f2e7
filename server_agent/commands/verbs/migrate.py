"""`sm_cmd migrate SAVESET...|--from POOL --to POOL [--move] [--drive D] [--wait]`."""

import argparse

from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import Verbs, add_verb, own_command, text
from server_agent.commands.waiting import usable_end
from sesam_api.location import Location


def define(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "migrate",
        "copy savesets, with what they build on, to another media pool; answers the job",
    )
    parser.add_argument("savesets", type=text, metavar="SAVESET", nargs="*")
    parser.add_argument(
        "--from",
        dest="source_pool",
        type=text,
        default="",
        metavar="POOL",
        help="all savesets of this pool that have no copy in the other one",
    )
    parser.add_argument(
        "--to", dest="pool", type=text, required=True, metavar="POOL", help="the pool to copy to"
    )
    parser.add_argument(
        "--move",
        action="store_true",
        help="give them up where they were, when the copies were compared with their digests",
    )
    parser.add_argument("--drive", type=text, default="", help="else any of the pool's group")
    parser.add_argument("--wait", action="store_true", help="until the migration has ended")
    parser.set_defaults(run=_migrate)


def _migrate(location: Location, arguments: argparse.Namespace) -> str:
    if bool(arguments.savesets) == bool(arguments.source_pool):
        raise CommandError("Give the names of savesets, or a pool with --from.")
    job = location.migrate(
        arguments.pool,
        arguments.savesets,
        source_pool=arguments.source_pool,
        move=arguments.move,
        drive=arguments.drive,
    )
    if arguments.wait:
        usable_end(location, job, own_command(arguments))
    return job.id
