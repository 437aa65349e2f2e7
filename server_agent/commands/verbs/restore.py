"""`sm_cmd restore -s SAVESET [-f PATH ...] --target DIR [--client NAME] [--overwrite RULE]
[--dry-run] [--no-interfaces] [--wait]`."""

import argparse
import sys

from server_agent.commands.parsing import Verbs, add_verb, own_command, path, text
from server_agent.commands.waiting import usable_end
from server_agent.commands.words import OVERWRITE_RULES
from sesam_api.location import Location

_EXAMPLE = """\
example: what would come back of one directory, and then only what is not there
  sm_cmd restore -s SAVESET -f /srv/data/letters --target / --overwrite never --dry-run --wait
  sm_cmd restore -s SAVESET -f /srv/data/letters --target / --overwrite never --wait
"""


def define(verbs: Verbs) -> None:
    parser = add_verb(verbs, "restore", "restore a saveset or chosen paths; answers the job")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXAMPLE
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
    parser.add_argument(
        "--client",
        type=text,
        default="",
        metavar="NAME",
        help="whose directory the target is; without: the client whose files they were",
    )
    parser.add_argument(
        "--overwrite",
        choices=OVERWRITE_RULES,
        default="always",
        help="files that are there are replaced always (the default), never, or if they are older"
        " than the saved ones; or the restored ones get names with .restored behind",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="restore nothing; the protocol says what would be"
    )
    parser.add_argument(
        "--no-interfaces", action="store_true", help="do not run sbc_pre and sbc_post"
    )
    parser.add_argument("--wait", action="store_true", help="until the restore has ended")
    parser.set_defaults(run=_restore)


def _restore(location: Location, arguments: argparse.Namespace) -> str:
    job = location.restore(
        arguments.saveset,
        arguments.target,
        arguments.file,
        overwrite=OVERWRITE_RULES[arguments.overwrite],
        dry_run=arguments.dry_run,
        client=arguments.client,
        without_interfaces=arguments.no_interfaces,
    )
    if arguments.wait:
        command = own_command(arguments)
        ended = usable_end(location, job, command)
        if ended.state == "ok" and ended.message:  # a warning is said there
            print(ended.message, file=sys.stderr)
        if ended.dry_run:
            print(f"Each entry: {command} show protocol {job.id}", file=sys.stderr)
    return job.id
