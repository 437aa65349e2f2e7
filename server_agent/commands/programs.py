"""How the programs around the life of the agent are called, and what they say."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from server_agent.commands.answer import CommandError
from server_agent.commands.lifetime import Lifetime
from server_agent.commands.output import write_utf8
from server_agent.commands.parsing import Parser, UsageError
from server_agent.ini_files import InstallationError
from server_agent.installation import Installation, find_installation
from sesam_api.errors import SesamError

_WITHIN = re.compile(r"([1-9]\d{0,5})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=7)


def say(text: str) -> None:
    """A line behind the time, as all of these programs write."""
    print(f"{datetime.now():%Y-%m-%d %H:%M:%S}: {text}", flush=True)


def ran(program: str, parser: Parser, argv: Sequence[str]) -> int:
    """Runs what the parser has set as `run`: it is given the installation and the arguments, and
    returns the exit status, which this returns. Of one whose `needs_installation` is False the
    installation is None."""
    write_utf8()
    try:
        arguments = parser.parse_args(argv)
        root = getattr(arguments, "root", None)
        installation: Installation | None = None
        if getattr(arguments, "needs_installation", True):
            installation = find_installation(None if root is None else Path(root), os.environ)
        status: int = arguments.run(installation, arguments)
    except UsageError as error:
        print(error.usage, end="", file=sys.stderr)
        print(f"{program}: {error}", file=sys.stderr)
        return 2
    except (CommandError, InstallationError, SesamError) as error:
        print(f"{program}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{program}: stopped by Ctrl-C", file=sys.stderr)
        return 130
    return status


def end_options(parser: argparse.ArgumentParser) -> None:
    """How the agent is to end."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--drain", action="store_true", help="wait for the jobs that run")
    how.add_argument("--interrupt", action="store_true", help="break the jobs that run")
    parser.add_argument(
        "--within",
        type=_within,
        metavar="TIME",
        help="with --drain: break what has not ended by then, such as 90s, 30m, 2h",
    )


def ended_by(arguments: argparse.Namespace, life: Lifetime) -> tuple[bool, timedelta | None]:
    """Whether jobs are waited for, and how long at most. Where nobody chose and jobs run, somebody
    has to.

    Raises:
        CommandError: with what can be chosen.
    """
    if arguments.within is not None and not arguments.drain:
        raise CommandError("--within goes with --drain")
    if not arguments.drain and not arguments.interrupt:
        agent = life.facts()
        if agent is not None and agent.running_jobs:
            running = agent.running_jobs
            jobs = "One job runs" if running == 1 else f"{running} jobs run"
            raise CommandError(
                f"{jobs}; nothing was done. Say --drain to wait for the end of what runs, "
                "--drain --within 30m to wait no longer than that, or --interrupt to break it"
            )
        return agent is not None, None
    return arguments.drain, arguments.within


def _within(text: str) -> timedelta:
    found = _WITHIN.fullmatch(text)
    within = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else timedelta()
    if not timedelta() < within <= _LONGEST:
        raise argparse.ArgumentTypeError(
            f'"{text}" is no time; give a number and s, m, h or d, up to 7d, such as 90s or 30m'
        )
    return within
