"""`sm_shutdown`: ends the agent of this machine, by `sm_os_startup stop`.

Source: the manual, "Start and stop".
"""

import argparse
import sys

from server_agent.commands import sm_os_startup
from server_agent.commands.parsing import Parser
from server_agent.commands.programs import end_options, ran
from server_agent.installation import Installation


def main(argv: list[str] | None = None) -> int:
    """The exit status."""
    return ran("sm_shutdown", make_parser(), sys.argv[1:] if argv is None else argv)


def make_parser() -> Parser:
    parser = Parser(prog="sm_shutdown", description="Ends the agent.")
    end_options(parser)
    parser.set_defaults(run=_shut_down)
    return parser


def _shut_down(installation: Installation, arguments: argparse.Namespace) -> int:
    return sm_os_startup.stop(installation, arguments)


if __name__ == "__main__":
    sys.exit(main())
