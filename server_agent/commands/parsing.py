"""How the command line of `sm_cmd` is put together."""

import argparse
from typing import Any, NoReturn, TypeAlias


class UsageError(Exception):
    """The command line cannot be understood. `usage` shows how it would be right."""

    def __init__(self, text: str, usage: str) -> None:
        super().__init__(text)
        self.usage = usage


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of ending the process, and has no abbreviations of options.

    Every parser knows --root, so that it can stand before the verb or behind it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)
        self.add_argument(
            "--root",
            metavar="DIR",
            default=argparse.SUPPRESS,
            help="root of the agent; else SESAM2000_INI or /etc/sesam2000.ini names it",
        )

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, self.format_usage())


Verbs: TypeAlias = "argparse._SubParsersAction[Parser]"


def add_verb(verbs: Verbs, name: str, text: str) -> Parser:
    return verbs.add_parser(name, help=text, description=text)


def add_objects(verbs: Verbs, name: str, text: str) -> Verbs:
    """A verb that has an object behind it: `add task`."""
    return add_verb(verbs, name, text).add_subparsers(metavar="OBJECT", required=True)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")


def add_task_options(parser: argparse.ArgumentParser, *, required: bool) -> None:
    """What `add task` and `modify task` have in common."""
    parser.add_argument(
        "-s",
        "--source",
        action="append",
        required=required,
        metavar="SOURCE[,SOURCE]",
        help=r"absolute paths; a comma in a path is written \,",
    )
    parser.add_argument(
        "-x",
        "--exclude",
        action="append",
        metavar="EXCLUDE[,EXCLUDE]",
        help="patterns of what is left out: *.tmp anywhere, ./cache below the source",
    )
    parser.add_argument("--comment", help="for people")
