"""Looking at a client before a backup, and into files that were saved, with a real agent."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sesam_api.client import Location
from sesam_api.client_file_records import Walk
from sesam_api.errors import SesamError
from tests.e2e.agent_process import SECONDS, AgentProcess

SM_CMD = "import sys; from server_agent.commands.sm_cmd import main; sys.exit(main())"
ODD = b"caf\xe9\nlist.TXT"


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "sesam", tmp_path)
    try:
        agent.start()
        yield agent
    finally:
        agent.close()


@pytest.fixture
def location(agent: AgentProcess) -> Iterator[Location]:
    with agent.connected() as location:
        location.add_client("here")
        yield location


@pytest.fixture
def source(tmp_path: Path) -> Path:
    source = tmp_path / "documents"
    (source / "old").mkdir(parents=True)
    (source / "letter.txt").write_bytes(b"Dear reader\n")
    (source / "old/huge.tmp").write_bytes(bytes(5_000_000))
    (source / "random").write_bytes(os.urandom(3_000_000))
    (source / os.fsdecode(ODD)).write_bytes(b"odd")
    return source


def sm_cmd(agent: AgentProcess, *words: str | bytes) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-c", SM_CMD, "--root", str(agent.root), *words]
    return subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)


def saved(location: Location, source: Path, kind: str = "FULL") -> str:
    if kind == "FULL":
        location.add_task("documents", "here", [source], ["*.tmp"])
    return location.wait(location.start_backup("documents", kind), SECONDS).saveset


def test_a_directory_is_browsed(location: Location, agent: AgentProcess, source: Path) -> None:
    found = list(location.client_directory("here", source))
    assert [entry.name for entry in found] == [b"old", ODD, b"letter.txt", b"random"]
    assert found[0].kind == "directory"
    answer = sm_cmd(agent, "browse", "here", os.fsencode(source))
    assert answer.returncode == 0
    rows = [line.split(b"\t") for line in answer.stdout.splitlines()]
    assert [row[0] for row in rows[1:]] == [b"old", rb"caf\xe9\nlist.TXT", b"letter.txt", b"random"]


def test_a_long_directory_is_browsed(location: Location, tmp_path: Path) -> None:
    long = tmp_path / "long"
    long.mkdir()
    for number in range(3000):
        (long / f"file {number:05d}").touch()
    names = [entry.name for entry in location.client_directory("here", long)]
    assert names == sorted(names)
    assert len(names) == 3000


def test_excludes_are_tested_and_then_do_what_was_said(
    location: Location, agent: AgentProcess, source: Path
) -> None:
    told: list[int] = []
    walk = location.test_excludes("here", [source], ["*.tmp", "*.bak"], progress=told.append)
    assert [(each.pattern, each.hits, each.hits_nothing) for each in walk.left_out] == [
        ("*.tmp", 1, False),
        ("*.bak", 0, True),
    ]
    assert walk.left_size == 5_000_000
    assert told
    saveset = location.saveset(saved(location, source))
    assert (walk.kept_files, walk.kept_size) == (saveset.files, saveset.size)
    estimate: Walk = location.estimate(location.task("documents"))
    assert estimate.kept_size == walk.kept_size
    assert (estimate.compared_with, estimate.changed_files) == (saveset.name, 0)
    (source / "letter.txt").write_bytes(b"Dear others, once more\n")
    changed = location.estimate(location.task("documents"))
    assert (changed.changed_files, changed.changed_size) == (1, 23)
    (source / "letter.txt").write_bytes(b"Dear reader\n")
    assert estimate.largest[0].path == os.fsencode(source)
    answer = sm_cmd(agent, "test-excludes", "documents", "-x", "letter.*")
    assert b"exclude\tletter.*\t1\t1\t12\t" in answer.stdout
    assert (
        b"kept_size\t8000003\n"
        in sm_cmd(
            agent, "test-excludes", "--client", "here", "-s", os.fsencode(source), "-x", "letter.*"
        ).stdout
    )
    assert (
        f"kept_size\t{walk.kept_size}\n".encode() in sm_cmd(agent, "estimate", "documents").stdout
    )


def test_a_walk_that_cannot_be_made_says_why(location: Location, agent: AgentProcess) -> None:
    with pytest.raises(SesamError, match="/nowhere") as failure:
        location.test_excludes("here", ["/nowhere"])
    assert failure.value.reason == "WALK_FAILED"
    assert failure.value.metadata["code"] == "SOURCE_MISSING"
    answer = sm_cmd(agent, "test-excludes", "--client", "here", "-s", "/nowhere")
    assert answer.returncode == 1
    assert answer.stdout.startswith(b"STATUS=ERROR")


def test_a_saved_file_is_read(location: Location, agent: AgentProcess, source: Path) -> None:
    content = (source / "random").read_bytes()
    full = saved(location, source)
    (source / "letter.txt").write_bytes(b"Dear others\n")
    inc = saved(location, source, "INC")
    for saveset, letter in ((full, b"Dear reader\n"), (inc, b"Dear others\n")):
        assert b"".join(location.read(saveset, source / "letter.txt")) == letter
        assert b"".join(location.read(saveset, source / "random")) == content
    some = location.read(inc, source / "random", 1_000_000, 1000)
    assert b"".join(some) == content[1_000_000:1_001_000]
    path = os.fsencode(source) + b"/"
    assert sm_cmd(agent, "cat", inc, path + b"random").stdout == content
    assert sm_cmd(agent, "cat", inc, path + ODD).stdout == b"odd"
    answer = sm_cmd(agent, "cat", inc, path + b"none")
    assert (answer.returncode, answer.stdout) == (1, b"")
    assert answer.stderr.startswith(b"STATUS=ERROR")


def test_a_file_larger_than_a_piece(
    location: Location, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sesam_api.client_file_calls.PIECE_BYTES", 700_001)
    saveset = saved(location, source)
    whole = b"".join(location.read(saveset, source / "random"))
    assert whole == (source / "random").read_bytes()


def test_who_stops_reading_ends_the_walk(location: Location, tmp_path: Path) -> None:
    """The agent has a place for the next ones again."""
    deep = tmp_path / "deep"
    for number in range(200):
        (deep / str(number)).mkdir(parents=True)
        for other in range(50):
            (deep / str(number) / str(other)).touch()

    class Enough(Exception):
        pass

    def stop(entries: int) -> None:
        raise Enough

    for _ in range(6):
        with pytest.raises(Enough):
            location.test_excludes("here", [deep], progress=stop)
    walk = location.test_excludes("here", [deep])
    assert walk.kept_files == 10_000
