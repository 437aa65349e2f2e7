"""A process of its own that works for a client over SSH, for tests that kill it.

`python -m tests.agent.ssh.driver backup ROOT KEY_FILE HOST_KEY PORT USER` tells each event on a
line and waits for a line on standard input before it goes on; `... restore ...` restores the only
saveset to ROOT/target in the same way, as the job 7.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from server_agent.domain.jobs import Progress
from server_agent.domain.reach import Ssh
from server_agent.ports import BackupEvent, RestoreEvent
from tests.agent.ssh.client_site import ClientSite
from tests.agent.tar.driver import only_request
from tests.agent.tar.site import engine_below
from tests.fakes.engine import FakeControl


def step_through(events: Iterator[BackupEvent | RestoreEvent]) -> None:
    for event in events:
        what = event.phase.value if isinstance(event, Progress) else type(event).__name__
        sys.stdout.write(what + "\n")
        sys.stdout.flush()
        sys.stdin.readline()


if __name__ == "__main__":
    verb, root, key_file, host_key, port, user = sys.argv[1:]
    client = Ssh("127.0.0.1", user, key_file, host_key, int(port), alive_seconds=1)
    site = ClientSite(Path(root), engine_below(Path(root)), client=client)
    if verb == "backup":
        step_through(site.engine.backup(site.request(), FakeControl()))
    else:
        request = replace(only_request(Path(root), os.path.join(root, "target")), client=client)
        step_through(site.engine.restore(request, FakeControl()))
