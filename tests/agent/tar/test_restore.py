"""What a restore does to the place that it restores to."""

import json
import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from server_agent.adapters.tar.aside import Aside
from server_agent.adapters.tar.journal import Journal
from server_agent.adapters.tar.selection import Selection
from server_agent.adapters.tar.stream import FRAME_BYTES
from server_agent.ports import Cancelled, EngineError
from tests.agent.tar.site import IS_ROOT, NOBODY, Probe, Site, at, only_mounting, unprivileged
from tests.agent.tar.trees import differences, picture

BIG_BYTES = 24 << 20


def test_directories_above_a_chosen_file_are_as_they_were(site: Site, tmp_path: Path) -> None:
    deep = site.source / "one/two/three"
    deep.mkdir(parents=True)
    (deep / "wanted").write_text("x")
    (deep / "other").write_text("y")
    os.chmod(site.source / "one", 0o710)
    os.setxattr(site.source / "one/two", "user.note", b"here")
    os.utime(site.source / "one/two", ns=(1, 1_000_000_000_000_000_001))
    site.back_up()
    done = site.restore(tmp_path / "target", deep / "wanted")
    assert done.files == 1
    expected = picture(site.source)
    del expected[b"one/two/three/other"]
    assert differences(expected, picture(at(tmp_path / "target", site.source))) == []


def test_a_path_and_what_holds_it_may_both_be_chosen(site: Site, tmp_path: Path) -> None:
    (site.source / "dir").mkdir()
    (site.source / "dir/file").write_text("x")
    (site.source / "dir!").write_text("sorts between dir and dir/file")
    site.back_up()
    done = site.restore(
        tmp_path / "target", site.source / "dir/file", site.source / "dir", site.source / "dir/file"
    )
    assert (done.files, done.bytes_written) == (1, 1)
    assert os.listdir(at(tmp_path / "target", site.source)) == ["dir"]


def test_names_that_only_begin_alike_are_not_chosen(site: Site, tmp_path: Path) -> None:
    for name in ("a", "a0", "a.b", "a-b", "ab"):
        (site.source / name).mkdir()
        (site.source / name / "file").write_text(name)
    site.back_up()
    site.restore(tmp_path / "target", site.source / "a")
    assert os.listdir(at(tmp_path / "target", site.source)) == ["a"]


def test_what_is_in_the_way_above_the_source(site: Site, tmp_path: Path) -> None:
    (site.source / "file").write_text("x")
    site.back_up()
    target = tmp_path / "target"
    target.mkdir()
    first = site.source.parts[1]
    (target / first).write_text("a file where a directory has to be")
    site.restore(target)
    assert (at(target, site.source) / "file").read_text() == "x"


def test_a_link_to_a_directory_above_the_source_is_followed(site: Site, tmp_path: Path) -> None:
    (site.source / "file").write_text("x")
    site.back_up()
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    target.mkdir()
    elsewhere.mkdir()
    (target / site.source.parts[1]).symlink_to(elsewhere)
    site.restore(target)
    assert (target / site.source.parts[1]).is_symlink()
    assert (at(target, site.source) / "file").read_text() == "x"


def test_links_below_the_source_are_replaced_and_not_followed(site: Site, tmp_path: Path) -> None:
    (site.source / "dir").mkdir()
    (site.source / "dir/file").write_text("new")
    (site.source / "plain").write_text("new")
    site.back_up()
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("not ours")
    (elsewhere / "plain").write_text("not ours")
    at(target, site.source).mkdir(parents=True)
    (at(target, site.source) / "dir").symlink_to(elsewhere)
    (at(target, site.source) / "plain").symlink_to(elsewhere / "plain")
    site.restore(target)
    assert (elsewhere / "file").read_text() == (elsewhere / "plain").read_text() == "not ours"
    assert differences(picture(site.source), picture(at(target, site.source))) == []


def test_a_hard_link_at_the_target_is_not_written_through(site: Site, tmp_path: Path) -> None:
    (site.source / "file").write_text("new")
    site.back_up()
    restored = at(tmp_path / "target", site.source)
    restored.mkdir(parents=True)
    (tmp_path / "mine").write_text("stays")
    os.link(tmp_path / "mine", restored / "file")
    site.restore(tmp_path / "target")
    assert (tmp_path / "mine").read_text() == "stays"
    assert (restored / "file").read_text() == "new"


def test_to_where_it_came_from(site: Site) -> None:
    (site.source / "dir").mkdir()
    (site.source / "dir/file").write_text("first")
    (site.source / "gone").write_text("first")
    site.back_up()
    (site.source / "dir/file").write_text("second")
    (site.source / "gone").unlink()
    (site.source / "newer").write_text("second")
    site.restore(Path("/"))
    assert (site.source / "dir/file").read_text() == (site.source / "gone").read_text() == "first"
    assert (site.source / "newer").read_text() == "second"


def test_a_target_that_is_a_file(site: Site, tmp_path: Path) -> None:
    (site.source / "file").write_text("x")
    site.back_up()
    (tmp_path / "target").write_text("a file")
    for target in (tmp_path / "target", tmp_path / "target/below"):
        with pytest.raises(EngineError, match="target") as failure:
            site.restore(target)
        assert failure.value.code == "TARGET_UNUSABLE"


def test_a_target_in_the_data_store(site: Site, tmp_path: Path) -> None:
    (site.source / "file").write_text("x")
    site.back_up()
    store = site.root / "store/POOL00001"
    (tmp_path / "link").symlink_to(store)
    before = sorted(store.iterdir())
    for target in (store, store / "new/below", tmp_path / "link"):
        with pytest.raises(EngineError, match="lies in the data store") as failure:
            site.restore(target)
        assert failure.value.code == "TARGET_UNUSABLE"
    assert sorted(store.iterdir()) == before


def test_beside_the_media_of_a_labelled_store_nothing_comes_or_goes(site: Site) -> None:
    (site.source / "file").write_text("x")
    site.back_up()
    store = site.root / "store"
    site.engine.make_store(os.fsencode(store), "Store_1")
    for target in (store, store / "new/below"):
        with pytest.raises(EngineError, match="lies in the data store") as failure:
            site.restore(target)
        assert failure.value.code == "TARGET_UNUSABLE"
    with pytest.raises(EngineError, match="lies in the data store") as refused:
        site.back_up(store)
    assert refused.value.code == "SOURCE_IS_OWN"


def test_a_cancel_leaves_no_cut_file(site: Site, tmp_path: Path) -> None:
    (site.source / "a").write_text("whole")
    (site.source / "big").write_bytes(os.urandom(BIG_BYTES))
    site.back_up()
    restored = at(tmp_path / "target", site.source)

    def cancel_within() -> None:
        if (restored / "big").exists() and 0 < (restored / "big").stat().st_size < BIG_BYTES:
            cancelled_at.append(time.monotonic())
            control.cancel()

    cancelled_at: list[float] = []
    control = Probe(cancel_within)
    with pytest.raises(Cancelled):
        site.restore(tmp_path / "target", control=control)
    assert time.monotonic() - cancelled_at[0] < 1
    assert os.listdir(restored) == ["a"]
    assert not any((site.root / "tmp").iterdir())


def in_own_mounts(verb: str, root: Path, argument: str) -> Any:
    """What the driver answers that may mount what nobody else sees."""
    driver = [sys.executable, "-m", "tests.agent.tar.driver", verb, str(root), argument]
    ended = subprocess.run(
        ["unshare", "--mount", *driver],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@only_mounting
def test_a_full_target_is_said_and_leaves_no_cut_file(site: Site) -> None:
    (site.source / "a").write_text("whole")
    (site.source / "big").write_bytes(os.urandom(4_000_000))
    (site.source / "c").write_text("after it")
    answer = in_own_mounts("restore", site.root, "2000000")
    assert (answer["code"], answer["left"]) == ("NO_SPACE", {"a": 5})
    place = at(Path(answer["target"]), site.source) / "big"
    said = rf'no space left on the file system "{answer["target"]}", where "{place}".*Free some'
    assert re.match(said, answer["text"])


def make_in_the_way(place: Path) -> dict[bytes, dict[str, Any]]:
    """An empty directory where a file has to be; returns its picture."""
    place.mkdir(parents=True)
    place.chmod(0o710)
    os.setxattr(place, "user.note", b"nobody else has this")
    return picture(place)


def make_three_frames(site: Site) -> None:
    """Files in the first frame, in the second and third, and in the last."""
    (site.source / "a").write_text("small, first frame")
    (site.source / "dir").mkdir()
    (site.source / "dir/inside").write_text("first frame too")
    (site.source / "noise").write_bytes(os.urandom(2 * FRAME_BYTES + 100_000))
    (site.source / "z").write_text("small, last frame")
    site.back_up()


@pytest.mark.parametrize("in_the_way", ["a", "noise", "z"])
def test_damage_leaves_what_was_in_its_way(site: Site, tmp_path: Path, in_the_way: str) -> None:
    """What lies before and behind it comes, also where something else was."""
    make_three_frames(site)
    restored = at(tmp_path / "target", site.source)
    before = make_in_the_way(restored / in_the_way)
    (restored / "dir").write_text("a file where a directory has to be")
    with site.data().open("r+b") as file:
        file.seek(FRAME_BYTES + 1000)
        file.write(b"damage")
    with pytest.raises(EngineError) as failure:
        site.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_DAMAGED"
    if in_the_way == "noise":
        assert differences(before, picture(restored / "noise")) == []
    else:
        whole = (site.source / in_the_way).read_bytes()
        assert (restored / in_the_way).read_bytes() == whole
    assert (restored / "dir").is_dir()
    assert set(os.listdir(restored)) == {"a", "dir", "z", in_the_way}, "and nothing else is left"


def test_a_cancel_leaves_what_was_in_the_way(site: Site, tmp_path: Path) -> None:
    make_three_frames(site)
    restored = at(tmp_path / "target", site.source)
    before = make_in_the_way(restored / "a")
    above = tmp_path / "other"
    above.mkdir()
    (above / site.source.parts[1]).write_text("a file above the source")
    control = Probe(lambda: control.cancel() if os.path.exists(restored / "dir") else None)
    with pytest.raises(Cancelled):
        site.restore(tmp_path / "target", control=control)
    other = Probe(lambda: other.cancel() if at(above, site.source).is_dir() else None)
    with pytest.raises(Cancelled):
        site.restore(above, control=other)
    assert differences(before, picture(restored / "a")) == []
    assert sorted(os.listdir(restored)) == ["a", "dir"]
    assert (above / site.source.parts[1]).read_text() == "a file above the source"
    assert os.listdir(above) == [site.source.parts[1]]


def test_what_was_in_the_way_is_gone_after_success(site: Site, tmp_path: Path) -> None:
    """With the times of the directories that it was in."""
    make_three_frames(site)
    os.utime(site.source, ns=(1, 1_500_000_000_000_000_000))
    site.back_up()
    for name in ("a", "noise", "z"):
        make_in_the_way(at(tmp_path / "target", site.source) / name)
    (at(tmp_path / "target", site.source) / "dir").symlink_to(tmp_path)
    site.restore(tmp_path / "target")
    assert differences(picture(site.source), picture(at(tmp_path / "target", site.source))) == []
    assert set(site.codes()) == {"MOVED_ASIDE", "REPLACED"}


def test_what_nothing_came_for_is_put_back(tmp_path: Path) -> None:
    """tar may fail at one file and restore all others."""
    before = make_in_the_way(tmp_path / "place")
    with Aside(Journal(tmp_path / "journal")) as aside:
        aside.take(os.fsencode(tmp_path / "place"))
        assert not (tmp_path / "place").exists()
        assert [message.code for message in aside.settle() if message] == ["MOVED_ASIDE"]
        assert differences(before, picture(tmp_path / "place")) == []
    assert os.listdir(tmp_path) == ["place"]


@only_mounting
@pytest.mark.parametrize("inside", ["", "deep"])
def test_a_mount_point_in_the_way_stays(site: Site, inside: str) -> None:
    (site.source / "a").write_text("has to be a file")
    (site.source / "b").write_text("after it")
    answer = in_own_mounts("over", site.root, inside)
    assert answer["codes"] == ["IN_THE_WAY"]
    assert "is never replaced by a file" in answer["text"]
    assert answer["left"] == {"a": "directory", "b": "after it", "mounted": "stays"}


def test_an_unprivileged_restore_says_what_it_cannot_do_in_one_line(open_site: Site) -> None:
    site = open_site
    for number in range(20):
        (site.source / f"{number}").write_text("x")
    (site.source / "suid").write_text("x")
    (site.source / "suid").chmod(0o4755)
    if IS_ROOT:
        for number in range(20):
            os.chown(site.source / f"{number}", 1234, 1234)
            os.setxattr(site.source / f"{number}", "trusted.t", b"root's")
        os.chown(site.source, NOBODY, NOBODY)
    site.back_up()
    if IS_ROOT:
        _give_all(site.root)
    with unprivileged():
        done = site.restore(site.root / "target")
    restored = at(site.root / "target", site.source)
    assert (done.files, done.skipped) == (21, 0)
    assert {path.name: path.read_text() for path in restored.iterdir()} == {
        path.name: "x" for path in site.source.iterdir()
    }
    expected = ["METADATA_NOT_RESTORED", "OWNER_NOT_RESTORED"] if IS_ROOT else []
    assert site.codes() == expected
    assert stat.S_IMODE((restored / "suid").stat().st_mode) & 0o777 == 0o755


@pytest.mark.skipif(not IS_ROOT, reason="only root can save a device")
def test_what_an_unprivileged_user_cannot_make_is_skipped(open_site: Site) -> None:
    site = open_site
    os.mknod(site.source / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    (site.source / "file").write_text("x")
    site.back_up()
    _give_all(site.root)
    with unprivileged():
        done = site.restore(site.root / "target")
    assert (done.files, done.skipped) == (1, 1)
    (message,) = [message for message in site.messages if message.code == "NOT_RESTORED"]
    assert message.path == os.fsencode(site.source / "null")
    assert "Operation not permitted" in message.text


def _give_all(root: Path) -> None:
    """What the agent keeps belongs to its user."""
    for place in ("store", "lis", "tmp"):
        for path in (root / place, *(root / place).rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def damage_noise(site: Site) -> None:
    """The second of the two frames of the file `noise`; its first one is whole."""
    with site.data().open("r+b") as file:
        file.seek(2 * FRAME_BYTES + 50_000)
        file.write(b"damage")


def test_a_file_with_a_damaged_frame_does_not_cost_its_old_version(
    site: Site, tmp_path: Path
) -> None:
    make_three_frames(site)
    restored = at(tmp_path / "target", site.source)
    restored.mkdir(parents=True)
    for name in ("a", "noise"):
        (restored / name).write_text("the old one")
    damage_noise(site)
    with pytest.raises(EngineError) as failure:
        site.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_DAMAGED"
    assert (restored / "noise").read_text() == "the old one"
    assert (restored / "a").read_text() == "small, first frame", "what came before it is whole"
    assert sorted(os.listdir(restored)) == ["a", "dir", "noise"]


def test_a_file_with_a_damaged_frame_is_not_left_cut(site: Site, tmp_path: Path) -> None:
    make_three_frames(site)
    damage_noise(site)
    with pytest.raises(EngineError) as failure:
        site.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_DAMAGED"
    restored = at(tmp_path / "target", site.source)
    assert sorted(os.listdir(restored)) == ["a", "dir"]
    assert (restored / "a").read_text() == "small, first frame"


def test_a_file_of_several_frames_replaces_its_old_version(site: Site, tmp_path: Path) -> None:
    make_three_frames(site)
    restored = at(tmp_path / "target", site.source)
    restored.mkdir(parents=True)
    (restored / "noise").write_text("the old one")
    site.restore(tmp_path / "target")
    assert differences(picture(site.source), picture(restored)) == []


def test_what_is_left_out_costs_no_look_at_all_the_rest(site: Site) -> None:
    for number in range(3000):
        (site.source / f"{number:04}").touch()
    site.back_up()
    looks: list[None] = []
    probe = Probe(lambda: looks.append(None))
    with Selection(site.root / "tmp/scratch", site.listing(), probe) as selection:
        selection.pick_everything()
        looks.clear()
        for number in range(200):
            assert selection.leave_out(os.fsencode(site.source / f"{number:04}")) == 1
        assert selection.amount().files == 2800
    assert len(looks) < 10, "SQLite does not go through all rows for each"
