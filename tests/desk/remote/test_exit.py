"""The program ends, whatever it still waits for."""

import subprocess
import sys

import pytest

DEADLINE = 60.0
BEGIN = """
import socket, sys, threading
from sesam_master.core.registry import Registration
from sesam_master.local import MemoryCredentials, MemoryRegistry, NoPictures
from sesam_master.remote.hub import Hub

asked = threading.Event()

def never(*_arguments, **_options):
    asked.set()
    threading.Event().wait()

credentials = MemoryCredentials()
hub = Hub(MemoryRegistry([Registration("a", "a", "", "127.0.0.1", 1, b"x", "")]), credentials,
          NoPictures(), lambda _event: None)
"""
END = """
assert asked.wait(20)
assert hub.stop(20)
sys.stdout.write("stopped")
"""
KEYRING = "credentials.get = never\nhub.start()\n"
NAMES = """
socket.getaddrinfo = never
hub.start()
hub.submit(hub.gateway.look("a.example", 1), lambda _result, _error: None)
"""


@pytest.mark.parametrize("stuck", [KEYRING, NAMES], ids=["keyring", "name server"])
def test_what_never_answers_does_not_keep_the_program_from_ending(stuck: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", BEGIN + stuck + END],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "stopped"), ended.stderr
