"""`sm_setup set_reboot|unset_reboot`: whether the agent starts with the machine.

Source: the manual, "Start and stop".
"""

import argparse
import getpass
import os
import sys
from datetime import datetime
from pathlib import Path

from server_agent.commands.answer import CommandError
from server_agent.commands.boot import Boot
from server_agent.commands.parsing import Parser, add_verb, directory
from server_agent.commands.programs import ran, say
from server_agent.installation import Installation


def main(argv: list[str] | None = None) -> int:
    """The exit status."""
    return ran("sm_setup", make_parser(), sys.argv[1:] if argv is None else argv)


def make_parser() -> Parser:
    parser = Parser(prog="sm_setup", description="Sets up how the agent is started.")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    on = add_verb(verbs, "set_reboot", "start the agent with the machine")
    on.add_argument("--user", help="that runs the agent; default this user")
    on.add_argument(
        "--print", action="store_true", dest="only_print", help="print the unit, change nothing"
    )
    on.set_defaults(run=_set)
    off = add_verb(verbs, "unset_reboot", "do not start the agent with the machine")
    off.set_defaults(run=_unset)
    documents = add_verb(verbs, "documents", "write man pages, and completion for bash and zsh")
    documents.add_argument(
        "--to",
        type=directory,
        metavar="DIR",
        help="default /usr/local/share for root, else ~/.local/share",
    )
    documents.set_defaults(run=_documents, needs_installation=False)
    return parser


def _set(installation: Installation, arguments: argparse.Namespace) -> int:
    boot = Boot(installation)
    user = arguments.user or getpass.getuser()
    if arguments.only_print:
        print(boot.text(user), end="")
        return 0
    boot.set(user)
    say(f"{installation.name} starts with the machine, by {boot.unit}")
    return 0


def _unset(installation: Installation, _arguments: argparse.Namespace) -> int:
    boot = Boot(installation)
    boot.unset()
    say(f"{installation.name} does not start with the machine")
    return 0


def _documents(_installation: Installation | None, arguments: argparse.Namespace) -> int:
    # It knows this program, too.
    from server_agent.commands.documents import write_documents

    usual = Path("/usr/local/share") if os.geteuid() == 0 else Path.home() / ".local/share"
    share = usual if arguments.to is None else Path(arguments.to)
    try:
        written = write_documents(share, datetime.now().astimezone().date())
    except OSError as error:
        raise CommandError(
            f"{error.filename or share} cannot be written: {error.strerror}. Name another "
            "directory with --to DIR, or call this as root"
        ) from error
    say(f"{len(written)} files written below {share}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
