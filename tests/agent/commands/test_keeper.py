"""The keeper of an agent, with programs in the place of the agent."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from server_agent.adapters.instance_lock import AlreadyRunning, held, holder
from server_agent.commands.keeper import ADDRESS_FILE, KEEPER_LOCK, Keeper
from server_agent.installation import Installation
from tests.agent.installations import make

SECONDS = 20.0  # only a test that fails waits so long
# Counts its runs, and ends as the lines of "plan" say: "serve" first says that it can be called.
AGENT = """
n=$(cat runs 2>/dev/null || echo 0)
echo $((n + 1)) > runs
set -- $(sed -n "$((n + 1))p" plan)
for word in "$@"; do
    case $word in
        serve) echo "Serving north on 127.0.0.1:1" ;;
        kill) kill -9 $$ ;;
        wait) sleep 1000 & trap 'kill $!; exit 0' TERM; wait ;;
        *) exit $word ;;
    esac
done
"""


class Site:
    def __init__(self, installation: Installation, directory: Path) -> None:
        self.installation = installation
        self.directory = directory
        self.said: list[str] = []
        self.pauses: list[int] = []
        self._news = threading.Condition()

    def keeper(self, *plan: str) -> Keeper:
        (self.directory / "plan").write_text("\n".join(plan) + "\n")
        command = ("sh", "-c", f"cd '{self.directory}' && {AGENT}")
        return Keeper(self.installation, self.say, command, self.pause)

    def say(self, text: str) -> None:
        with self._news:
            self.said.append(text)
            self._news.notify_all()

    def heard(self, beginning: str) -> None:
        with self._news:
            assert self._news.wait_for(
                lambda: any(line.startswith(beginning) for line in self.said), SECONDS
            ), self.said

    def pause(self, number: int) -> timedelta:
        self.pauses.append(number)
        return timedelta(milliseconds=10)

    @property
    def runs(self) -> int:
        return int((self.directory / "runs").read_text())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(make(tmp_path / "root"), tmp_path)


def test_an_agent_that_dies_is_started_again_until_it_ends_in_order(site: Site) -> None:
    assert site.keeper("serve kill", "3", "serve kill", "serve 0").keep() == 0
    assert site.runs == 4
    assert site.pauses == [1, 2, 3]
    told = [line for line in site.said if "started again" in line]
    assert told == [
        "The agent was ended by SIGKILL. It is started again in 0.01 s",
        "The agent ended with status 3. It is started again in 0.01 s",
        "The agent was ended by SIGKILL. It is started again in 0.01 s",
    ]


def test_one_that_never_came_to_serve_is_given_up(site: Site) -> None:
    assert site.keeper("1").keep() == 1
    assert site.runs == 1
    assert site.pauses == []


def test_it_ends_with_its_agent(site: Site) -> None:
    keeper = site.keeper("serve wait")
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(keeper.keep()))
    thread.start()
    site.heard("Serving north")
    keeper.end()
    thread.join(SECONDS)
    assert ended == [0]
    assert holder(site.installation.private / KEEPER_LOCK) is None


def test_there_is_one_only(site: Site) -> None:
    with (
        held(site.installation.private / KEEPER_LOCK, "a keeper"),
        pytest.raises(AlreadyRunning, match=rf"A keeper already runs as pid {os.getpid()}"),
    ):
        site.keeper("serve 0").keep()
    assert not (site.directory / "runs").exists()


@pytest.fixture
def another(site: Site) -> Iterator["subprocess.Popen[str]"]:
    """A process that holds the installation as an agent does."""
    script = (
        "import pathlib, sys\n"
        "from server_agent.adapters.instance_lock import held\n"
        "with held(pathlib.Path(sys.argv[1]), 'an agent'):\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    lock = site.installation.private / "agent.lock"
    with subprocess.Popen(
        [sys.executable, "-c", script, lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.mark.parametrize(("dies", "runs"), [(True, 1), (False, 0)])
def test_one_that_runs_already_is_watched(
    site: Site, another: "subprocess.Popen[str]", dies: bool, runs: int
) -> None:
    if dies:  # one that ends in order takes its address away
        (site.installation.private / ADDRESS_FILE).write_text("127.0.0.1:1\n")
    keeper = site.keeper("serve 0")
    ended: list[int] = []
    thread = threading.Thread(target=lambda: ended.append(keeper.keep()))
    thread.start()
    site.heard(f"The agent runs already, as process {another.pid}")
    assert another.stdin is not None
    another.stdin.close()
    assert another.wait(SECONDS) == 0
    thread.join(SECONDS)
    assert ended == [0]
    assert (site.directory / "runs").exists() is bool(runs)
