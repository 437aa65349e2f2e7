"""Sources with mounts and links in their way: loops, the agent's own store, and what is gone."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server_agent.domain.savesets import BackupType
from server_agent.ports import EngineError
from tests.agent.tar.site import Site, only_mounting
from tests.agent.tar.test_faults import REPOSITORY


def go_through(site: Site, *steps: str | list[str] | dict[str, str]) -> list[Any]:
    """In a process that has its own mounts. What came of each backup and restore."""
    driver = [sys.executable, "-m", "tests.agent.tar.driver", "steps", str(site.root)]
    ended = subprocess.run(
        ["unshare", "--mount", *driver, json.dumps(steps)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    answers: list[Any] = json.loads(ended.stdout)
    return answers


@only_mounting
def test_a_directory_that_is_mounted_within_itself(site: Site) -> None:
    (site.source / "a").write_text("x")
    deep = site.source / "deep"
    deep.mkdir()
    [answer] = go_through(site, f"mount --bind {site.source} {deep}", [str(site.source)])
    assert answer == {"listed": 1, "warnings": [], "said": [["LOOP", str(deep)]]}


@only_mounting
def test_the_own_store_behind_a_bind_mount(site: Site, tmp_path: Path) -> None:
    (site.source / "a").write_text("x")
    other = tmp_path / "other"
    other.mkdir()
    [whole, medium, inside] = go_through(
        site,
        f"mount --bind {site.root} {other} && touch {other}/store/POOL00001/inside",
        [str(other)],
        [str(other / "source"), str(other / "store/POOL00001")],
        [str(other / "store/POOL00001/inside")],
    )
    assert (whole["listed"], whole["warnings"]) == (1, [])
    assert {tuple(said) for said in whole["said"]} >= {
        ("OWN_FILES", str(other / "store/POOL00001"))
    }
    assert [medium["code"], inside["code"]] == ["SOURCE_IS_OWN"] * 2
    assert str(other / "store/POOL00001/inside") in inside["text"]


def test_the_own_store_behind_a_link(site: Site, tmp_path: Path) -> None:
    (site.source / "a").write_text("x")
    (tmp_path / "link").symlink_to(site.root.parent)
    way = tmp_path / "link" / site.root.name
    done = site.back_up(way)
    assert done.listed_files == 2, "the file and the link"
    assert ("OWN_FILES", os.fsencode(way / "store/POOL00001")) in [
        (message.code, message.path) for message in site.messages
    ]
    with pytest.raises(EngineError, match="lies in the data store") as failure:
        site.back_up(way / "store/POOL00001")
    assert failure.value.code == "SOURCE_IS_OWN"


def test_a_source_beside_the_medium(site: Site) -> None:
    """A store's directory can lie in one that is other people's too."""
    beside = site.root / "store/data"
    beside.mkdir()
    (beside / "a").write_text("x")
    (site.root / "tmp").mkdir(exist_ok=True)
    (site.root / "tmp/b").write_text("x")
    assert site.back_up(beside, site.root / "tmp").listed_files == 2
    assert site.messages == []


def test_a_medium_that_a_link_in_the_store_leads_to(site: Site, tmp_path: Path) -> None:
    """The disk itself is a source, or holds one."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/file").write_text("x")
    medium = site.root / "store/POOL00001"
    medium.rename(tmp_path / "disk/medium")
    medium.symlink_to(tmp_path / "disk/medium")
    assert site.back_up(tmp_path / "disk").listed_files == 1
    assert site.codes() == ["OWN_FILES"]


@only_mounting
def test_a_store_that_may_not_be_written_is_told_and_no_leftover_is(site: Site) -> None:
    (site.source / "a").write_text("x")
    store = site.root / "store"
    lock = f"mount --bind {store} {store} && mount -o remount,ro,bind {store}"
    [answer] = go_through(site, lock, [str(site.source)])
    assert answer["code"] == "SYSTEM"
    assert answer["text"].endswith(
        ": Read-only file system. Mount it so that it can be written, and try again"
    )


@only_mounting
def test_a_source_whose_mount_is_gone(site: Site) -> None:
    source = str(site.source)
    make = f"touch {source}/a {source}/b"
    [full, same, gone, back, other] = go_through(
        site,
        f"mount -t tmpfs tmpfs {source} && {make}",
        [source],
        [source],
        f"umount {source}",
        [source],
        make,
        [source],
        f"mount -t tmpfs tmpfs {source} && {make}",
        [source],
    )
    assert full["warnings"] == same["warnings"] == back["warnings"] == []
    assert gone["warnings"] == [f'"{source}" is empty, the last backup had 2 files: is it mounted?']
    assert gone["said"] == [["SOURCE_CHANGED", source]]
    assert other["warnings"] == [
        f'"{source}" was another file system at the last backup: is it mounted?'
    ]


@only_mounting
def test_a_file_system_in_a_source_that_is_gone(site: Site) -> None:
    source, inner = str(site.source), site.source / "deep/m"
    inner.mkdir(parents=True)
    (site.source / "file").touch()
    mount = f"mount -t tmpfs tmpfs {inner}"
    fill = f"touch {inner}/a {inner}/b"
    lost = (
        f'"{inner}" was a file system of its own at the last backup and is not now:'
        " is it mounted? Its 2 files count as deleted"
    )
    full, same, bare, after, again, left, other, emptied, gone = go_through(
        site,
        *(f"{mount} && {fill}", [source], [source]),
        *(f"umount {inner}", [source], [source]),
        *(f"{mount} && {fill}", [source]),
        *(f"umount {inner} && {fill}", [source]),
        *(f"rm {inner}/* && {mount} && {fill}", [source]),
        *(f"umount {inner} && {mount}", [source]),
        *(f"{fill} && umount {inner} && rm -r {inner}", [source]),
    )
    for each in (full, same, after, again, other):
        assert each["warnings"] == []
    assert bare["warnings"] == left["warnings"] == [lost]
    assert bare["said"] == [["SOURCE_CHANGED", str(inner)]]
    assert emptied["warnings"] == [
        f'"{inner}" is empty, the last backup had 2 files: is it mounted?'
    ]
    assert gone["warnings"] == [], "there was nothing in it at the last backup"


@only_mounting
def test_a_mounted_directory_that_is_removed_or_excluded(site: Site) -> None:
    source, inner = str(site.source), site.source / "m"
    inner.mkdir()
    (site.source / "file").touch()
    mounted = f"mount -t tmpfs tmpfs {inner} && touch {inner}/a"
    _, excluded, _, gone = go_through(
        site,
        *(mounted, [source]),
        {"source": source, "exclude": "m"},
        *([source], f"umount {inner} && rmdir {inner}", [source]),
    )
    assert excluded["warnings"] == []
    assert gone["warnings"] == [
        f'"{inner}" was a file system of its own at the last backup and is not now:'
        " is it mounted? Its 1 file counts as deleted"
    ]


def test_a_source_that_was_emptied(site: Site, tmp_path: Path) -> None:
    other = tmp_path / "other"
    for number in range(50):
        (site.source / f"dir{number}").mkdir()
        (site.source / f"dir{number}" / "file").write_text("x")
    other.mkdir()
    (other / "file").write_text("x")
    assert site.back_up(site.source, other).warnings == ()
    for number in range(50):
        (site.source / f"dir{number}" / "file").unlink()
    done = site.back_up(site.source, other)
    said = f'"{site.source}" is empty, the last backup had 50 files: is it mounted?'
    assert done.warnings == (said,)
    assert [(message.code, message.path) for message in site.messages] == [
        ("SOURCE_CHANGED", os.fsencode(site.source))
    ]


@only_mounting
def test_a_target_that_keeps_no_attributes(site: Site, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (site.source / name).write_text("x")
        os.setxattr(site.source / name, "user.sesam", b"kept")
    target = tmp_path / "target"
    target.mkdir()
    [_, restored] = go_through(
        site,
        [str(site.source)],
        f"mount -t ramfs ramfs {target}",
        {"target": str(target)},
    )
    [warning] = restored["warnings"]
    assert restored["skipped"] == 0
    assert warning.startswith("3 of 3 entries came back without all of owner, mode, times and")


def test_what_a_full_is_compared_with(site: Site) -> None:
    (site.source / "file").write_text("x")
    site.back_up()
    (site.source / "file").unlink()
    request = site.request()
    before = request.base[0]
    for number, (given, warned) in enumerate(
        [(before, "the last backup had 1 file"), (None, "is empty: is"), ("lost", "is empty: is")]
    ):
        if given == "lost":
            site.listing().unlink()
        made = replace(
            request,
            saveset=f"SF{number + 1:017d}@abcdefghijk",
            type=BackupType.FULL,
            base=(),
            compare_with=before if given else None,
        )
        [warning] = site.run(made).warnings
        assert warned in warning
