"""`make run`: two demo locations with real backups, and a desk that is enrolled to both.

Everything lies below `demo/` (or the directory given) and stays there for the next time; remove the
directory to begin anew. What this starts, it ends.
"""

import argparse
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
COMMANDS = Path(sys.executable).parent
START_SECONDS = 30.0


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
    name: str
    farm: str
    tasks: tuple[DemoTask, ...]


LOCATIONS = (
    DemoLocation(
        "Hamburg",
        "EMEA",
        (
            DemoTask("project", "workshop", (str(REPOSITORY / "docs"), str(REPOSITORY / "protos"))),
            DemoTask("python", "workshop", (sysconfig.get_path("stdlib"),), ("*.pyc", "test")),
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
    ),
)


def run(*command: str, given: str = "") -> str:
    """What the command prints.

    Raises:
        DemoError: it failed; with what it said.
    """
    done = subprocess.run(
        [COMMANDS / command[0], *command[1:]],
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise DemoError(f"{' '.join(command)} failed: {said}")
    return done.stdout.strip()


def free_port() -> int:
    """A port that is free now, and is kept from then on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


class RunningAgent:
    """The agent of one demo location: set up if it is not there, serving until it is closed."""

    def __init__(self, directory: Path, location: DemoLocation) -> None:
        self._location = location
        self._root = directory / location.name.lower()
        self.is_new = not (self._root / "sesam2000.ini").exists()
        if self.is_new:
            port = str(free_port())
            self._agent("init", "--name", location.name, "--host", "127.0.0.1", "--port", port)
        self._process, self.address = self._serve()

    def prepare(self) -> None:
        """Enters clients and tasks that are not there; each new task gets a FULL and an INC."""
        known = set(re.findall(r"^(\S+)\t", self._command("list", "tasks"), re.MULTILINE))
        clients = set(re.findall(r"^(\S+)\t", self._command("list", "clients"), re.MULTILINE))
        for task in self._location.tasks:
            if task.name in known:
                continue
            if task.client not in clients:
                self._command("add", "client", task.client)
                clients.add(task.client)
            excludes = [part for pattern in task.excludes for part in ("-x", pattern)]
            listed = [part for source in task.sources for part in ("-s", source)]
            self._command("add", "task", task.name, "-c", task.client, *listed, *excludes)
            for backup_type in ("F",) if task.fails else ("F", "I"):
                print(f"  {self._location.name}: backs up {task.name} ({backup_type})", flush=True)
                self._back_up(task, backup_type)

    def _back_up(self, task: DemoTask, backup_type: str) -> None:
        try:
            self._command("backup", task.name, "-l", backup_type, "--wait")
        except DemoError:
            if not task.fails:
                raise

    def token(self) -> str:
        """An enrolment token for an administrator."""
        return self._agent("token", "--role", "admin")

    def fingerprint(self) -> str:
        printed = re.search(r"[0-9A-F]{64}", self._agent("fingerprint"))
        if printed is None:
            raise DemoError(f"The agent of {self._location.name} prints no fingerprint.")
        return printed[0]

    def close(self) -> None:
        """Ends the agent; one that does not end in time is killed."""
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _serve(self) -> tuple["subprocess.Popen[str]", str]:
        log = (self._root / "var/log/serve.log").open("w")
        with log:
            process = subprocess.Popen(
                [COMMANDS / "sesam-agent", "--root", str(self._root), "serve"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C ends it through this program, in order
            )
        assert process.stdout is not None
        line = process.stdout.readline()
        serving = re.search(r" on (\S+:\d+)$", line.strip())
        if serving is None:
            process.kill()
            process.wait()
            raise DemoError(
                f"The agent of {self._location.name} does not start: {Path(log.name).read_text()}"
            )
        return process, serving[1]

    def _agent(self, *arguments: str) -> str:
        return run("sesam-agent", "--root", str(self._root), *arguments)

    def _command(self, *arguments: str) -> str:
        return run("sm_cmd", "--root", str(self._root), *arguments)


def desk_options(directory: Path) -> list[str]:
    """The demo's desk keeps everything in the demo's directory, nothing in the person's keyring."""
    passphrase = directory / "desk-passphrase"
    if not passphrase.exists():
        with open(os.open(passphrase, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    return ["--profile", str(directory / "desk"), "--passphrase-file", str(passphrase)]


def enrol(
    agent: RunningAgent, location: DemoLocation, directory: Path, options: Sequence[str]
) -> None:
    """Enrols the desk to the location, once."""
    enrolled = directory / f"{location.name.lower()}.enrolled"
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
        location.farm,
        given=agent.token(),
    )
    enrolled.touch()


def has_display() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_desk(options: Sequence[str], directory: Path) -> int:
    """Opens the desk, or walks through it offscreen when there is no display."""
    if has_display():
        print("Opening the desk. Ctrl-C here, or closing its window, ends the demo.", flush=True)
        return subprocess.call([COMMANDS / "sesam-master", *options])
    print("There is no display: the desk is opened offscreen and pictures are taken.", flush=True)
    shots = directory / "screenshots"
    return subprocess.call([COMMANDS / "sesam-master", *options, "--tour", str(shots)])


def demo(directory: Path) -> int:
    directory.mkdir(parents=True, exist_ok=True)
    options = desk_options(directory)
    with ExitStack() as ending:
        print(f"Demo locations in {directory}", flush=True)
        for location in LOCATIONS:
            agent = RunningAgent(directory, location)
            ending.callback(agent.close)
            print(f"  {location.name}: serves on {agent.address}", flush=True)
            agent.prepare()
            enrol(agent, location, directory, options)
        return open_desk(options, directory)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=REPOSITORY / "demo")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    try:
        status = demo(chosen.directory.resolve())
    except KeyboardInterrupt:
        status = 130
    except DemoError as error:
        print(f"make run: {error}", file=sys.stderr)
        status = 1
    print(f"Everything that was started has ended ({time.monotonic() - began:.0f} s).")
    return status


if __name__ == "__main__":
    sys.exit(main())
