"""Files that a restore replaces: each is the old one or the new one, whatever happens."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.tar.stream import FRAME_BYTES
from server_agent.domain.jobs import Level
from server_agent.domain.overwriting import OverwriteRule
from server_agent.ports import Cancelled, EngineError
from tests.agent.tar.site import IS_ROOT, Probe, Site, at, only_mounting, unprivileged
from tests.agent.tar.test_faults import REPOSITORY, tars_at_work, wait_for
from tests.agent.tar.test_killed_restore import JOB
from tests.agent.tar.test_restore import in_own_mounts
from tests.agent.tar.trees import differences, picture

OLD = "the old one"
FILES = 40
FILE_BYTES = FRAME_BYTES // 4


def make_many(site: Site, target: Path, every: int = 1) -> Path:
    """Files of ten frames, and old versions of every n-th; returns where they are restored."""
    restored = at(target, site.source)
    restored.mkdir(parents=True)
    for number in range(FILES):
        (site.source / f"{number:02}").write_bytes(os.urandom(FILE_BYTES))
        if number % every == 0:
            (restored / f"{number:02}").write_text(OLD)
    site.back_up()
    return restored


def assert_old_or_new(site: Site, restored: Path, every: int = 1) -> tuple[int, int]:
    """Returns how many are old, and how many are new."""
    old = new = 0
    for number in range(FILES):
        path = restored / f"{number:02}"
        if path.exists() and path.read_bytes() == (site.source / path.name).read_bytes():
            new += 1
        elif number % every == 0:
            assert path.read_text() == OLD
            old += 1
        else:
            assert not path.exists(), "it is cut"
    assert not [name for name in os.listdir(restored) if name.startswith(".sesam-")]
    return old, new


@pytest.mark.parametrize(
    ("every", "rule", "least"),
    [
        (1, "always", 19),
        (3, "always", 19),
        (1, "if_older", 19),
        (3, "if_older", 19),
        (3, "never", 12),
    ],
)
def test_a_cancel(site: Site, tmp_path: Path, every: int, rule: str, least: int) -> None:
    restored = make_many(site, tmp_path / "target", every)
    for old in restored.iterdir():
        os.utime(old, (0, 0))

    def cancel_late() -> None:
        if (restored / "20").exists() and (restored / "20").stat().st_size > len(OLD):
            control.cancel()

    control = Probe(cancel_late)
    request = replace(site.restore_request(tmp_path / "target"), overwrite=OverwriteRule(rule))
    with pytest.raises(Cancelled):
        list(site.engine.restore(request, control))
    _, new = assert_old_or_new(site, restored, every)
    assert new >= least


def test_a_damaged_frame(site: Site, tmp_path: Path) -> None:
    restored = make_many(site, tmp_path / "target", 2)
    with site.data().open("r+b") as file:
        file.seek(5 * FRAME_BYTES + 1000)
        file.write(b"damage")
    with pytest.raises(EngineError) as failure:
        site.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_DAMAGED"
    old, new = assert_old_or_new(site, restored, 2)
    lost = [each for each in site.messages if each.code == "LIES_IN_DAMAGE"]
    assert 0 < len(lost) < FILES
    assert new >= 18
    assert 0 < old <= len(lost), "only what lies in damage"


@pytest.mark.parametrize("every", [1, 3])
def test_a_kill(site: Site, tmp_path: Path, every: int) -> None:
    (site.source / "zz").write_bytes(os.urandom(24 << 20))
    restored = make_many(site, tmp_path / "target", every)
    command = [sys.executable, "-m", "tests.agent.tar.driver", "cut", str(site.root)]
    ended = subprocess.run(
        [*command, str(tmp_path / "target"), "zz"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    wait_for(lambda: not tars_at_work(tmp_path / "target"), "tar ends with its feeder")
    [cut] = site.engine.put_back(JOB)
    assert (cut.code, cut.path) == ("CUT_REMOVED", os.fsencode(restored / "zz"))
    assert assert_old_or_new(site, restored, every) == (0, FILES)
    assert not (restored / "zz").exists()
    assert not list((site.root / "tmp").glob("*.aside"))


@only_mounting
@pytest.mark.parametrize("verb", ["restore-over", "restore-ahead"])
def test_a_full_target(site: Site, verb: str) -> None:
    for number in range(8):
        (site.source / str(number)).write_bytes(os.urandom(500_000))
    answer = in_own_mounts(verb, site.root, "2000000")
    assert answer["code"] == "NO_SPACE"
    assert f'on the file system "{answer["target"]}"' in answer["text"]
    sizes = [answer["left"].get(str(number)) for number in range(8)]
    assert set(sizes) == {500_000, len(OLD)}, "new or old, none cut, none lost"
    assert len(answer["left"]) == 8


def test_success_leaves_nothing_but_the_new_ones(site: Site, tmp_path: Path) -> None:
    restored = make_many(site, tmp_path / "target", 3)
    (site.source / "link").symlink_to("00")
    (site.source / "dir/deep").mkdir(parents=True)
    (site.source / "dir/deep/file").write_text("new")
    os.utime(site.source / "dir/deep", ns=(1, 1_500_000_000_000_000_000))
    site.back_up()
    (restored / "link").write_text(OLD)
    (restored / "dir/deep").mkdir(parents=True)
    (restored / "dir/deep/file").symlink_to("elsewhere")
    done = site.restore(tmp_path / "target")
    assert (done.warnings, done.skipped, site.messages) == ((), 0, [])
    assert differences(picture(site.source), picture(restored)) == []
    assert not any((site.root / "tmp").iterdir())


@pytest.mark.skipif(not IS_ROOT, reason="only root can save a device")
def test_what_cannot_come_back_does_not_cost_its_old_version(open_site: Site) -> None:
    site = open_site
    os.mknod(site.source / "null", 0o20666, os.makedev(1, 3))
    (site.source / "after").write_text("new")
    site.back_up()
    for place in ("store", "lis", "tmp"):
        for path in (site.root / place, *(site.root / place).rglob("*")):
            os.chown(path, 65534, 65534)
    restored = at(site.root / "target", site.source)
    with unprivileged():
        restored.mkdir(parents=True)
        (restored / "null").write_text(OLD)
        done = site.restore(site.root / "target")
    assert (done.files, done.skipped) == (1, 1)
    assert (restored / "null").read_text() == OLD
    assert sorted(os.listdir(restored)) == ["after", "null"]


def test_a_link_that_becomes_a_directory_is_said(site: Site, tmp_path: Path) -> None:
    for name in ("linked", "file"):
        (site.source / name).mkdir()
        (site.source / name / "inside").write_text("new")
    site.back_up()
    restored = at(tmp_path / "target", site.source)
    restored.mkdir(parents=True)
    (tmp_path / "moved").mkdir()
    (restored / "linked").symlink_to("../moved")
    (restored / "file").write_text(OLD)
    done = site.restore(tmp_path / "target")
    end = "it is a directory now as in the saveset"
    assert set(done.warnings) == {
        f'"{restored}/linked" was a link to "../moved"; {end}',
        f'"{restored}/file" was a file; {end}',
    }
    assert {m.text for m in site.messages if m.level is Level.WARNING} == set(done.warnings)
    assert os.listdir(tmp_path / "moved") == []
    assert differences(picture(site.source), picture(restored)) == []


def test_a_tree_in_the_way_of_a_hard_link_stays(site: Site, tmp_path: Path) -> None:
    (site.source / "a").write_text("data")
    os.link(site.source / "a", site.source / "b")
    site.back_up()
    restored = at(tmp_path / "target", site.source)
    (restored / "a").mkdir(parents=True)
    (restored / "a/mine").write_text(OLD)
    done = site.restore(tmp_path / "target")
    assert (done.files, done.skipped, site.codes()) == (1, 1, ["IN_THE_WAY"])
    assert (restored / "a/mine").read_text() == OLD
    assert (restored / "b").read_text() == "data"


@pytest.mark.parametrize("every", [1, 2, FILES])
def test_a_kill_among_small_files(site: Site, tmp_path: Path, every: int) -> None:
    """tar ends with what its pipe still holds: a file may be cut that the agent never saw."""
    restored = make_many(site, tmp_path / "target", every)
    command = [sys.executable, "-m", "tests.agent.tar.driver", "cut", str(site.root)]
    arguments = [str(tmp_path / "target"), "10", str(FILE_BYTES // 2)]
    ended = subprocess.run([*command, *arguments], cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    wait_for(lambda: not tars_at_work(tmp_path / "target"), "tar ends with its feeder")
    site.engine.put_back(JOB)
    _, new = assert_old_or_new(site, restored, every)
    assert 10 <= new < FILES


def test_what_cannot_be_put_back_is_said(open_site: Site) -> None:
    restored = at(open_site.root / "target", open_site.source)
    with unprivileged():
        (open_site.source / "a").write_text("has to be a file")
        open_site.back_up()
        (restored / "a").mkdir(parents=True)

        def spoil() -> None:
            for holder in restored.glob(".sesam-*"):
                holder.chmod(0o500)
                control.cancel()

        control = Probe(spoil)
        with pytest.raises(Cancelled):
            open_site.restore(open_site.root / "target", control=control)
    [holder] = restored.glob(".sesam-*")
    said = open_site.messages[-1]
    assert (said.level, said.code) == (Level.WARNING, "LEFT_ASIDE")
    assert said.text == (
        f'"{restored / "a"}" cannot be put back (Permission denied); it is now "{holder / "a"}"'
    )


def test_old_versions_go_while_the_rest_is_still_to_come(site: Site, tmp_path: Path) -> None:
    restored = make_many(site, tmp_path / "target")
    last = f"{FILES - 1:02}"
    for path in restored.iterdir():
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, 4 << 20)
    kept: list[int] = []

    def look() -> None:
        for holder in restored.glob(".sesam-*"):
            if (holder / last).exists():
                kept.append(len(os.listdir(holder)))
        threading.Event().wait(0.02)  # as long as a slow disk takes for a piece

    site.restore(tmp_path / "target", control=Probe(look))
    assert max(kept) == FILES
    assert min(kept) < FILES * 3 // 4, "their space is free for what is to come"
