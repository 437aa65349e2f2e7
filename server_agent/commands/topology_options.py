"""What `add` and `modify` have in common for clients and tasks: the options, and what they make."""

import argparse
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from server_agent.commands.answer import CommandError
from server_agent.commands.parsing import given, text
from sesam_api.command_records import CommandSource, command_line, shell_command
from sesam_api.records import Ssh, TaskOptions

_COMMANDS = (
    (
        "--command",
        command_line,
        "a program on the client whose output is saved as NAME, without a shell; may be repeated",
    ),
    (
        "--shell-command",
        shell_command,
        "the same with a line for bash, such as 'db.sql.gz=pg_dump shop | gzip'",
    ),
)
_SWITCHES = (
    ("--skip-cache-directories", "leave out what lies beside a CACHEDIR.TAG"),
    ("--skip-nodump", 'leave out files with the attribute "no dump" (chattr +d)'),
    ("--one-file-system", "stay in the file system of each source"),
    ("--without-interfaces", "do not run sbc_pre and sbc_post"),
    ("--backup-even-if-pre-fails", "back up even if sbc_pre fails"),
)


def add_client_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ssh",
        type=text,
        metavar="HOST",
        help="reached by SSH, without an agent there; else it is this machine",
    )
    parser.add_argument("--local", action="store_true", help="it is this machine")
    parser.add_argument("--port", type=int, metavar="N", help="of SSH; else 22")
    parser.add_argument("--user", type=text, metavar="NAME", help="of SSH; else root")
    parser.add_argument("--key", type=text, metavar="FILE", help="private key, on this machine")
    parser.add_argument(
        "--host-key",
        type=text,
        metavar="KEY",
        help='its public key as ssh-keyscan prints it, or its fingerprint "SHA256:..."',
    )
    parser.add_argument(
        "--alive",
        type=int,
        metavar="SECONDS",
        help="how often it has to give a sign of life; else 15; 0 is never",
    )
    parser.add_argument(
        "--locked",
        action=argparse.BooleanOptionalAction,
        help="it is not backed up; restores work",
    )
    parser.add_argument("--comment", type=text, help="for people")


def ssh_of(arguments: argparse.Namespace, before: Ssh | None) -> Ssh | None:
    """The login with what is given; None if there is none.

    Raises:
        CommandError: something of it is missing, or the client is said to be local too.
    """
    changes = given(
        host=arguments.ssh,
        port=arguments.port,
        user=arguments.user,
        key_file=arguments.key,
        host_key=arguments.host_key,
        alive_seconds=arguments.alive,
    )
    if arguments.local:
        if changes:
            raise CommandError("A client is either --local or reached by SSH: leave out the one.")
        return None
    if not changes or before is not None:
        return None if before is None else replace(before, **changes)
    for option, name in (("--ssh", "host"), ("--key", "key_file"), ("--host-key", "host_key")):
        if name not in changes:
            raise CommandError(f"A client that is reached by SSH needs {option}.")
    return Ssh(**changes)


def add_task_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-s",
        "--source",
        action="append",
        metavar="SOURCE[,SOURCE]",
        help=r"absolute paths; a comma in a path is written \,",
    )
    _add_command_options(parser)
    parser.add_argument(
        "-x",
        "--exclude",
        action="append",
        type=text,
        metavar="EXCLUDE[,EXCLUDE]",
        help="patterns of what is left out: *.tmp anywhere, ./cache below the source; "
        r"? stands for any byte, also for one that is no text; a comma in one is written \,",
    )
    parser.add_argument("--comment", type=text, help="for people")
    parser.add_argument(
        "--exclude-kind",
        choices=("pattern", "regex"),
        help="what the excludes are: patterns as usual, or expressions searched for in the path",
    )
    parser.add_argument(
        "--exclude-file",
        metavar="PATH",
        help='a file on the client with one more exclude on each line; "" is none',
    )
    parser.add_argument(
        "--time-reference",
        choices=("database", "time-stamp-file", "archive-bit"),
        help="what tells which files have changed since the base",
    )
    for option, what in _SWITCHES:
        parser.add_argument(option, action=argparse.BooleanOptionalAction, help=what)
    parser.add_argument(
        "--accept-size-change",
        action="append",
        type=text,
        metavar="REGEX",
        help='a file with it in its path may change its size while it is read; "" removes all',
    )


def commands_of(arguments: argparse.Namespace) -> list[CommandSource] | None:
    """The commands that are given; None if none are, and no command at all for an empty text."""
    given_ones: list[CommandSource | None] | None = arguments.command
    if given_ones is None:
        return None
    return [command for command in given_ones if command is not None]


def _command(read: Callable[[str, str], CommandSource], argument: str) -> CommandSource | None:
    """Raises argparse.ArgumentTypeError."""
    if not argument:
        return None
    name, sign, line = argument.partition("=")
    if not sign or not name or not line.strip():
        raise argparse.ArgumentTypeError(
            f'"{argument}" is not NAME=LINE, such as shop.sql=pg_dump shop'
        )
    try:
        return read(text(name), line)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{name}: {error}") from error


def _add_command_options(parser: argparse.ArgumentParser) -> None:
    for option, read, what in _COMMANDS:
        parser.add_argument(
            option,
            action="append",
            dest="command",
            type=partial(_command, read),
            metavar="NAME=LINE",
            help=what,
        )


def options_of(arguments: argparse.Namespace, before: TaskOptions) -> TaskOptions | None:
    """The options with what is given; None if nothing is."""
    file, accepted = arguments.exclude_file, arguments.accept_size_change
    reference = arguments.time_reference
    changes = given(
        exclude_kind=arguments.exclude_kind,
        exclude_file=None if file is None else os.fsencode(file),
        time_reference=None if reference is None else reference.replace("-", "_"),
        skip_cache_directories=arguments.skip_cache_directories,
        skip_nodump=arguments.skip_nodump,
        one_file_system=arguments.one_file_system,
        without_interfaces=arguments.without_interfaces,
        backup_even_if_pre_fails=arguments.backup_even_if_pre_fails,
        accept_size_change=None if accepted is None else tuple(filter(None, accepted)),
    )
    return replace(before, **changes) if changes else None
