"""`sm_cmd`: everything that can be done with one location, from the command line.

An action answers one line, `STATUS=SUCCESS MSG="..."` or `STATUS=ERROR MSG="..."`, and ends with 0
or 1. Lists answer their rows; what fails answers the error line, too, and so does what Ctrl-C ends.
"""

import contextlib
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from server_agent.commands.answer import CommandError, failure, success
from server_agent.commands.output import write_utf8
from server_agent.commands.parsing import Parser, UsageError
from server_agent.commands.verbs import (
    add,
    answer,
    backup,
    browse,
    cancel,
    cat,
    check,
    compare,
    delete,
    find,
    history,
    lists,
    loader,
    ls,
    migrate,
    modify,
    prove,
    remove,
    requests,
    restore,
    retention,
    show,
    test_excludes,
    verify,
    versions,
)
from server_agent.ini_files import InstallationError
from server_agent.installation import Installation, find_installation, socket_address
from sesam_api.client import connect
from sesam_api.errors import SesamError, Unreachable
from sesam_api.location import Location

EXIT_FAILED = 1
INTERRUPTED = (
    "Stopped by Ctrl-C before the answer was there. A change may have been made all the same: "
    "look before you repeat it."
)

Connection = Callable[[str | None], AbstractContextManager[Location]]


def main(argv: list[str] | None = None) -> int:
    """The exit status."""
    return run(sys.argv[1:] if argv is None else argv, local_agent)


def run(argv: list[str], connection: Connection) -> int:
    """The exit status. `connection` gives the location for what stands behind --root."""

    def act() -> str | None:
        arguments = make_parser().parse_args(argv)
        with connection(getattr(arguments, "root", None)) as location:
            message: str | None = arguments.run(location, arguments)
            return message

    return answered("sm_cmd", act)


def answered(program: str, act: Callable[[], str | None]) -> int:
    """Says what became of an action; returns the exit status.

    Args:
        program: named when the answer cannot be written.
        act: returns the message of its answer, None if it has printed itself.
    """
    write_utf8()
    try:
        status = _answered(act)
        if sys.stdout is not None:  # it is None when the caller closed it
            sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # else the reader has seen enough
            print(f"{program}: standard output: {error.strerror}", file=sys.stderr)
        # What is left in the buffer goes nowhere, instead of failing again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    return status


def _answered(act: Callable[[], str | None]) -> int:
    """The exit status. Raises OSError when the answer cannot be written."""
    try:
        message = act()
    except UsageError as error:
        print(error.usage, end="", file=sys.stderr)
        print(failure(str(error)))
    except (CommandError, InstallationError, SesamError) as error:
        print(failure(str(error)))
    except KeyboardInterrupt:
        print(failure(INTERRUPTED))
    else:
        if message is not None:
            print(success(message))
        return 0
    return EXIT_FAILED


def make_parser() -> Parser:
    parser = Parser(prog="sm_cmd", description="Administers one location from the command line.")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    looking = (
        lists,
        show,
        ls,
        cat,
        browse,
        test_excludes,
        find,
        versions,
        compare,
        retention,
        history,
        requests,
    )
    for verb in (
        add,
        modify,
        remove,
        *looking,
        backup,
        restore,
        verify,
        prove,
        migrate,
        cancel,
        answer,
        loader,
        delete,
        check,
    ):
        verb.define(verbs)
    return parser


@contextlib.contextmanager
def local_agent(root: str | None) -> Iterator[Location]:
    """The location whose agent runs on this machine, over its Unix socket.

    Raises:
        InstallationError: there is no installation.
        CommandError: its agent does not run.
    """
    installation = find_installation(None if root is None else Path(root), os.environ)
    with agent_of(installation) as location:
        yield location


@contextlib.contextmanager
def agent_of(installation: Installation) -> Iterator[Location]:
    """Its location. Raises CommandError: the agent does not run."""
    try:
        with (
            socket_address(installation) as address,
            connect(unix=address) as location,
        ):
            yield location
    except Unreachable as error:
        if error.step != "socket":
            raise
        place = installation.anchor.parent
        raise CommandError(
            f"The agent of {installation.name} does not run ({place}). "
            f"Start it with: sesam-agent --root {shlex.quote(str(place))} serve"
        ) from error
