"""`make run`: two demo locations with real backups, and a desk that is enrolled to both.

Everything lies below `demo/` (or the directory given) and stays there for the next time; remove the
directory to begin anew. What this starts, it ends.
"""

import argparse
import fcntl
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
COMMANDS = Path(sys.executable).parent
END_SECONDS = 15.0  # then what does not end in order is killed
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Qt's offscreen platform says this at every window, in the category of real warnings.
OFFSCREEN_NOISE = re.compile(r"This plugin does not support (propagateSizeHints|raise)\(\)$")


class DemoError(Exception):
    """The demo cannot go on; the text says why and what to do."""


@dataclass(frozen=True)
class DemoTask:
    name: str
    client: str
    sources: tuple[str, ...]
    excludes: tuple[str, ...] = ()
    fails: bool = False  # its source is not there, to show what a failure looks like


@dataclass(frozen=True)
class DemoLocation:
    """`plan` is what sm_cmd adds: kind, name and options of each schedule, group and event."""

    name: str
    farm: str
    tasks: tuple[DemoTask, ...]
    plan: tuple[tuple[str, ...], ...]


LOCATIONS = (
    DemoLocation(
        "Hamburg",
        "EMEA",
        (
            DemoTask("project", "workshop", (str(REPOSITORY / "docs"), str(REPOSITORY / "protos"))),
            DemoTask("python", "workshop", (sysconfig.get_path("stdlib"),), ("*.pyc", "test")),
        ),
        (
            ("schedule", "hourly", "--every", "1h", "--at", "00:15"),
            ("schedule", "nightly", "--weekly", "mon,tue,wed,thu,fri", "--at", "22:00"),
            ("schedule", "weekend", "--weekly", "sat", "--at", "20:00"),
            ("event", "project-hourly", "-S", "hourly", "-t", "project", "-l", "I"),
            ("event", "python-nightly", "-S", "nightly", "-t", "python", "-l", "I"),
            ("group", "workshop", "-t", "project,python"),
            ("event", "workshop-full", "-S", "weekend", "-g", "workshop", "-l", "F"),
        ),
    ),
    DemoLocation(
        "Boulder",
        "AMER",
        (
            DemoTask("etc", "server-1", ("/etc",)),
            DemoTask("programs", "server-1", ("/usr/bin", "/usr/sbin")),
            DemoTask("unplugged-disk", "server-1", ("/media/unplugged-disk",), fails=True),
        ),
        (
            ("schedule", "nightly", "--daily", "--at", "23:00", "--window", "6h"),
            ("schedule", "month-end", "--monthly", "last-fri", "--at", "18:00"),
            ("group", "server", "-t", "etc,programs"),
            ("event", "server-nightly", "-S", "nightly", "-g", "server", "-l", "I"),
            ("event", "disk-nightly", "-S", "nightly", "-t", "unplugged-disk", "-l", "F"),
            ("event", "server-full", "-S", "month-end", "-g", "server", "-l", "F"),
        ),
    ),
)


def command_line(*command: str) -> list[str]:
    """One of our commands. It is told to end when this process ends, were it by kill -9."""
    return ["setpriv", "--pdeathsig", "TERM", str(COMMANDS / command[0]), *command[1:]]


def run(*command: str, given: str = "") -> str:
    """What the command prints.

    Raises:
        DemoError: it failed; with what it said.
    """
    done = subprocess.run(
        command_line(*command), input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise DemoError(f"{' '.join(command)} failed: {said}")
    return done.stdout.strip()


@contextmanager
def started(*command: str, **how: Any) -> Iterator["subprocess.Popen[str]"]:
    """The running command; it has ended when the block has. From then on signals do not end this
    process, so that it can wait for what it has told to end."""
    process = subprocess.Popen(command_line(*command), text=True, **how)
    try:
        yield process
    finally:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that is free now, and is kept from then on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def only_demo(directory: Path) -> Iterator[None]:
    """Raises DemoError: another demo runs in the directory."""
    with (directory / "demo.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise DemoError(
                f"A demo in {directory} already runs as pid {file.read().strip()}. End it with "
                "Ctrl-C or kill, or give this one another directory: python -m tools.demo DIR"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


@dataclass(frozen=True)
class Agent:
    """The agent of one demo location, while it runs."""

    root: Path
    location: DemoLocation
    address: str

    def prepare(self) -> None:
        """Enters clients, tasks and plan that are not there; each new task gets a FULL and an
        INC."""
        self._enter_tasks()
        known = {kind: self._listed(f"{kind}s") for kind in ("schedule", "group", "event")}
        for kind, name, *options in self.location.plan:
            if name not in known[kind]:
                self._command("add", kind, name, *options)

    def _enter_tasks(self) -> None:
        known, clients = self._listed("tasks"), self._listed("clients")
        for task in self.location.tasks:
            if task.name in known:
                continue
            if task.client not in clients:
                self._command("add", "client", task.client)
                clients.add(task.client)
            excludes = [part for pattern in task.excludes for part in ("-x", pattern)]
            listed = [part for source in task.sources for part in ("-s", source)]
            self._command("add", "task", task.name, "-c", task.client, *listed, *excludes)
            for backup_type in ("F",) if task.fails else ("F", "I"):
                print(f"  {self.location.name}: backs up {task.name} ({backup_type})", flush=True)
                self._back_up(task, backup_type)

    def token(self) -> str:
        """An enrolment token for an administrator."""
        return run("sesam-agent", "--root", str(self.root), "token", "--role", "admin")

    def fingerprint(self) -> str:
        return run("sesam-agent", "--root", str(self.root), "fingerprint")

    def _listed(self, what: str) -> set[str]:
        return set(re.findall(r"^(\S+)\t", self._command("list", what), re.MULTILINE))

    def _back_up(self, task: DemoTask, backup_type: str) -> None:
        try:
            self._command("backup", task.name, "-l", backup_type, "--wait")
        except DemoError:
            if not task.fails:
                raise

    def _command(self, *arguments: str) -> str:
        return run("sm_cmd", "--root", str(self.root), *arguments)


@contextmanager
def running_agent(directory: Path, location: DemoLocation) -> Iterator[Agent]:
    """The agent of a location, which is made if it is not there; it serves within the block."""
    root = directory / location.name.lower()
    if not (root / "sesam2000.ini").exists():
        made = ("--name", location.name, "--host", "127.0.0.1", "--port", str(free_port()))
        run("sesam-agent", "--root", str(root), "init", *made)
    with ExitStack() as ending:
        yield Agent(root, location, _serving(root, ending))


def _serving(root: Path, ending: ExitStack) -> str:
    """The address of the agent that is started. The one of a demo that was killed may just be
    about to end, so this is tried for a while.

    Raises:
        DemoError: it does not start; with what it said.
    """
    said = root / "var/log/serve.log"
    last = time.monotonic() + END_SECONDS
    while True:
        with said.open("w") as log:
            process = ending.enter_context(
                started(
                    *("sesam-agent", "--root", str(root), "serve"),
                    stdout=subprocess.PIPE,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C ends it through this program, in order
                )
            )
        assert process.stdout is not None
        serving = re.search(r" on (\S+:\d+)$", process.stdout.readline().strip())
        if serving is not None:
            return serving[1]
        process.wait(END_SECONDS)
        text = said.read_text()
        if "already runs" not in text or time.monotonic() > last:
            raise DemoError(f"The agent in {root} does not start: {text.strip()}")


def desk_options(directory: Path) -> list[str]:
    """The demo's desk keeps everything in the demo's directory, nothing in the person's keyring."""
    passphrase = directory / "desk-passphrase"
    if not passphrase.exists():
        with open(os.open(passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    return ["--profile", str(directory / "desk"), "--passphrase-file", str(passphrase)]


def enrol(agent: Agent, directory: Path, options: Sequence[str]) -> None:
    """Enrols the desk to the location, once."""
    enrolled = directory / f"{agent.location.name.lower()}.enrolled"
    if enrolled.exists():
        return
    run(
        "sesam-master",
        *options,
        "--enrol",
        agent.address,
        "--fingerprint",
        agent.fingerprint(),
        "--farm",
        agent.location.farm,
        given=agent.token(),
    )
    enrolled.touch()


def has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_desk(options: Sequence[str], directory: Path) -> int:
    """Opens the desk, or walks through it offscreen when there is no display."""
    if has_display():
        print("Opening the desk. Ctrl-C here, or closing its window, ends the demo.", flush=True)
        with started("sesam-master", *options) as desk:
            return desk.wait()
    print("There is no display: the desk is opened offscreen, and pictures are taken.", flush=True)
    tour = ("--tour", str(directory / "screenshots"))
    with started("sesam-master", *options, *tour, stderr=subprocess.PIPE) as desk:
        assert desk.stderr is not None
        for line in desk.stderr:
            if not OFFSCREEN_NOISE.match(line):
                sys.stderr.write(line)
        return desk.wait()


def demo(directory: Path) -> int:
    options = desk_options(directory)
    with ExitStack() as ending:
        print(f"Demo locations in {directory}", flush=True)
        for location in LOCATIONS:
            agent = ending.enter_context(running_agent(directory, location))
            print(f"  {location.name}: serves on {agent.address}", flush=True)
            agent.prepare()
            enrol(agent, directory, options)
        return open_desk(options, directory)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=REPOSITORY / "demo")
    directory = parser.parse_args(arguments).directory.resolve()
    for number in ENDING:
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    began = time.monotonic()
    status = 1
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with only_demo(directory):
            status = demo(directory)
    except SystemExit as told:
        status = int(told.code or 0)
    except (DemoError, OSError) as error:
        print(f"make run: {error}", file=sys.stderr)
    print(f"Everything that was started has ended ({time.monotonic() - began:.0f} s).")
    return status


if __name__ == "__main__":
    sys.exit(main())
