"""`sm_info c`: the licence report."""

import argparse
import sys

from server_agent.commands.licence_words import report
from server_agent.commands.output import zone_of
from server_agent.commands.parsing import Parser, add_verb
from server_agent.commands.sm_cmd import Connection, answered, local_agent
from sesam_api.location import Location


def main(argv: list[str] | None = None) -> int:
    """The exit status."""
    return run(sys.argv[1:] if argv is None else argv, local_agent)


def run(argv: list[str], connection: Connection) -> int:
    """The exit status. `connection` gives the location for what stands behind --root."""

    def act() -> None:
        arguments = make_parser().parse_args(argv)
        with connection(getattr(arguments, "root", None)) as location:
            arguments.run(location, arguments)

    return answered("sm_info", act)


def make_parser() -> Parser:
    parser = Parser(prog="sm_info", description="Says facts about the location.")
    verbs = parser.add_subparsers(metavar="WHAT", required=True)
    add_verb(verbs, "c", "the licence").set_defaults(run=_licence)
    return parser


def _licence(location: Location, _arguments: argparse.Namespace) -> None:
    zone = zone_of(location.identity.time_zone)
    print("\n".join(report(location.licence(), zone)))


if __name__ == "__main__":
    sys.exit(main())
