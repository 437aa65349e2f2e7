"""The interface programs of a real agent, at a desk."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sesam_master.core.interfaces import InterfaceState, RunOutcome
from sesam_master.core.records import Access, Client, Task
from tests.desk.remote.rig import PATIENT, HubRig
from tests.e2e.agent_process import AgentProcess
from tests.e2e.test_components_of_an_agent import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        place = Path(directory)
        agent = AgentProcess(place / "root", place)
        agent.start()
        try:
            with HubRig(PATIENT) as rig:
                yield Site(rig, agent, place)
        finally:
            agent.close()


def test_a_program_that_ran_is_told_with_what_it_wrote(site: Site) -> None:
    program = site.place / "root/bin/sesam/sbc_pre"
    program.write_text('#!/bin/sh\necho "for $3"; echo "STATUS:ERROR not now"\n')
    program.chmod(0o755)
    site.add(Client("here", Access.LOCAL, ""))
    site.add(Task("docs", "here", (bytes(site.data),), (), ""))
    site.back_up("docs")
    found = site.rig.ask(site.gateway.interfaces(site.here))
    assert not found.is_withheld
    pre, post = found.all[:2]
    assert (pre.name, pre.state, pre.path) == ("sbc_pre", InterfaceState.ON, os.fsencode(program))
    run = pre.last_run
    assert run is not None
    assert run.end_time is not None
    assert (run.outcome, run.exit_status, run.task) == (RunOutcome.FAILED, 0, "docs")
    assert run.text == "sbc_pre reported an error: not now"
    assert (run.output, run.is_cut) == (b"for docs\nSTATUS:ERROR not now\n", False)
    assert (post.state, post.last_run) == (InterfaceState.OFF, None)
