"""What becomes of what is at the target already, by each rule."""

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server_agent.adapters.tar.ruling import LINES, Lines
from server_agent.domain.jobs import Phase
from server_agent.domain.overwriting import OverwriteRule
from server_agent.ports import Message, RestoreDone
from tests.agent.tar.site import Site, at, is_progress, only_mounting
from tests.agent.tar.test_killed_restore import JOB, killed_at
from tests.agent.tar.test_mounted import go_through
from tests.agent.tar.trees import picture
from tests.fakes.engine import FakeControl

SAVED = 1_500_000_000  # seconds since 1970
BEFORE, BEHIND = SAVED - 1, SAVED + 1
RULES = tuple(OverwriteRule)
FILES = 24
FILE_BYTES = 1 << 20


def put(path: Path, content: str, seconds: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (seconds, seconds))
    return path


def restored(
    site: Site, target: Path, rule: OverwriteRule, *paths: Path, dry_run: bool = False
) -> RestoreDone:
    site.messages = []
    request = site.restore_request(target, *paths)
    request = replace(request, overwrite=rule, dry_run=dry_run)
    for event in site.engine.restore(request, FakeControl()):
        if isinstance(event, Message):
            site.messages.append(event)
    assert isinstance(event, RestoreDone)
    return event


@pytest.fixture
def place(site: Site) -> Path:
    """Where the files of a saveset come to: some are there, older or newer than the saved ones."""
    for name in ("older", "newer", "alike", "fresh", "dir/in", "dir/there"):
        put(site.source / name, f"saved {name}", SAVED)
    os.utime(site.source / "dir", (SAVED, SAVED))
    site.back_up()
    place = at(site.root / "target", site.source)
    put(place / "older", "own", BEFORE)
    put(place / "newer", "own", BEHIND)
    put(place / "alike", "own", SAVED)
    put(place / "dir" / "there", "own", BEHIND)
    put(place / "mine", "own", BEFORE)
    (place / "dir").chmod(0o700)
    os.utime(place / "dir", (BEHIND, BEHIND))
    return place


def texts(place: Path) -> dict[str, str]:
    return {
        str(path.relative_to(place)): path.read_text()
        for path in place.rglob("*")
        if path.is_file()
    }


def test_always(site: Site, place: Path) -> None:
    done = restored(site, site.root / "target", OverwriteRule.ALWAYS)

    found = texts(place)
    assert found.pop("mine") == "own"
    assert found == {name: f"saved {name}" for name in found}
    assert (done.files, done.notes, done.skipped) == (6, (), 0)
    assert stat.S_IMODE((place / "dir").stat().st_mode) == 0o755
    assert (place / "dir").stat().st_mtime == SAVED


def test_never(site: Site, place: Path) -> None:
    done = restored(site, site.root / "target", OverwriteRule.NEVER)

    found = texts(place)
    saved = {name for name, text in found.items() if text != "own"}
    assert saved == {"fresh", "dir/in"}
    assert (done.files, done.notes) == (2, ("4 files kept because they exist",))
    assert (done.skipped, done.warnings) == (0, ())
    assert sorted(site.codes()).count("KEPT") == 4
    assert stat.S_IMODE((place / "dir").stat().st_mode) == 0o700


def test_if_older(site: Site, place: Path) -> None:
    done = restored(site, site.root / "target", OverwriteRule.IF_OLDER)

    saved = {name for name, text in texts(place).items() if text != "own"}
    assert saved == {"older", "fresh", "dir/in"}
    assert (done.files, done.notes) == (3, ("3 files kept because they are not older",))
    assert (done.skipped, done.warnings) == (0, ())
    assert stat.S_IMODE((place / "dir").stat().st_mode) == 0o700, "the directory is newer"


def test_if_older_of_a_directory(site: Site, place: Path) -> None:
    os.utime(place / "dir", (BEFORE, BEFORE))

    restored(site, site.root / "target", OverwriteRule.IF_OLDER)

    assert stat.S_IMODE((place / "dir").stat().st_mode) == 0o755
    assert (place / "dir").stat().st_mtime == SAVED


def test_rename(site: Site, place: Path) -> None:
    put(place / "older.restored", "own", BEFORE)
    put(place / "newer.restored-2", "own", BEFORE)

    done = restored(site, site.root / "target", OverwriteRule.RENAME)

    found = texts(place)
    saved = {name: text for name, text in found.items() if text != "own"}
    assert saved == {
        "fresh": "saved fresh",
        "dir/in": "saved dir/in",
        "dir/there.restored": "saved dir/there",
        "older.restored-2": "saved older",
        "newer.restored": "saved newer",
        "alike.restored": "saved alike",
    }
    assert (place / "older.restored-2").stat().st_mtime == SAVED
    assert (done.files, done.notes) == (6, ("4 files restored under new names",))
    assert (done.skipped, done.warnings) == (0, ())
    told = {message.text for message in site.messages if message.code == "RENAMED"}
    assert f'"{place}/newer" stays; the restored one is "{place}/newer.restored"' in told
    assert not list(place.rglob(".sesam-*"))


def test_a_new_name_is_none_of_the_saveset(site: Site) -> None:
    put(site.source / "a", "saved a", SAVED)
    put(site.source / "a.restored", "saved a.restored", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)
    put(place / "a", "own", BEFORE)

    restored(site, site.root / "target", OverwriteRule.RENAME)

    assert texts(place) == {
        "a": "own",
        "a.restored": "saved a.restored",
        "a.restored-2": "saved a",
    }


def test_a_new_name_of_a_long_one(site: Site) -> None:
    names = ["x" + "ä" * 127, "x" + "ä" * 126 + "b"]
    for name in names:
        put(site.source / name, f"saved {name[-1]}", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)
    for name in names:
        put(place / name, "own", BEFORE)

    restored(site, site.root / "target", OverwriteRule.RENAME)

    new = [name for name in os.listdir(place) if name not in names]
    assert sorted(name.partition(".")[2] for name in new) == ["restored", "restored-2"]
    assert all(len(os.fsencode(name)) <= 255 for name in new)
    assert sorted((place / name).read_text() for name in new) == ["saved b", "saved ä"]


@pytest.mark.parametrize("rule", [OverwriteRule.NEVER, OverwriteRule.RENAME])
@pytest.mark.parametrize("there", ["one", "two"])
def test_a_hard_link_to_what_stays_has_its_own_content(
    site: Site, rule: OverwriteRule, there: str
) -> None:
    put(site.source / "one", "saved", SAVED)
    os.link(site.source / "one", site.source / "two")
    os.link(site.source / "one", site.source / "three")
    site.back_up()
    place = at(site.root / "target", site.source)
    put(place / there, "own", BEHIND)

    restored(site, site.root / "target", rule)

    found = texts(place)
    assert found.pop(there) == "own"
    assert set(found.values()) == {"saved"}
    assert len({(place / name).stat().st_ino for name in found}) == 1
    assert len(found) == (3 if rule is OverwriteRule.RENAME else 2)


def make_kinds(site: Site) -> Path:
    put(site.source / "blocked" / "deep" / "a", "saved", SAVED)
    put(site.source / "tree", "saved", SAVED)
    put(site.source / "hollow", "saved", SAVED)
    put(site.source / "lead" / "b", "saved", SAVED)
    (site.source / "link").symlink_to("tree")
    os.utime(site.source / "link", (SAVED, SAVED), follow_symlinks=False)
    for name in ("blocked", "lead", ""):
        os.utime(site.source / name, (SAVED, SAVED))
    site.back_up()
    place = at(site.root / "target", site.source)
    put(place / "blocked", "own", BEHIND)
    put(place / "tree" / "own", "own", BEHIND)
    (place / "hollow").mkdir()
    put(place / "link", "own", BEHIND)
    (site.root / "elsewhere").mkdir()
    (place / "lead").symlink_to(site.root / "elsewhere")
    return place


@pytest.mark.parametrize("rule", [OverwriteRule.NEVER, OverwriteRule.IF_OLDER])
def test_what_is_of_another_kind_stays(site: Site, rule: OverwriteRule) -> None:
    place = make_kinds(site)

    def stands() -> dict[bytes, dict[str, Any]]:
        """Without the directory in which a client has what comes until it is whole."""
        return {name: facts for name, facts in picture(place).items() if name != b"."}

    before = stands()

    done = restored(site, site.root / "target", rule)

    assert stands() == before
    assert os.listdir(site.root / "elsewhere") == []
    assert done.skipped == 4, "blocked/deep/a, tree, hollow, lead/b"
    ways = {message.path for message in site.messages if message.code == "IN_THE_WAY"}
    names = {os.path.basename(path) for path in ways if path is not None}
    assert names == {b"blocked", b"tree", b"hollow", b"lead"}
    assert done.files == 0


def test_what_is_of_another_kind_beside_a_new_name(site: Site) -> None:
    place = make_kinds(site)

    done = restored(site, site.root / "target", OverwriteRule.RENAME)

    assert (place / "tree.restored").read_text() == "saved"
    assert (place / "hollow.restored").read_text() == "saved"
    assert os.readlink(place / "link.restored") == "tree"
    assert (place / "blocked").read_text() == "own"
    assert os.listdir(site.root / "elsewhere") == []
    assert (done.files, done.skipped) == (3, 2)


@pytest.mark.parametrize("rule", [OverwriteRule.NEVER, OverwriteRule.RENAME])
def test_a_file_above_the_source_stays(site: Site, rule: OverwriteRule) -> None:
    put(site.source / "a", "saved", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)
    put(place.parent, "own", BEFORE)

    done = restored(site, site.root / "target", rule)

    assert place.parent.read_text() == "own"
    assert (done.files, done.skipped) == (0, 1)
    assert "IN_THE_WAY" in site.codes()


@pytest.mark.parametrize("rule", RULES)
def test_a_dry_run_says_what_a_restore_does(site: Site, place: Path, rule: OverwriteRule) -> None:
    before = picture(site.root / "target")

    dry = restored(site, site.root / "target", rule, dry_run=True)
    said = site.messages
    assert picture(site.root / "target") == before
    assert (dry.files, dry.bytes_written, dry.skipped) == (0, 0, 0)
    assert dry.notes[0].startswith("Dry run, nothing was restored: ")
    old = texts(place)
    restored(site, site.root / "target", rule)
    new = texts(place)

    def names(code: str) -> set[str]:
        found = {os.fsdecode(each.path or b"") for each in said if each.code == code}
        files = {os.path.relpath(path, site.source) for path in found}
        return {name for name in files if not (site.source / name).is_dir()}

    changed = {name for name in old if new[name] != old[name]}
    assert names("WOULD_REPLACE") == changed
    anew = {name.removesuffix(".restored") for name in new if name.endswith(".restored")}
    assert names("WOULD_RENAME") == anew
    assert names("WOULD_CREATE") == {"fresh", "dir/in"}
    assert names("WOULD_KEEP") == set(old) - changed - anew - {"mine"}


def test_a_dry_run_makes_no_target(site: Site) -> None:
    put(site.source / "a", "saved", SAVED)
    site.back_up()

    done = restored(site, site.root / "new" / "target", OverwriteRule.ALWAYS, dry_run=True)

    assert not (site.root / "new").exists()
    assert "WOULD_CREATE" in site.codes()
    assert "5 bytes would be written" in done.notes[0]


def test_a_dry_run_names_what_is_in_the_way(site: Site) -> None:
    make_kinds(site)

    done = restored(site, site.root / "target", OverwriteRule.ALWAYS, dry_run=True)

    assert done.warnings == ("1 entry would not be restored: something is in the way",)
    assert site.codes().count("IN_THE_WAY") == 1
    assert site.codes().count("WOULD_REPLACE") == 4
    assert (site.root / "elsewhere").is_dir()


def test_what_comes_meanwhile_stays(site: Site) -> None:
    """Something comes to a place between the look at it and the restore."""
    for number in range(3):
        put(site.source / f"{number}", "saved", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)
    put(place / "0", "own", BEFORE)
    request = replace(site.restore_request(site.root / "target"), overwrite=OverwriteRule.NEVER)

    events = []
    for event in site.engine.restore(request, FakeControl()):
        events.append(event)
        if is_progress(event, Phase.TRANSFER) and not (place / "1").exists():
            put(place / "2", "own", BEFORE)

    done = events[-1]
    assert isinstance(done, RestoreDone)
    assert texts(place) == {"0": "own", "1": "saved", "2": "own"}
    assert (done.files, done.skipped) == (1, 1)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_kill_in_the_middle(site: Site, rule: OverwriteRule, count: int) -> None:
    """Each file is the old or the new one afterwards, and what the rule leaves is the old one."""
    target, place = site.root / "target", at(site.root / "target", site.source)
    for number in range(FILES):
        path = site.source / f"{number:02}"
        path.write_bytes(os.urandom(FILE_BYTES))
        os.utime(path, (SAVED, SAVED))
        if number % 3:
            put(place / path.name, "own", (BEFORE, BEHIND)[number % 3 - 1])
    site.back_up()

    killed_at(site, target, "transfer", count, rule)
    site.engine.put_back(JOB)

    assert not list(target.rglob(".sesam-*"))
    for number in range(FILES):
        path = place / f"{number:02}"
        is_new = path.exists() and path.read_bytes() == (site.source / path.name).read_bytes()
        may_come = rule is OverwriteRule.ALWAYS or not number % 3
        may_come |= rule is OverwriteRule.IF_OLDER and number % 3 == 1
        assert is_new or (path.read_text() == "own" if number % 3 else not path.exists())
        assert may_come or not is_new
    for path in place.glob("*.restored"):
        assert path.read_bytes() == (site.source / path.stem).read_bytes()


@only_mounting
def test_a_new_name_on_another_file_system(site: Site) -> None:
    put(site.source / "mount" / "a", "saved", SAVED)
    os.link(site.source / "mount" / "a", site.source / "mount" / "b")
    put(site.source / "mount" / "c", "saved", SAVED)
    mount = at(site.root / "target", site.source) / "mount"
    mount.mkdir(parents=True)
    [_, answer] = go_through(
        site,
        [str(site.source)],
        f"mount -t tmpfs tmpfs {mount} && cd {mount} && touch a b c",
        {"target": str(site.root / "target"), "overwrite": "rename"},
        f"cd {mount} && test ! -s a && test a.restored -ef b.restored && grep saved c.restored"
        f' >/dev/null && test "$(ls -A | wc -l)" = 6 && cd / && umount {mount}',
    )
    assert answer == {"skipped": 0, "warnings": []}


def test_of_millions_of_lines_the_first_are_told_and_the_rest_counted() -> None:
    lines = Lines()
    told = [
        message
        for number in range(LINES + 7)
        for message in lines.line("WOULD_CREATE", f"{number}", b"/a")
    ]
    told += lines.line("WOULD_KEEP", "kept", b"/b")
    assert len(told) == LINES + 1
    assert [(message.code, message.text) for message in lines.rest()] == [
        ("WOULD_CREATE", "and 7 more")
    ]
