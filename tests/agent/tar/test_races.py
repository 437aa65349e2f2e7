"""Somebody works at the target while a restore runs: nothing of theirs goes that has to stay, and
nobody leads the restore elsewhere."""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from server_agent.adapters.tar import guard
from server_agent.adapters.tar.journal import Journal, Note
from server_agent.domain.jobs import Level
from server_agent.domain.overwriting import OverwriteRule
from server_agent.ports import Control, EngineError, Message, RestoreDone
from tests.agent.tar.site import IS_ROOT, NOBODY, Probe, Site, at
from tests.agent.tar.test_killed_restore import JOB
from tests.agent.tar.test_overwriting import BEFORE, BEHIND, SAVED, put, texts

RULED = [rule for rule in OverwriteRule if rule is not OverwriteRule.ALWAYS]


def can_guard() -> bool:
    """Whether this system lets the tests' user have a mount without links."""
    root = os.open("/", os.O_PATH | os.O_DIRECTORY)
    tree = guard.without_links(root, b"/") if IS_ROOT else None
    os.close(root)
    if tree is not None:
        os.close(tree)
    return tree is not None


CAN_GUARD = can_guard()
NAMES = [f"{number:02}" for number in range(20)]


def ruled(site: Site, rule: OverwriteRule, control: Control) -> RestoreDone:
    site.messages = []
    request = replace(site.restore_request(site.root / "target"), overwrite=rule)
    for event in site.engine.restore(request, control):
        if isinstance(event, Message):
            site.messages.append(event)
    assert isinstance(event, RestoreDone)
    return event


def once_noted(site: Site, act: Callable[[], None]) -> Probe:
    """Acts once, when the first files were looked at and before tar has any of them."""
    done: list[bool] = []

    def look() -> None:
        if not done and any(note.stat().st_size for note in (site.root / "tmp").glob("*.aside")):
            done.append(True)
            act()

    return Probe(look)


@pytest.mark.parametrize("rule", RULED)
def test_what_comes_between_the_look_and_the_writing_stays(site: Site, rule: OverwriteRule) -> None:
    for name in NAMES:
        put(site.source / name, "saved", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)

    done = ruled(site, rule, once_noted(site, lambda: put(place / "07", "own", BEHIND) and None))

    assert texts(place) == dict.fromkeys(NAMES, "saved") | {"07": "own"}
    assert (done.files, done.skipped) == (len(NAMES) - 1, 1)
    assert done.bytes_written == (len(NAMES) - 1) * len("saved")
    [message] = site.messages
    assert (message.code, message.path) == ("NOT_RESTORED", os.fsencode(site.source / "07"))
    assert "came to its place while the restore ran" in message.text


def test_an_older_file_that_is_written_anew_meanwhile_stays(site: Site) -> None:
    for name in NAMES:
        put(site.source / name, "saved", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)
    for name in NAMES:
        put(place / name, "own", BEFORE)
    site.messages = []

    def write() -> None:
        put(place / "07", "anew", BEHIND)

    done = ruled(site, OverwriteRule.IF_OLDER, once_noted(site, write))

    [holder] = place.glob(".sesam-*.tmp")
    assert (holder / "07").read_text() == "own", "it was moved aside and not replaced by us"
    (holder / "07").unlink()
    assert texts(place) == dict.fromkeys(NAMES, "saved") | {"07": "anew"}
    assert (done.files, done.skipped) == (len(NAMES) - 1, 1)
    assert "NOT_REMOVED" in site.codes()


def test_no_name_of_a_saved_file_becomes_one_of_a_stranger(site: Site) -> None:
    put(site.source / "a", "saved", SAVED)
    os.link(site.source / "a", site.source / "b")
    put(site.source / "c", "saved", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)

    def write() -> None:
        put(place / "a", "own", BEHIND)

    done = ruled(site, OverwriteRule.NEVER, once_noted(site, write))

    assert texts(place) == {"a": "own", "c": "saved"}
    assert (done.files, done.skipped) == (1, 2)
    assert sorted(message.path or b"" for message in site.messages) == [
        os.fsencode(site.source / name) for name in ("a", "b")
    ]


def test_directories_of_a_chain_come_back_by_every_rule(site: Site) -> None:
    """Files of an older saveset come before the newer member of their directory."""
    put(site.source / "d/one", "saved", SAVED)
    site.back_up()
    put(site.source / "d/two", "saved", SAVED)
    (site.source / "d").chmod(0o2750)
    os.utime(site.source / "d", (SAVED, SAVED))
    site.back_up()
    for rule in OverwriteRule:
        target = site.root / rule
        request = replace(site.restore_request(target), overwrite=rule)
        *_, done = site.engine.restore(request, Probe(lambda: None))
        assert isinstance(done, RestoreDone)
        found = (at(target, site.source) / "d").stat()
        assert (found.st_mode & 0o7777, found.st_mtime) == (0o2750, SAVED)
        assert (done.files, done.skipped) == (2, 0)


@pytest.mark.parametrize("rule", OverwriteRule)
@pytest.mark.skipif(not CAN_GUARD, reason="only root can, on a system that lets it")
def test_no_link_put_there_meanwhile_is_followed(site: Site, rule: OverwriteRule) -> None:
    """Another user exchanges a directory of theirs for a link while root restores into it."""
    for name in NAMES:
        put(site.source / "d" / name, "saved", SAVED)
    os.link(site.source / "d/00", site.source / "d/link")
    put(site.source / "e/f", "saved", SAVED)
    site.back_up()
    place, elsewhere = at(site.root / "target", site.source), site.root / "elsewhere"
    elsewhere.mkdir()
    os.utime(elsewhere, (BEFORE, BEFORE))
    (place / "d").mkdir(parents=True)
    os.utime(place / "d", (BEFORE, BEFORE))
    begun = os.stat(elsewhere)

    def exchange() -> None:
        (place / "d").rename(place / "away")
        (place / "d").symlink_to(elsewhere)
        os.lchown(place / "d", NOBODY, NOBODY)

    done = ruled(site, rule, once_noted(site, exchange))

    assert os.listdir(elsewhere) == []
    now = os.stat(elsewhere)
    assert (now.st_mtime, now.st_mode, now.st_ctime_ns) == (
        *(begun.st_mtime, begun.st_mode),
        begun.st_ctime_ns,
    )
    assert (place / "e/f").read_text() == "saved"
    if rule is OverwriteRule.ALWAYS:  # the link has gone, as anything in the place of a directory
        assert (place / "d/00").read_text() == "saved"
    else:
        assert done.skipped == len(NAMES) + 1
        assert (place / "d").is_symlink()
        [text] = [message.text for message in site.messages if "/d/00" in message.text]
        assert "a directory above it is a symbolic link now" in text


@pytest.mark.skipif(not IS_ROOT, reason="a user without privileges only has what is theirs")
@pytest.mark.parametrize("name", ["target", "target/deep/er"])
def test_no_link_of_another_user_leads_to_the_target(site: Site, name: str) -> None:
    put(site.source / "a", "saved", SAVED)
    site.back_up()
    (site.root / "elsewhere").mkdir()
    (site.root / "target").symlink_to("elsewhere")
    os.lchown(site.root / "target", NOBODY, NOBODY)

    for dry_run in (False, True):
        request = replace(site.restore_request(site.root / name), dry_run=dry_run)
        with pytest.raises(EngineError) as error:
            list(site.engine.restore(request, Probe(lambda: None)))
        assert error.value.code == "TARGET_UNUSABLE"
        assert "target in it is a symbolic link of another user" in error.value.text
        said = "Name the directory that the link leads to, if that is what is meant"
        assert error.value.text.endswith(said)
    assert os.listdir(site.root / "elsewhere") == []


def test_a_link_of_ones_own_leads_to_the_target(site: Site) -> None:
    put(site.source / "a", "saved", SAVED)
    site.back_up()
    (site.root / "elsewhere").mkdir()
    (site.root / "one").symlink_to(site.root / "two")
    (site.root / "two").symlink_to("elsewhere/../elsewhere")

    site.restore(site.root / "one/new")

    assert (at(site.root / "elsewhere/new", site.source) / "a").read_text() == "saved"


@pytest.mark.skipif(not IS_ROOT, reason="a user without privileges only has what is theirs")
def test_links_above_the_source_are_followed_if_they_are_roots(site: Site) -> None:
    put(site.source / "above/a", "saved", SAVED)
    site.back_up(site.source / "above")
    place = at(site.root / "target", site.source)
    elsewhere = site.root / "elsewhere"
    elsewhere.mkdir()
    place.parent.mkdir(parents=True)
    place.symlink_to(elsewhere)

    site.restore(site.root / "target")
    assert (elsewhere / "above/a").read_text() == "saved"
    assert site.messages == []

    os.chown(site.source / "above", NOBODY, NOBODY)
    site.back_up(site.source / "above")
    site.restore(site.root / "target")
    [message] = site.messages
    assert (message.level, message.code) == (Level.INFO, "NOT_GUARDED")

    (elsewhere / "above/a").unlink()
    os.lchown(place, NOBODY, NOBODY)
    if CAN_GUARD:
        site.restore(site.root / "target")
        assert not (elsewhere / "above/a").exists()
        assert (place / "above/a").read_text() == "saved"
        assert not place.is_symlink()


def test_places_are_said_and_noted_as_people_know_them(site: Site) -> None:
    put(site.source / "a/b", "saved", SAVED)
    put(site.source / "c", "saved", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)
    put(place / "a", "own", BEFORE)
    put(place / "c", "own", BEFORE)
    noted: list[bytes] = []

    def read() -> None:
        [journal] = (site.root / "tmp").glob("*.aside")
        noted.append(journal.read_bytes())

    site.restore(site.root / "target", control=once_noted(site, read))

    aside, replaced = site.messages
    assert (aside.code, aside.path) == ("MOVED_ASIDE", os.fsencode(place / "a"))
    assert (replaced.code, replaced.path) == ("REPLACED", os.fsencode(place / "a"))
    assert "/proc/" not in aside.text + replaced.text
    [journal] = noted
    assert os.fsencode(place / "a") in journal
    assert b"/proc/" not in journal


@pytest.mark.skipif(not CAN_GUARD, reason="only root can, on a system that lets it")
@pytest.mark.parametrize("exchanged", ["directory", "holder"])
def test_no_link_is_followed_after_a_kill(site: Site, exchanged: str) -> None:
    """What the start puts in order is below directories of others too."""
    elsewhere = site.root / "elsewhere"
    put(elsewhere / "f", "own", SAVED)
    place = site.root / "d/f"
    holder = site.root / "d/.sesam-1.tmp"
    link = holder if exchanged == "holder" else place.parent
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere)
    os.lchown(link, NOBODY, NOBODY)
    journal = Journal(site.root / "tmp/restore-7.aside")
    now = os.fsencode(holder / "f") if exchanged == "holder" else b""
    journal.path.parent.mkdir(exist_ok=True)
    journal.write([Note(os.fsencode(place), now, 100)], [], synced=True)

    messages = site.engine.put_back(JOB)

    assert texts(elsewhere) == {"f": "own"}
    assert link.is_symlink()
    assert [message.code for message in messages] == ["LEFT_ASIDE"] * (exchanged == "directory")
    assert all("symbolic link of another user" in message.text for message in messages)


def test_another_restore_may_make_the_target_at_the_same_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = os.mkdir

    def make_second(name: bytes, mode: int, *, dir_fd: int) -> None:
        make(name, mode, dir_fd=dir_fd)
        make(name, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "mkdir", make_second)
    os.close(guard.opened(os.fsencode(site.root / "new/target"), is_made=True))
    assert (site.root / "new/target").is_dir()
