"""What a verify may say of a saveset: only what it has read."""

import json
import os
from pathlib import Path

import pytest

from server_agent.adapters.restic.repository import Repository
from server_agent.ports import NotCompared, Verified, VerifyRequest
from tests.agent.restic.site import ResticSite
from tests.agent.tar.site import LABEL, unprivileged
from tests.fakes.engine import FakeControl


@pytest.mark.parametrize("quick", [False, True])
def test_what_the_agent_may_not_read_is_not_called_damaged(
    open_site: ResticSite, quick: bool
) -> None:
    site = open_site
    with unprivileged():
        (site.source / "file").write_text("kept")
        site.back_up()
        behind = site.chain[0]
        site.back_up()
        site.listing().chmod(0)
        request = VerifyRequest((site.chain[0], behind), quick=quick)
        events = list(site.engine.verify(request, FakeControl()))
    unread, verified = (each for each in events if isinstance(each, NotCompared | Verified))
    assert isinstance(unread, NotCompared)
    assert unread.saveset == site.chain[0].name
    assert "Permission denied" in unread.text
    assert f"{site.listing()}" in unread.text
    assert isinstance(verified, Verified)
    assert (verified.saveset, verified.fault) == (behind.name, "")


def test_a_name_of_an_attribute_that_tar_cannot_write(site: ResticSite) -> None:
    """`restic dump` makes no archive of it, which is no fault of the saveset."""
    (site.source / "before").write_bytes(os.urandom(300_000))
    marked = site.source / "marked"
    marked.write_text("x")
    os.setxattr(marked, "user.a=b", b"v")
    (site.source / "z").write_bytes(os.urandom(300_000))
    site.back_up()
    assert site.fault() == ""
    for path in (site.medium / "data").rglob("*"):
        if path.is_file() and path.stat().st_size > 100_000:
            _flip(path, at=400_000)
    assert "not what was written" in site.fault()


def test_a_damaged_directory_of_small_files_is_found(site: ResticSite) -> None:
    """An archive without what is in it would be large enough: tar has a block for each name."""
    for directory in ("a", "b"):
        (site.source / directory).mkdir()
        for number in range(20):
            (site.source / directory / f"f{number}").write_text(f"{directory}{number}")
    site.back_up()
    whole = site.fault()
    _damage_tree_of(site, "b")
    assert (whole, bool(site.fault())) == ("", True)


@pytest.mark.parametrize("quick", [False, True])
def test_a_fault_says_no_line_of_a_stack(site: ResticSite, quick: bool) -> None:
    (site.source / "file").write_bytes(os.urandom(1000))
    site.back_up()
    for path in (site.medium / "data").rglob("*"):
        if path.is_file():
            _flip(path, at=10)
    request = VerifyRequest((site.chain[0],), quick=quick)
    events = site.engine.verify(request, FakeControl())
    [fault] = [event.fault for event in events if isinstance(event, Verified)]
    assert "failed: ciphertext verification failed" in fault
    assert ".go" not in fault
    assert "runtime" not in fault


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + 10] = bytes(byte ^ 0xFF for byte in content[at : at + 10])
    path.chmod(0o600)
    path.write_bytes(content)


def _damage_tree_of(site: ResticSite, name: str) -> None:
    """Of a directory of the source, flips what the repository has of its tree."""
    repository = site.engine._places.repository(LABEL)
    tree = _tree(repository, name)
    for index in repository.indexes(FakeControl()):
        answer = repository.program.run(["cat", "index", index, "--no-lock"], FakeControl())
        for pack in json.loads(answer.out)["packs"]:
            for blob in pack["blobs"]:
                if blob["id"] == tree:
                    _flip(site.medium / "data" / pack["id"][:2] / pack["id"], blob["offset"] + 20)
                    return
    raise AssertionError(f"no blob {tree}")


def _tree(repository: Repository, name: str) -> str:
    """The id of a directory's tree in the snapshot of the sources."""
    [snapshot] = [each for each in repository.snapshots() if not each.has_listing]
    todo = [snapshot.tree]
    while todo:
        words = ["cat", "blob", todo.pop(), "--no-lock"]
        answer = repository.program.run(words, FakeControl())
        for node in json.loads(answer.out)["nodes"]:
            if node["type"] == "dir":
                if node["name"] == name:
                    return str(node["subtree"])
                todo.append(node["subtree"])
    raise AssertionError(f"no directory {name}")
