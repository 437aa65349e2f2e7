"""How the command line of `sm_cmd` is put together."""

import argparse
import os
import shlex
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias


class UsageError(Exception):
    """The command line cannot be understood. `usage` shows how it would be right."""

    def __init__(self, text: str, usage: str) -> None:
        super().__init__(text)
        self.usage = usage


def text(argument: str) -> str:
    """The type of whatever is a text on the wire; a path is none, and may have any bytes.

    Raises:
        argparse.ArgumentTypeError: the argument's bytes are no UTF-8.
    """
    try:
        return os.fsencode(argument).decode("utf-8")
    except UnicodeDecodeError as error:
        raise argparse.ArgumentTypeError(f'"{argument}" is no text in UTF-8') from error


def directory(argument: str) -> str:
    """Raises argparse.ArgumentTypeError: it is empty, which would be the working directory."""
    if not argument:
        raise argparse.ArgumentTypeError("it is empty; give the agent's directory")
    return argument


def path(argument: str) -> str:
    """Raises argparse.ArgumentTypeError: it is empty."""
    if not argument:
        raise argparse.ArgumentTypeError("it is empty; give a full path out of the listing")
    return argument


def own_command(arguments: argparse.Namespace) -> str:
    """How `sm_cmd` has to be called to reach the same agent again, from any directory."""
    root = getattr(arguments, "root", None)
    return f"sm_cmd --root {shlex.quote(os.path.abspath(root))}" if root else "sm_cmd"


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process, and has no abbreviations of options.

    Every parser knows --root, so that it can stand before the verb or behind it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)
        self.add_argument(
            "--root",
            type=directory,
            metavar="DIR",
            default=argparse.SUPPRESS,
            help="root of the agent; else SESAM2000_INI or /etc/sesam2000.ini names it",
        )

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """The verb itself says what it does not know, so that its own usage is shown."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, self.format_usage())


Verbs: TypeAlias = "argparse._SubParsersAction[Parser]"


def add_verb(verbs: Verbs, name: str, does: str) -> Parser:
    return verbs.add_parser(name, help=does, description=does)


def add_objects(verbs: Verbs, name: str, does: str) -> Verbs:
    """A verb that has an object behind it: `add task`."""
    return add_verb(verbs, name, does).add_subparsers(metavar="OBJECT", required=True)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")


def add_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=_count, metavar="N", help="the first N only")


def _count(argument: str) -> int:
    if not (argument.isascii() and argument.isdigit()):
        raise argparse.ArgumentTypeError(f'"{argument}" is no number of rows')
    return int(argument)


def given(**values: Any) -> dict[str, Any]:
    """Those that were given: whatever is not None."""
    return {name: value for name, value in values.items() if value is not None}
