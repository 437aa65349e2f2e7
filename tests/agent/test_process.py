"""What others may do with the agent's process."""

import subprocess
import sys

SCRIPT = """
import ctypes, os, subprocess, sys
from server_agent.adapters.process import keep_memory_private
PR_GET_DUMPABLE = 3
dumpable = lambda: ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
print(dumpable())
keep_memory_private()
print(dumpable())
look = "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
print(subprocess.run([sys.executable, "-c", look], capture_output=True, text=True).stdout)
"""


def test_the_memory_of_the_agent_is_never_written_to_a_core() -> None:
    """What it starts, such as a program of a task, may leave one as before."""
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0", "1"]
