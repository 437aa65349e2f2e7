"""Hard links: tar stores data under one name only, and a restore may want another."""

import os
import stat
from pathlib import Path

import pytest

from tests.agent.tar.site import IS_ROOT, NOBODY, Site, at, unprivileged
from tests.agent.tar.trees import differences, picture

CONTENT = b"shared by all names" * 1000


@pytest.fixture
def linked(site: Site) -> Site:
    """A file of three names in two directories, and others between them."""
    for directory in ("a", "b", "c"):
        (site.source / directory).mkdir()
        (site.source / directory / "other").write_text(directory)
    (site.source / "a/first").write_bytes(CONTENT)
    os.link(site.source / "a/first", site.source / "b/second")
    os.link(site.source / "a/first", site.source / "b/third")
    os.utime(site.source / "b", ns=(5, 1_234_567_890_123_456_789))
    return site


@pytest.mark.parametrize("name", ["a/first", "b/second", "b/third"])
def test_any_single_name_has_the_content(linked: Site, tmp_path: Path, name: str) -> None:
    linked.back_up()
    done = linked.restore(tmp_path / "target", linked.source / name)
    restored = at(tmp_path / "target", linked.source)
    assert (restored / name).read_bytes() == CONTENT
    assert (done.files, done.bytes_written, done.skipped) == (1, len(CONTENT), 0)
    assert linked.messages == []
    assert os.stat(restored / name).st_mtime_ns == os.stat(linked.source / name).st_mtime_ns
    directory = Path(name).parent
    assert (
        os.stat(restored / directory).st_mtime_ns == os.stat(linked.source / directory).st_mtime_ns
    )
    assert sorted(os.listdir(restored)) == [str(directory)]
    assert os.listdir(tmp_path / "target") == [tmp_path.parts[1]], "the staging directory is gone"


def test_names_without_the_first_are_linked_to_each_other(linked: Site, tmp_path: Path) -> None:
    linked.back_up()
    linked.restore(tmp_path / "target", linked.source / "b")
    restored = at(tmp_path / "target", linked.source)
    expected = picture(linked.source / "b")
    for name in (b"second", b"third"):
        expected[name]["links"] = [b"second", b"third"]
    assert differences(expected, picture(restored / "b")) == []


def test_all_names_of_a_symbolic_link_too(site: Site, tmp_path: Path) -> None:
    (site.source / "first").symlink_to("nowhere")
    os.link(site.source / "first", site.source / "second", follow_symlinks=False)
    site.back_up()
    site.restore(tmp_path / "target", site.source / "second")
    assert os.readlink(at(tmp_path / "target", site.source) / "second") == "nowhere"


def test_the_first_name_left_the_source(linked: Site, tmp_path: Path) -> None:
    """Renaming the directory changes no time of the file: the other names count as unchanged,
    and their data lie under a name that the newest listing does not have."""
    linked.back_up()
    (linked.source / "a").rename(tmp_path / "elsewhere")
    linked.back_up()
    expected = picture(linked.source)
    linked.restore(tmp_path / "target")
    assert linked.messages == []
    assert differences(expected, picture(at(tmp_path / "target", linked.source))) == []


def test_the_first_name_moved_within_the_source(linked: Site, tmp_path: Path) -> None:
    linked.back_up()
    (linked.source / "a").rename(linked.source / "z")
    done = linked.back_up()
    assert done.bytes_read == len(CONTENT) + 1, "data of a linked file are counted once"
    expected = picture(linked.source)
    linked.restore(tmp_path / "target")
    assert differences(expected, picture(at(tmp_path / "target", linked.source))) == []


def test_a_name_is_added_and_one_removed(linked: Site, tmp_path: Path) -> None:
    linked.back_up()
    os.link(linked.source / "a/first", linked.source / "c/fourth")
    linked.back_up()
    (linked.source / "a/first").unlink()
    linked.back_up()
    expected = picture(linked.source)
    linked.restore(tmp_path / "target")
    assert differences(expected, picture(at(tmp_path / "target", linked.source))) == []


def test_many_links_over_many_frames(site: Site, tmp_path: Path) -> None:
    """Data first, then 40 MB of others, then links: headers are read far from their data."""
    for directory in ("a", "m", "z"):
        (site.source / directory).mkdir()
    for number in range(50):
        (site.source / f"a/{number}").write_text(f"content {number}")
        os.link(site.source / f"a/{number}", site.source / f"z/{number}")
    for number in range(10):
        (site.source / f"m/{number}").write_bytes(os.urandom(4_000_000))
    site.back_up()
    expected = picture(site.source)
    site.restore(tmp_path / "all")
    assert differences(expected, picture(at(tmp_path / "all", site.source))) == []
    done = site.restore(tmp_path / "links", site.source / "z")
    assert done.files == 50
    for number in range(50):
        link = at(tmp_path / "links", site.source) / f"z/{number}"
        assert link.read_text() == f"content {number}"


@pytest.mark.skipif(not IS_ROOT, reason="only root can save a device")
def test_a_link_that_cannot_be_made_is_said(open_site: Site) -> None:
    """A device is nothing that a plain user can make, under whichever name."""
    site = open_site
    os.mknod(site.source / "first", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    os.link(site.source / "first", site.source / "second")
    site.back_up()
    for place in ("store", "lis", "tmp"):
        for path in (site.root / place, *(site.root / place).rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    with unprivileged():
        done = site.restore(site.root / "target", site.source / "second")
    assert done.files == 0
    assert os.fsencode(site.source / "second") in {message.path for message in site.messages}


def test_what_is_in_the_way_of_a_link_is_replaced(linked: Site, tmp_path: Path) -> None:
    linked.back_up()
    restored = at(tmp_path / "target", linked.source)
    (restored / "b/second").mkdir(parents=True)
    (restored / "b/third").write_text("old")
    linked.restore(tmp_path / "target", linked.source / "b")
    for name in ("second", "third"):
        assert (restored / "b" / name).read_bytes() == CONTENT
