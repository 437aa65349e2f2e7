"""`sm_os_startup start|stop|status`: what the boot system of a machine calls.

Source: the manual, "Start and stop".
"""

import argparse
import sys

from server_agent.commands import sm_main, sm_startup
from server_agent.commands.parsing import Parser, add_verb
from server_agent.commands.programs import end_options, ran
from server_agent.installation import Installation


def main(argv: list[str] | None = None) -> int:
    """The exit status, which a boot system understands."""
    return ran("sm_os_startup", make_parser(), sys.argv[1:] if argv is None else argv)


def make_parser() -> Parser:
    parser = Parser(prog="sm_os_startup", description="Starts and ends the agent at boot.")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    add_verb(verbs, "start", "start the agent").set_defaults(run=sm_startup.start)
    end = add_verb(verbs, "stop", "end the agent; jobs that run are broken unless --drain is said")
    end_options(end)
    end.set_defaults(run=_stop_at_shutdown)
    status = add_verb(verbs, "status", "show the parts and their states")
    status.set_defaults(run=sm_main.status, json=False)
    return parser


def stop(installation: Installation, arguments: argparse.Namespace) -> int:
    """By `sm_main stop`."""
    return sm_main.stop(installation, arguments)


def _stop_at_shutdown(installation: Installation, arguments: argparse.Namespace) -> int:
    """A machine that goes down waits for nobody, and asks nobody."""
    arguments.interrupt = not arguments.drain
    return stop(installation, arguments)


if __name__ == "__main__":
    sys.exit(main())
