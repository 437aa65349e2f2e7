"""What was saved comes back as it was, to the last attribute."""

import os
import socket
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.domain.savesets import BackupType
from server_agent.ports import SavesetRef
from tests.agent.tar.site import DAY, IS_ROOT, LABEL, Site, at
from tests.agent.tar.trees import Picture, differences, picture

STRANGE_NAMES = [
    b"new\nline",
    b"not utf-8 \xff\xfe",
    b" blank at both ends ",
    b"-dash",
    b"--files-from=x",
    b"glob * ? [a-z]",
    b"back\\slash \\n \\101",
    b"escape \x1b[31m bell \a tab \t",
    b"colon: Cannot open: x",
    b"quote ' \" `",
    b"block 12: name",
    "umlaut äöü €".encode(),
    b"x" * 255,
    b".hidden",
    b"#at @at",
]
SPARSE_BYTES = 20_000_000
# struct posix_acl_xattr: version 2, then tag, permissions and id of each entry; acl(5).
ACL = (
    b"\x02\0\0\0"
    b"\x01\0\x06\0\xff\xff\xff\xff"  # owner rw
    b"\x02\0\x04\0\x39\x30\0\0"  # user 12345 r
    b"\x04\0\x04\0\xff\xff\xff\xff"  # group r
    b"\x10\0\x04\0\xff\xff\xff\xff"  # mask r
    b"\x20\0\0\0\xff\xff\xff\xff"  # others
)


def make_special_tree(root: Path) -> None:
    """Everything that a Linux file system can hold, as far as the user may make it."""
    names = root / "names"
    names.mkdir()
    for number, name in enumerate(STRANGE_NAMES):
        (Path(os.fsdecode(os.fsencode(names) + b"/" + name))).write_bytes(b"%d" % number)
    (Path(os.fsdecode(os.fsencode(names) + b"/dir\n\xff"))).mkdir()
    (Path(os.fsdecode(os.fsencode(names) + b"/dir\n\xff")) / "inside").write_text("x")
    deep = root / "deep"
    for _ in range(12):
        deep = deep / ("d" * 100)
    deep.mkdir(parents=True)
    (deep / "bottom").write_text("far down")

    (root / "empty").touch()
    (root / "empty dir").mkdir()
    (root / "zeros").write_bytes(bytes(5000))
    (root / "random").write_bytes(os.urandom(3_000_000))
    with (root / "sparse").open("wb") as file:
        file.seek(SPARSE_BYTES)
        file.write(b"end")
    with (root / "hole at end").open("wb") as file:
        file.write(b"begin")
        file.truncate(SPARSE_BYTES)

    links = root / "links"
    links.mkdir()
    (links / "first").write_text("one file, three names")
    os.link(links / "first", links / "second")
    os.link(links / "first", root / "a link elsewhere")
    (links / "to file").symlink_to("first")
    (links / "dangling").symlink_to("/nowhere/at all")
    (links / "to dir").symlink_to("../names")
    (links / "up").symlink_to("../../../..")
    os.link(links / "dangling", links / "dangling too", follow_symlinks=False)
    os.mkfifo(root / "fifo")

    os.chmod(root / "empty", 0o4755)
    os.chmod(root / "zeros", 0o000 if IS_ROOT else 0o400)
    os.chmod(root / "empty dir", 0o1777)
    os.setxattr(root / "random", "user.note", b"bytes \0\xff=\n in it")
    os.setxattr(names, "user.empty", b"")
    if IS_ROOT:
        os.chown(root / "random", 12345, 54321)
        os.chown(links / "to file", 12345, 54321, follow_symlinks=False)
        os.mknod(root / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.mknod(root / "disk", 0o660 | stat.S_IFBLK, os.makedev(7, 200))
        os.setxattr(root / "zeros", "trusted.t", b"only root sees it")
        capability = b"\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
        os.setxattr(root / "random", "security.capability", capability)
    os.setxattr(root / "random", "system.posix_acl_access", ACL)
    os.setxattr(names, "system.posix_acl_default", ACL)

    times = {
        root / "empty": -1_500_000_000,  # before 1970, with a fraction
        root / "zeros": 4_102_444_800_123_456_789,  # in 2100
        root / "random": 1_700_000_000_000_000_001,
        links: 1_000_000_000_999_999_999,
        root / "deep": 1,
    }
    for path, moment in times.items():
        os.utime(path, ns=(moment, moment))
    os.utime(links / "up", ns=(5, 1_234_567_890_000_000_321), follow_symlinks=False)


def assert_restored(site: Site, target: Path, before: Picture) -> None:
    assert differences(before, picture(at(target, site.source))) == []


def test_a_full_brings_everything_back(site: Site, tmp_path: Path) -> None:
    make_special_tree(site.source)
    before = picture(site.source)
    done = site.back_up()
    assert (done.skipped, site.messages) == (0, [])
    restored = site.restore(tmp_path / "target")
    assert (restored.skipped, site.messages) == (0, [])
    assert restored.files == done.files
    assert_restored(site, tmp_path / "target", before)
    # Once more over what is there, which is no obstacle.
    site.restore(tmp_path / "target")
    assert_restored(site, tmp_path / "target", before)


def test_a_listing_tells_what_find_saw(site: Site) -> None:
    make_special_tree(site.source)
    site.back_up()
    pending = [os.fsencode(site.source)]
    seen = 0
    while pending:
        directory = pending.pop()
        page = site.engine.entries(site.chain[0], directory, None, 1000)
        assert page.total == len(page.entries) == len(os.listdir(directory))
        for entry in page.entries:
            seen += 1
            status = os.lstat(entry.path)
            assert stat.S_IMODE(status.st_mode) == entry.mode
            assert (status.st_size, status.st_mtime_ns) == (entry.size, entry.modify_time_ns)
            assert (status.st_uid, status.st_gid) == (entry.uid, entry.gid)
            is_link = stat.S_ISLNK(status.st_mode)
            assert entry.link_target == (os.readlink(entry.path) if is_link else b"")
            if entry.kind == "d":
                assert entry.children == len(os.listdir(entry.path))
                pending.append(entry.path)
    assert seen == len(picture(site.source)) - 1


def change_contents(root: Path) -> None:
    (root / "random").write_bytes(os.urandom(10_000))
    with (root / "links/first").open("a") as file:
        file.write(" and more")
    (root / "new").write_text("new in this one")


def rename_directories(root: Path) -> None:
    """Unchanged files under new names: in no list of changed files unless it is by path."""
    (root / "names").rename(root / "renamed")
    (root / "deep").rename(root / "links/deep")


def change_types(root: Path) -> None:
    (root / "empty dir").rmdir()
    (root / "empty dir").write_text("a file now")
    (root / "empty").unlink()
    (root / "empty").mkdir()
    (root / "empty/inside").write_text("x")
    (root / "sparse").unlink()
    (root / "sparse").symlink_to("zeros")
    (root / "links/to dir").unlink()
    (root / "links/to dir").mkdir()


def delete(root: Path) -> None:
    (root / "links/second").unlink()
    (root / "new").unlink()
    for path in (root / "renamed").iterdir():
        path.unlink() if path.is_file() else None


def change_metadata(root: Path) -> None:
    os.chmod(root / "zeros", 0o640)
    os.utime(root / "links", ns=(7, 7))
    os.setxattr(root / "zeros", "user.new", b"1")
    os.link(root / "zeros", root / "links/zeros")
    # An old file put in place of a newer one: only the inode gives it away.
    (root / "old").write_text("12345")
    os.utime(root / "old", ns=(1, 1))
    (root / "old").rename(root / "random")


STEPS: list[Callable[[Path], None]] = [
    change_contents,
    rename_directories,
    change_types,
    delete,
    change_metadata,
]


def test_each_of_five_incs_restores_its_own_moment(site: Site, tmp_path: Path) -> None:
    make_special_tree(site.source)
    moments = [picture(site.source)]
    site.back_up()
    for step in STEPS:
        step(site.source)
        moments.append(picture(site.source))
        done = site.back_up()
        assert done.skipped == 0
        assert 0 < done.files < done.listed_files
    for age, moment in enumerate(reversed(moments)):
        target = tmp_path / f"target {age}"
        site.restore(target, age=age)
        assert site.messages == []
        assert_restored(site, target, moment)


def test_full_diff_and_inc_restore_their_own_moments(site: Site, tmp_path: Path) -> None:
    """FULL, DIFF on it, INC on the DIFF, a second DIFF on the FULL, INC on that, and a COPY."""
    make_special_tree(site.source)
    moments: list[tuple[list[SavesetRef], Picture]] = []

    def back_up(kind: BackupType, base: list[SavesetRef]) -> list[SavesetRef]:
        site.chain = base
        made = site.request()
        name = f"S{kind.value}{len(moments):017d}@abcdefghijk"
        done = site.run(replace(made, saveset=name, type=kind))
        assert (done.skipped, site.messages) == (0, [])
        ref = SavesetRef(name, LABEL, DAY, base[0].name if base else None)
        moments.append(([ref, *base], site.kept(picture(site.source))))
        return [ref, *base]

    full = back_up(BackupType.FULL, [])
    steps = iter(STEPS)
    next(steps)(site.source)
    first = back_up(BackupType.DIFF, full)
    next(steps)(site.source)
    back_up(BackupType.INC, first)
    next(steps)(site.source)
    second = back_up(BackupType.DIFF, full)
    next(steps)(site.source)
    back_up(BackupType.INC, second)
    next(steps)(site.source)
    back_up(BackupType.COPY, [])
    for number, (chain, moment) in enumerate(moments):
        site.chain = chain
        target = tmp_path / f"target {number}"
        site.restore(target)
        assert site.messages == []
        assert differences(moment, site.kept(picture(at(target, site.source)))) == []


def test_going_back_and_forth_in_one_place(site: Site, tmp_path: Path) -> None:
    """Restored over another moment: changed types are replaced, what is too much stays. Only a
    directory that is not empty would not be replaced."""
    make_special_tree(site.source)
    first = picture(site.source)
    site.back_up()
    for step in STEPS:
        step(site.source)
        site.back_up()
    last = picture(site.source)
    target = tmp_path / "target"
    for age, moment in ((5, first), (0, last), (5, first)):
        site.restore(target, age=age)
        found = picture(at(target, site.source))
        wrong = [line for line in differences(moment, found) if not line.startswith("too much")]
        assert wrong == []
        if age == 0:
            (at(target, site.source) / "empty/inside").unlink()


def test_an_unchanged_tree_is_not_read_again(site: Site) -> None:
    make_special_tree(site.source)
    full = site.back_up()
    done = site.back_up()
    assert (done.files, done.bytes_read, done.skipped) == (0, 0, 0)
    assert (done.listed_files, done.listed_bytes) == (full.listed_files, full.listed_bytes)
    assert done.stored_bytes < 1000


def make_socket(directory: Path) -> None:
    here = os.open(directory, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            # The path of a socket may have no more than 107 bytes.
            listener.bind(f"/proc/self/fd/{here}/socket")
    finally:
        os.close(here)


def test_a_socket_is_listed_and_not_saved(site: Site, tmp_path: Path) -> None:
    (site.source / "file").write_text("x")
    make_socket(site.source)
    done = site.back_up()
    assert (done.skipped, done.files, done.listed_files) == (0, 1, 1)
    assert [(message.level, message.code) for message in site.messages] == [("info", "SOCKET")]
    page = site.engine.entries(site.chain[0], os.fsencode(site.source), None, 10)
    homes = {entry.path.rpartition(b"/")[2]: entry.home for entry in page.entries}
    assert homes == {b"file": site.chain[0].name, b"socket": None}
    restored = site.restore(tmp_path / "target")
    assert (restored.files, restored.skipped, site.codes()) == (1, 0, ["SOCKET"])
    assert site.back_up().files == 0


@pytest.mark.skipif(not IS_ROOT, reason="only root may give a file no user has to somebody")
def test_large_ids(site: Site, tmp_path: Path) -> None:
    """Above the seven octal digits of a ustar header."""
    (site.source / "file").write_text("x")
    os.chown(site.source / "file", 4_000_000_000, 3_000_000_000)
    site.back_up()
    site.restore(tmp_path / "target")
    status = os.stat(at(tmp_path / "target", site.source) / "file")
    assert (status.st_uid, status.st_gid) == (4_000_000_000, 3_000_000_000)
