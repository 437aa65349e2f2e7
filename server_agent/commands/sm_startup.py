"""`sm_startup`: looks at the environment, starts the agent, and sets up the drives.

Source: the manual, "Start and stop". Jobs that were queued begin.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from server_agent.commands import sm_config_drives
from server_agent.commands.answer import CommandError
from server_agent.commands.lifetime import Lifetime
from server_agent.commands.parsing import Parser
from server_agent.commands.programs import ran, say
from server_agent.installation import Installation

LEAST_FREE_BYTES = 64 << 20  # below SESAM_VAR: catalogue and logs need some
NEEDED = ("find", "tar")  # by every backup of this machine


def main(argv: list[str] | None = None) -> int:
    """The exit status: 0; 1 if the agent does not run, or a drive cannot be used."""
    return ran("sm_startup", make_parser(), sys.argv[1:] if argv is None else argv)


def make_parser() -> Parser:
    parser = Parser(
        prog="sm_startup", description="Checks the environment, starts the agent, sets up drives."
    )
    parser.set_defaults(run=start)
    return parser


def start(installation: Installation, _arguments: argparse.Namespace) -> int:
    say(f"Checking the environment of {installation.name}")
    for line in check(installation):
        say(line)
    agent = Lifetime(installation, say).start()
    online = [part.name for part in agent.parts if part.state == "online"]
    say(f"The agent runs as process {agent.pid}: {', '.join(online)}")
    return sm_config_drives.configure(installation)


def check(installation: Installation) -> list[str]:
    """What is worth a word though the agent can run.

    Raises:
        CommandError: the agent could not run.
    """
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing:
        raise CommandError(
            f"{' and '.join(missing)} cannot be found in PATH ({os.environ.get('PATH', '')}). "
            "Install what is missing, or correct PATH"
        )
    for directory in _written(installation):
        if not directory.is_dir():
            raise CommandError(
                f"The directory {directory} does not exist. Put it back from a backup, or correct "
                f"{installation.sm_ini}"
            )
        if not os.access(directory, os.R_OK | os.W_OK | os.X_OK):
            raise CommandError(
                f"The directory {directory} cannot be written by this user. Become the user who "
                "runs the agent, mostly root"
            )
    free = shutil.disk_usage(installation.var).free
    if free < LEAST_FREE_BYTES:
        return [
            f"Only {free >> 20} MB are free below {installation.var}: make room, or nothing can be "
            "entered into the catalogue soon"
        ]
    return []


def _written(installation: Installation) -> tuple[Path, ...]:
    return (
        *(installation.ini, installation.db, installation.lis, installation.prot),
        *(installation.lgc, installation.prepost, installation.tmp, installation.work),
        *(installation.work / "sem", installation.private),
    )


if __name__ == "__main__":
    sys.exit(main())
