"""`sm_main status|start|stop|restart|keep`: the agent of this machine and its parts.

Source: the manual, "Start and stop". `status` has the shape of the model's.
"""

import argparse
import os
import signal
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from server_agent.adapters.instance_lock import AlreadyRunning
from server_agent.commands.answer import CommandError
from server_agent.commands.keeper import Keeper
from server_agent.commands.lifetime import Lifetime
from server_agent.commands.output import print_json
from server_agent.commands.parsing import Parser, add_json, add_verb
from server_agent.commands.programs import end_options, ended_by, ran, say
from server_agent.installation import Installation
from sesam_api.agent_records import Agent, Part

OFFLINE = 3  # the exit status for "does not run". Source: LSB, "Init Script Actions"
DISTRIBUTION = "sesam-master"


@dataclass(frozen=True, slots=True)
class Status:
    """What `status --json` answers.

    Attributes:
        state: "online", "offline", "drain" or "interrupt".
        pid: of the agent; with "offline" of one that does not answer.
        keeper_pid: of what starts it again; None where systemd does, or nothing.
    """

    state: str
    version: str
    pid: int | None
    keeper_pid: int | None
    start_time: datetime | None = None
    running_jobs: int = 0
    parts: tuple[Part, ...] = ()


def main(argv: list[str] | None = None) -> int:
    """The exit status: 0; 1 if it could not be done, or not all parts are online; 2 for wrong
    usage; 3 from `status` if the agent does not run."""
    return ran("sm_main", make_parser(), sys.argv[1:] if argv is None else argv)


def make_parser() -> Parser:
    parser = Parser(prog="sm_main", description="Starts, ends and shows the agent and its parts.")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    shown = add_verb(verbs, "status", "show the parts and their states")
    add_json(shown)
    shown.set_defaults(run=status)
    add_verb(verbs, "start", "start what does not run").set_defaults(run=_start)
    end = add_verb(verbs, "stop", "end the agent with all its parts")
    end_options(end)
    end.set_defaults(run=stop)
    restart = add_verb(verbs, "restart", "have a part begin again, or the whole agent")
    restart.add_argument("part", nargs="?", metavar="DAEMON", help="as shown by status")
    end_options(restart)
    restart.set_defaults(run=_restart)
    keep = add_verb(
        verbs, "keep", "run the agent here, and start it again when it dies; start does this itself"
    )
    keep.set_defaults(run=_keep)
    return parser


def status(installation: Installation, arguments: argparse.Namespace) -> int:
    life = Lifetime(installation, say)
    agent = life.facts()
    if arguments.json:
        print_json(_status_of(life, agent), datetime.now().astimezone().tzinfo or UTC)
    else:
        for line in _lines(life, agent):
            say(line)
    if agent is None:
        return OFFLINE
    return int(any(part.state not in ("online", "unused") for part in agent.parts))


def _lines(life: Lifetime, agent: Agent | None) -> list[str]:
    release = agent.version if agent is not None else version(DISTRIBUTION)
    keeper = life.keeper_pid
    lines = [
        f"$Id: {DISTRIBUTION} {release}, Python {sys.version.split()[0]} $",
        f"VERSION='server,{release}'",
        f"sm_main[{keeper if keeper is not None else os.getpid()}]",
        "Arguments: status",
    ]
    if agent is None:
        pid = life.pid
        lines.append(
            "The agent does not run. Start it with: sm_startup"
            if pid is None
            else f"The agent, process {pid}, does not answer. It may be starting; else end it "
            "with: sm_main stop --interrupt"
        )
        return lines
    lines.append(f"Daemons: {[part.name for part in agent.parts if part.state != 'unused']}")
    if agent.stopping:
        how = "jobs that run have ended" if agent.stopping == "drain" else "they are broken"
        lines.append(f"It was told to end: it does when {how} ({agent.running_jobs} run)")
    width = max(len(part.name) for part in agent.parts)
    return [*lines, *(_line(part, width) for part in agent.parts)]


def _line(part: Part, width: int) -> str:
    name = part.name.ljust(width)
    if part.state == "unused":
        return f"{name} : unused"
    line = f"{name} [{part.pid:7}]: {part.state}"
    if part.restarts and part.since_time is not None:
        since = part.since_time.astimezone()
        line += f" since {since:%Y-%m-%d %H:%M:%S}, restarts: {part.restarts}"
    if part.last_fault and part.state != "online":
        line += f", {part.last_fault}"
    return line


def _status_of(life: Lifetime, agent: Agent | None) -> Status:
    if agent is None:
        return Status("offline", version(DISTRIBUTION), life.pid, life.keeper_pid)
    return Status(
        agent.stopping or "online",
        agent.version,
        agent.pid,
        life.keeper_pid,
        agent.start_time,
        agent.running_jobs,
        agent.parts,
    )


def _start(installation: Installation, _arguments: argparse.Namespace) -> int:
    agent = Lifetime(installation, say).start()
    say(f"The agent of {installation.name} runs as process {agent.pid}")
    return 0


def stop(installation: Installation, arguments: argparse.Namespace) -> int:
    life = Lifetime(installation, say)
    drain, longest = ended_by(arguments, life)
    ran_before = life.stop(drain=drain, longest=longest)
    say(f"The agent of {installation.name} {'has ended' if ran_before else 'does not run'}")
    return 0


def _restart(installation: Installation, arguments: argparse.Namespace) -> int:
    if arguments.part is None:
        stop(installation, arguments)
        return _start(installation, arguments)
    if arguments.drain or arguments.interrupt:
        raise CommandError("--drain and --interrupt are for the whole agent, not for a part")
    part = Lifetime(installation, say).restart_part(arguments.part)
    say(f"{part.name} begins again as soon as what it does just now is done")
    return 0


def _keep(installation: Installation, _arguments: argparse.Namespace) -> int:
    keeper = Keeper(installation, say)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: keeper.end())
    try:
        return keeper.keep()
    except AlreadyRunning as error:
        raise CommandError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
