"""Walks and looks mean the same for a client over SSH: the same tests, with the `site` of this
directory."""

import os

import pytest

from server_agent.ports import Cancelled
from server_agent.ports.client_files import MOST_ENTRIES, NoDirectory, WalkRequest
from tests.agent.ssh.client_site import ClientSite, at_work
from tests.agent.ssh.rig import wait_for
from tests.agent.ssh.server import SshServer
from tests.agent.tar.test_walking import (
    test_a_file_of_excludes_is_told_line_by_line,
    test_a_thousand_excludes,
    test_caches_are_measured,
    test_it_keeps_what_the_backup_saves,
    test_the_largest_directories,
    test_what_must_not_be_dumped_is_measured,
)
from tests.fakes.engine import FakeControl

__all__ = [
    "test_a_file_of_excludes_is_told_line_by_line",
    "test_a_thousand_excludes",
    "test_caches_are_measured",
    "test_it_keeps_what_the_backup_saves",
    "test_the_largest_directories",
    "test_what_must_not_be_dumped_is_measured",
]


def test_odd_names_in_a_directory(site: ClientSite) -> None:
    names = ["line\nbreak", "caf\udce9", "'quoted'", "-rf", " blank"]
    for name in names:
        (site.source / name).write_bytes(b"x")
    (site.source / "to it").symlink_to("-rf")
    client = site.request().client
    found = site.engine.client_directory(client, os.fsencode(site.source), FakeControl())
    known = {entry.name: entry for entry in found.entries}
    assert set(known) == {os.fsencode(name) for name in (*names, "to it")}
    assert known[b"to it"].link_target == b"-rf"


def test_a_long_directory(site: ClientSite) -> None:
    for number in range(5000):
        (site.source / f"file {number}").touch()
    client = site.request().client
    found = site.engine.client_directory(client, os.fsencode(site.source), FakeControl())
    assert len(found.entries) == 5000 < MOST_ENTRIES
    assert not found.is_cut


def test_a_link_is_no_directory(site: ClientSite) -> None:
    (site.source / "link").symlink_to("/etc")
    client = site.request().client
    path = os.fsencode(site.source / "link")
    with pytest.raises(NoDirectory, match='to "/etc"'):
        site.engine.client_directory(client, path, FakeControl())


def test_a_cancel_ends_the_find_there(site: ClientSite, server: SshServer) -> None:
    for number in range(300):
        directory = site.source / str(number)
        directory.mkdir()
        for other in range(40):
            (directory / str(other)).touch()
    asked = site.request()
    control = FakeControl()
    events = site.engine.walk(WalkRequest(asked.sources, (), asked.client), control)
    next(events)
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)
    wait_for(lambda: not at_work(server, b"find"), "the end of find")


def test_a_walk_that_nobody_reads_any_more(site: ClientSite, server: SshServer) -> None:
    asked = site.request()
    events = site.engine.walk(WalkRequest(asked.sources, (), asked.client), FakeControl())
    next(events)
    events.close()  # type: ignore[attr-defined]
    wait_for(lambda: not at_work(server, b"find"), "the end of find")
