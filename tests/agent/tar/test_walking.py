"""A walk before a backup says what the backup then does."""

import os
import random
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from server_agent.adapters.tar import hits
from server_agent.domain.reach import LOCAL
from server_agent.domain.task_options import ExcludeKind, TaskOptions
from server_agent.ports import Cancelled, EngineError
from server_agent.ports.client_files import (
    LeftOutBy,
    LeftOutCause,
    NoDirectory,
    WalkDone,
    WalkRequest,
)
from tests.agent.tar.site import NOBODY, Site, unprivileged
from tests.agent.tar.test_left_out import make, make_cache, set_no_dump
from tests.fakes.engine import FakeControl

REGEX = TaskOptions(exclude_kind=ExcludeKind.REGEX)
NAMES = ("a", "b.tmp", "cache", "d-1", "d", "e\nf", "g*", "h\udce9", "tmp")
PATTERNS = (
    "*.tmp",
    "cache",
    "./d",
    "d/a",
    "tmp/",
    "[de]*",
    "*\udce9",
    "no such",
    "g\\*",
    "./d-1/tmp/",
)
EXPRESSIONS = (r"\.tmp$", "cache", "/d/", "d-[0-9]", "source/a$", "no such", "h.$")


def walked(
    site: Site, *sources: Path, excludes: tuple[str, ...] = ()
) -> tuple[list[LeftOutBy], WalkDone]:
    asked = site.request(*sources, excludes=excludes)
    request = WalkRequest(asked.sources, asked.excludes, asked.client, asked.options)
    *events, done = site.engine.walk(request, FakeControl())
    assert isinstance(done, WalkDone)
    assert not list((site.root / "tmp").glob("*walk*"))
    return [event for event in events if isinstance(event, LeftOutBy)], done


def by_cause(told: list[LeftOutBy], cause: LeftOutCause) -> LeftOutBy:
    [found] = [each for each in told if each.cause is cause]
    return found


def grow(directory: Path, chance: random.Random, depth: int = 0) -> None:
    """A tree with names that mean something to patterns, hard links and holes."""
    directory.mkdir(exist_ok=True)
    for name in NAMES:
        path = directory / name
        kind = chance.random()
        if kind < 0.3 and depth < 3:
            grow(path, chance, depth + 1)
        elif kind < 0.6:
            path.write_bytes(b"x" * chance.randrange(5000))
            if chance.random() < 0.3:
                os.link(path, directory / f"{name}.link")
        elif kind < 0.65:
            path.symlink_to("/etc")
        elif kind < 0.7:
            make_cache(path)
            (path / "in it").write_bytes(b"y" * 100)


@pytest.mark.parametrize("seed", range(8))
def test_it_keeps_what_the_backup_saves(site: Site, seed: int) -> None:
    chance = random.Random(seed)
    grow(site.source, chance)
    is_regex = seed % 2 == 1
    site.options = TaskOptions(
        exclude_kind=ExcludeKind.REGEX if is_regex else ExcludeKind.PATTERN,
        skip_cache_directories=chance.random() < 0.5,
    )
    some = EXPRESSIONS if is_regex else PATTERNS
    excludes = tuple(chance.sample(some, chance.randrange(len(some))))
    told, done = walked(site, excludes=excludes)
    saved = site.back_up(excludes=excludes)
    assert (done.kept_files, done.kept_bytes) == (saved.files, saved.bytes_read)
    assert [each.pattern for each in told[: len(excludes)]] == list(excludes)


@pytest.mark.parametrize("seed", range(4))
def test_each_exclude_leaves_out_what_it_would_alone(site: Site, seed: int) -> None:
    grow(site.source, random.Random(seed))
    told, done = walked(site, excludes=PATTERNS)
    _, everything = walked(site)
    for each in told:
        _, alone = walked(site, excludes=(each.pattern,))
        assert everything.kept_files - alone.kept_files == each.files, each.pattern
        assert bool(each.hits) == bool(each.examples)
    assert done.left_files == everything.kept_files - done.kept_files
    assert done.left_bytes == everything.kept_bytes - done.kept_bytes


def test_a_file_of_which_a_name_stays_costs_its_bytes(site: Site) -> None:
    (site.source / "kept").write_bytes(b"x" * 1000)
    os.link(site.source / "kept", site.source / "also.tmp")
    told, done = walked(site, excludes=("*.tmp",))
    assert (told[0].hits, told[0].files, told[0].size) == (1, 1, 1000)
    assert (done.kept_bytes, done.left_files, done.left_bytes) == (1000, 1, 0)


def test_a_file_of_excludes_is_told_line_by_line(site: Site) -> None:
    make(site, "a.log", "b.txt")
    file = site.root / "excludes"
    file.write_bytes(b"# a comment\n*.log\nh\xe9\n")
    site.options = TaskOptions(exclude_file=os.fsencode(file))
    told, done = walked(site, excludes=("*.nothing",))
    assert [(each.cause, each.pattern, each.hits) for each in told] == [
        (LeftOutCause.EXCLUDE, "*.nothing", 0),
        (LeftOutCause.EXCLUDE_FILE, "*.log", 1),
        (LeftOutCause.EXCLUDE_FILE, "h\udce9", 0),
    ]
    assert done.kept_files == 1


def test_very_many_excludes_are_told_together_in_the_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hits, "_TOLD_BYTES", 3000)
    make(site, "f1", "f200", "f299", "kept")
    told, done = walked(site, excludes=tuple(f"f{number}" for number in range(300)))
    assert told[1].hits == 1
    assert told[-1].cause is LeftOutCause.OTHER_EXCLUDES
    assert (told[-1].hits, told[-1].files) == (2, 2)
    assert len(told) < 300
    assert done.kept_files == 1


def test_a_thousand_excludes(site: Site) -> None:
    make(site, "n7", "n999", "kept")
    told, done = walked(site, excludes=tuple(f"n{number}" for number in range(1000)))
    assert [each.pattern for each in told if each.hits] == ["n7", "n999"]
    assert done.kept_files == 1


def test_caches_are_measured(site: Site) -> None:
    make_cache(site.source / "cache")
    make(site, "cache/one", "cache/two", "kept")
    site.options = TaskOptions(skip_cache_directories=True)
    told, done = walked(site)
    found = by_cause(told, LeftOutCause.CACHES)
    assert (found.hits, found.files, found.size) == (1, 2, 18)
    assert found.examples == (os.fsencode(site.source / "cache"),)
    assert done.kept_files == 2


def test_what_must_not_be_dumped_is_measured(site: Site) -> None:
    make(site, "dumped", "not", "dir/in it")
    set_no_dump(site.source / "not", site.source / "dir")
    site.options = TaskOptions(skip_nodump=True)
    told, done = walked(site)
    found = by_cause(told, LeftOutCause.NO_DUMP)
    assert (found.hits, found.files, found.size) == (2, 2, 12)
    assert done.kept_files == 1


def test_what_a_backup_only_names_is_named(site: Site) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(site.source / "socket"))
        told, done = walked(site)
    assert by_cause(told, LeftOutCause.SOCKETS).examples == (os.fsencode(site.source / "socket"),)
    assert done.kept_files == 0


def test_the_agents_own_files_are_named(site: Site) -> None:
    make(site, "kept")
    told, _ = walked(site, site.root)
    own = by_cause(told, LeftOutCause.OWN_FILES)
    assert os.fsencode(site.root / "tmp") in own.examples
    told, _ = walked(site, site.root, excludes=("tmp",))
    own = by_cause(told, LeftOutCause.OWN_FILES)
    assert os.fsencode(site.root / "tmp") not in own.examples


def test_what_may_not_be_looked_into_is_named_unless_it_is_excluded(open_site: Site) -> None:
    with unprivileged():
        make(open_site, "kept", "shut/in it", "out/shut/in it")
        for name in ("shut", "out/shut"):
            (open_site.source / name).chmod(0)
        try:
            told, _ = walked(open_site, excludes=("out",))
        finally:
            for name in ("shut", "out/shut"):
                (open_site.source / name).chmod(0o700)
    found = by_cause(told, LeftOutCause.UNREADABLE)
    assert found.examples == (os.fsencode(open_site.source / "shut"),)


def test_the_largest_directories(site: Site) -> None:
    """Sorted so that a directory is not parted from what is in it by one that begins alike."""
    for name, size in (("a/x/1", 900), ("a/y/2", 50), ("a-b/3", 500), ("a/4", 30), ("5", 10)):
        path = site.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    _, done = walked(site)
    top = os.fsencode(site.source)
    # Of "a", nine tenths are in "a/x".
    assert [(each.path, each.files, each.size) for each in done.largest] == [
        (top, 5, 1490),
        (top + b"/a/x", 1, 900),
        (top + b"/a-b", 1, 500),
        (top + b"/a/y", 1, 50),
    ]


def test_an_expression_that_find_refuses(site: Site) -> None:
    make(site, "kept")
    site.options = REGEX
    with pytest.raises(EngineError) as failure:
        walked(site, excludes=("a{1",))
    assert failure.value.code == "EXCLUDE_UNUSABLE"


def test_a_cancel_ends_it_and_nothing_stays(site: Site) -> None:
    make(site, *(f"f{number}" for number in range(100)))
    asked = site.request()
    control = FakeControl()
    events = site.engine.walk(WalkRequest(asked.sources, (), asked.client), control)
    control.cancel()
    with pytest.raises(Cancelled):
        list(events)
    assert not list((site.root / "tmp").iterdir())


def estimated(site: Site, *excludes: str) -> WalkDone:
    """Compared with the newest saveset."""
    asked = site.request(excludes=excludes)
    request = WalkRequest(
        *(asked.sources, asked.excludes, asked.client, asked.options, site.chain[0])
    )
    *_, done = site.engine.walk(request, FakeControl())
    assert isinstance(done, WalkDone)
    return done


def test_what_an_inc_would_save(site: Site) -> None:
    make(site, "a", "b", "left.tmp", "dir/c")
    site.back_up(excludes=("*.tmp",))
    (site.source / "b").write_bytes(b"changed")
    make(site, "new", "new.tmp")
    done = estimated(site, "*.tmp")
    saved = site.back_up(excludes=("*.tmp",))
    assert done.compared_with == site.chain[1].name
    assert (done.changed_files, done.changed_bytes) == (saved.files, saved.bytes_read) == (2, 10)
    assert (done.kept_files, done.kept_bytes) == (saved.listed_files, saved.listed_bytes)


@pytest.mark.parametrize("content", [None, b"no database at all"])
def test_a_listing_that_cannot_be_compared_with_is_said(site: Site, content: bytes | None) -> None:
    make(site, "a")
    site.back_up()
    [listing] = (site.root / "lis").rglob("*.db")
    listing.unlink()
    if content is not None:
        listing.write_bytes(content)
    done = estimated(site)
    assert (done.compared_with, done.kept_files) == ("", 1)
    assert site.chain[0].name in done.warnings[0]


def test_what_find_cannot_look_at_is_there_all_the_same(open_site: Site) -> None:
    with unprivileged():
        make(open_site, "half/in it", "open/x")
        (open_site.source / "half").chmod(0o400)
        try:
            look = partial(open_site.engine.client_directory, LOCAL)
            half = look(os.fsencode(open_site.source / "half"), FakeControl())
            (open_site.source / "half").chmod(0o100)
            with pytest.raises(NoDirectory, match="Permission denied"):
                look(os.fsencode(open_site.source / "half"), FakeControl())
        finally:
            (open_site.source / "half").chmod(0o700)
    assert [(each.name, each.is_readable) for each in half.entries] == [(b"in it", False)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_what_the_account_may_not_read_is_said(open_site: Site) -> None:
    """In a process that is wholly somebody else: what may be read depends on the real user."""
    for name, mode in (("shut", 0o700), ("file", 0o600), ("open", 0o755)):
        path = open_site.source / name
        path.touch() if name == "file" else path.mkdir()
        path.chmod(mode)
        os.chown(path, 0, 0)
    (open_site.source / "link").symlink_to("nowhere")
    script = (
        "import os, sys\n"
        "from server_agent.adapters.tar import client_directory\n"
        "from server_agent.adapters.tar.client import LocalClient\n"
        "from server_agent.service.control import JobControl\n"
        f"os.setresuid({NOBODY}, {NOBODY}, {NOBODY})\n"
        "found = client_directory.read(LocalClient(), os.fsencode(sys.argv[1]), JobControl())\n"
        "print({each.name.decode(): each.is_readable for each in found.entries})\n"
    )
    command = [sys.executable, "-c", script, str(open_site.source)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert answer.stdout.strip() == str({"open": True, "shut": False, "file": False, "link": True})
