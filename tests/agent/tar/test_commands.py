"""Programs of a task that do not end by themselves, or leave something behind."""

import os
import select
import threading
from dataclasses import replace

import pytest

from server_agent.domain.command_sources import CommandSource
from server_agent.ports import Cancelled
from tests.agent.tar.site import Site
from tests.fakes.engine import FakeControl

SECONDS = 20.0


def ends_by_cancel(site: Site, script: str) -> None:
    """Cancels a backup as soon as its command has written its process id to the file `pid`, and
    looks whether that process is gone when the backup has ended."""
    pid_file = site.root / "pid"
    os.mkfifo(pid_file)
    command = CommandSource("dump", (b"sh", b"-c", script.format(pid=pid_file).encode()))
    control = FakeControl()
    ended: list[BaseException] = []

    def back_up() -> None:
        try:
            site.run(replace(site.request(), commands=(command,)), control)
        except BaseException as error:  # noqa: BLE001 - looked at below
            ended.append(error)

    thread = threading.Thread(target=back_up)
    thread.start()
    pid = int(pid_file.read_text())
    process = os.pidfd_open(pid)  # readable as soon as it has ended
    control.cancel()
    thread.join(SECONDS)
    hangs = thread.is_alive()
    # A signal is sent when the backup ends, and taken when the system comes to it.
    runs = not select.select([process], [], [], 1.0 if hangs else SECONDS)[0]
    os.close(process)
    if runs:
        os.kill(pid, 9)
        thread.join()
    assert not hangs, "the backup waits for its command"
    assert [type(error) for error in ended] == [Cancelled]
    assert not runs, "the program goes on"
    assert site.files() == set()


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("sleep 300 & echo $! >{pid}; wait", id="it waits"),
        pytest.param("sleep 300 & echo $! >{pid}; exit 0", id="it has ended, its child has not"),
        pytest.param("echo $$ >{pid}; exec sleep 300 >&- 2>&-", id="it has closed its outputs"),
    ],
)
def test_a_cancel_ends_a_command_and_all_that_it_has_started(site: Site, script: str) -> None:
    ends_by_cancel(site, script)
