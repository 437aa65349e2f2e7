"""`sbc_com_interface -t TASK -l F|D|I|C [-m POOL] [-S SERVER]`: one backup, started and waited for.

It answers as `sm_cmd` does, with the name of the saveset (manual, "Command line"). Without -S it
speaks to the agent of this machine. With it, over the network: `SESAM_CREDENTIAL` names the file
that holds the credential, and `SESAM_FINGERPRINT` is the fingerprint of the agent's certificate.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import Parser, text
from server_agent.commands.sm_cmd import Connection, answered, local_agent
from server_agent.commands.waiting import usable_end
from server_agent.commands.words import DEFAULT_PORT, TYPE_LETTERS
from sesam_api.client import connect
from sesam_api.location import Location

SERVER_VARIABLES = ("SESAM_CREDENTIAL", "SESAM_FINGERPRINT")
Remote = Callable[[str], AbstractContextManager[Location]]


def main(argv: list[str] | None = None) -> int:
    """The exit status."""
    return run(sys.argv[1:] if argv is None else argv, local_agent, remote_agent)


def run(argv: list[str], connection: Connection, remote: Remote) -> int:
    """The exit status.

    Args:
        connection: gives the location for what stands behind --root.
        remote: gives the location for what stands behind -S.
    """

    def act() -> str:
        arguments = make_parser().parse_args(argv)
        server = arguments.server
        here = connection(getattr(arguments, "root", None)) if server is None else remote(server)
        with here as location:
            return _backup(location, arguments)

    return answered("sbc_com_interface", act)


def make_parser() -> Parser:
    parser = Parser(
        prog="sbc_com_interface",
        description="Starts one backup, waits for its end, and answers its saveset.",
        epilog="With -S, SESAM_CREDENTIAL names the file with the credential, and "
        "SESAM_FINGERPRINT is the fingerprint of the server.",
    )
    parser.add_argument("-t", "--task", type=text, required=True, help="name of the task")
    parser.add_argument(
        "-l",
        "--level",
        required=True,
        choices=TYPE_LETTERS,
        help="F: FULL, D: DIFF, I: INC, C: COPY",
    )
    parser.add_argument(
        "-m",
        "--media-pool",
        type=text,
        default="",
        metavar="POOL",
        help="it goes to; else the usual one",
    )
    parser.add_argument(
        "-S", "--server", metavar="HOST[:PORT]", help="another machine's agent; else this one's"
    )
    return parser


def _backup(location: Location, arguments: argparse.Namespace) -> str:
    started = location.order_backup(
        TYPE_LETTERS[arguments.level], task=arguments.task, pool=arguments.media_pool
    )
    [job] = started.jobs
    return usable_end(location, job, "sm_cmd").saveset


@contextlib.contextmanager
def remote_agent(server: str) -> Iterator[Location]:
    """The location of an agent on another machine.

    Raises:
        CommandError: what it needs to let us in is not in the environment.
    """
    credential, fingerprint = _access(os.environ, server)
    with connect(address_of(server), token=credential, fingerprint=fingerprint) as location:
        yield location


def _access(environment: Mapping[str, str], server: str) -> tuple[str, str]:
    missing = [name for name in SERVER_VARIABLES if not environment.get(name)]
    if missing:
        raise CommandError(
            f"{server} lets nobody in without a credential. Set {' and '.join(missing)}: the file "
            "that holds the credential, and the fingerprint that the agent prints at its start."
        )
    file = Path(environment["SESAM_CREDENTIAL"])
    try:
        credential = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise CommandError(f"The credential in {file} cannot be read: {error}.") from error
    if not credential.startswith("sesam_"):
        raise CommandError(f"{file} holds no credential: it would begin with sesam_.")
    return credential, environment["SESAM_FINGERPRINT"]


def address_of(server: str) -> str:
    """The address as host:port."""
    host, colon, port = server.rpartition(":")
    has_port = bool(colon) and port.isdigit() and (":" not in host or host.endswith("]"))
    return server if has_port else f"{server}:{DEFAULT_PORT}"
