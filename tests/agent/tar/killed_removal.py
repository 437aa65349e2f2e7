"""Deletes savesets, and is killed at a step of that:
`python -m tests.agent.tar.killed_removal ROOT STEP NAME...`.

A step is a file that is removed, or anything that is opened: a directory to be synced for instance.
"""

import os
import signal
import sys
from contextlib import closing
from pathlib import Path

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.clock import SystemClock
from server_agent.domain.access import Role
from server_agent.service.changes import Changes
from server_agent.service.forgetting import Forgetting
from server_agent.service.requests import Caller, Request
from tests.agent.tar.site import engine_below

CATALOGUE = "sesam_db.sdb"


def main(root: str, step: str, *names: str) -> None:
    place, left = Path(root), int(step)
    request = Request("delete", "DeleteSavesets", Caller("the admin", Role.ADMIN, "1"))
    with closing(SqlCatalogue(f"sqlite:///{place}/{CATALOGUE}")) as catalogue:
        clock = SystemClock()
        forgetting = Forgetting(Changes(catalogue, clock), engine_below(place), clock)

        def count(event: str, _arguments: object) -> None:
            nonlocal left
            if event in ("os.remove", "open"):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        forgetting.delete(request, names)


if __name__ == "__main__":
    main(*sys.argv[1:])
