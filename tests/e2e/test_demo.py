"""`make run`: what it starts ends with it, however it ends."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from server_agent.adapters.instance_lock import AlreadyRunning, only_agent
from server_agent.installation import find_installation
from tests.e2e.agent_process import SECONDS
from tests.e2e.test_agent_process import wait_for
from tools.demo import OFFSCREEN_NOISE, only_demo

# Serves one demo location until it is told to end, and says so.
SERVING = """
import signal, sys
from pathlib import Path
from tools.demo import ENDING, LOCATIONS, only_demo, running_agent

directory = Path(sys.argv[1])
for number in ENDING:
    signal.signal(number, lambda number, _: sys.exit(128 + number))
with only_demo(directory), running_agent(directory, LOCATIONS[0]) as agent:
    print(agent.address, agent.fingerprint(), flush=True)
    signal.pause()
"""


def serving(directory: Path, stack: ExitStack) -> "subprocess.Popen[str]":
    """A demo whose agent serves."""
    command = [sys.executable, "-c", SERVING, str(directory)]
    # Away from other demos of this machine, and from the test's own signals.
    process = stack.enter_context(
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    )
    stack.callback(process.kill)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("127.0.0.1:")
    return process


def is_served(directory: Path) -> bool:
    try:
        with only_agent(find_installation(directory / "hamburg", {})):
            return False
    except AlreadyRunning:
        return True


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_agent_has_ended_when_the_demo_has(tmp_path: Path, how: signal.Signals) -> None:
    with ExitStack() as stack:
        demo = serving(tmp_path, stack)
        assert is_served(tmp_path)
        demo.send_signal(how)
        assert demo.wait(SECONDS) == 128 + how
        assert not is_served(tmp_path)


def test_a_demo_that_was_killed_can_be_started_again_at_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        serving(tmp_path, stack).kill()
        again = serving(tmp_path, stack)
        again.kill()
        again.wait(SECONDS)
        wait_for(lambda: not is_served(tmp_path))


def test_a_second_demo_in_a_directory_is_refused(tmp_path: Path) -> None:
    with only_demo(tmp_path):
        second = subprocess.run(
            [sys.executable, "-m", "tools.demo", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert second.returncode == 1
    assert second.stderr.startswith(
        f"make run: A demo in {tmp_path} already runs as pid {os.getpid()}. End it"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["demo.lock"]


def test_only_what_means_nothing_is_not_shown() -> None:
    assert OFFSCREEN_NOISE.match("This plugin does not support propagateSizeHints()\n")
    assert not OFFSCREEN_NOISE.match("This plugin does not support OpenGL\n")
