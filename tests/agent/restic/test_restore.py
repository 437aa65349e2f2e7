"""How what restic has brought comes into its places."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server_agent.domain.jobs import Progress
from server_agent.domain.overwriting import OverwriteRule
from server_agent.ports import Cancelled, EngineError
from tests.agent.restic.site import ResticSite
from tests.agent.tar.site import NOBODY, at, only_mounting
from tests.agent.tar.test_faults import REPOSITORY
from tests.agent.tar.test_overwriting import put
from tests.agent.tar.test_races import CAN_GUARD, RULED, once_noted, ruled
from tests.agent.tar.trees import differences, picture
from tests.fakes.engine import FakeControl

COUNT = 300


@pytest.fixture
def many(site: ResticSite) -> ResticSite:
    """A saveset of many files in some directories."""
    for number in range(COUNT):
        path = site.source / f"d{number % 7}" / f"f{number}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"new {number}")
    site.back_up()
    return site


def put_old(site: ResticSite, target: Path) -> Path:
    """Old versions of all files, and a link where a directory has to be."""
    place = at(target, site.source)
    for path in site.source.rglob("f*"):
        old = place / path.relative_to(site.source)
        if "d3" not in old.parts:
            old.parent.mkdir(parents=True, exist_ok=True)
            old.write_text("old")
    (place / "d3").symlink_to("d1")
    return place


def contents(place: Path) -> set[str]:
    """What the regular files hold, without numbers."""
    return {path.read_text().split()[0] for path in place.rglob("f*") if path.is_file()}


def test_a_cancel_at_any_time_leaves_whole_files(many: ResticSite, tmp_path: Path) -> None:
    for stop in range(1, 40, 6):
        target = tmp_path / f"target {stop}"
        place = put_old(many, target)
        control, seen, last = FakeControl(), 0, None
        try:
            for event in many.engine.restore(many.restore_request(target), control):
                seen += 1
                last = event
                if seen == stop:
                    control.cancel()
        except Cancelled:
            assert isinstance(last, Progress)
        files = [path for path in place.rglob("f*") if not path.is_symlink()]
        assert contents(place) <= {"old", "new"}
        assert len(files) >= COUNT - COUNT // 7 - 1
        assert list(target.rglob(".sesam*")) == []


def test_a_kill_leaves_whole_files_and_is_put_in_order(many: ResticSite, tmp_path: Path) -> None:
    (many.root / "tmp").mkdir(exist_ok=True)
    for step in (2, 4, 6):
        target = tmp_path / f"target {step}"
        place = put_old(many, target)
        words = [sys.executable, "-m", "tests.agent.restic.driver", "restore", str(many.root)]
        ended = subprocess.run(
            [*words, str(target), str(step)], cwd=REPOSITORY, capture_output=True, text=True
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        # As at the agent's start: it ends the restic that has outlived it, which writes on.
        many.engine.recover((), frozenset(each.name for each in many.chain))
        many.engine.put_back("7")
        assert contents(place) <= {"old", "new"}
        assert (place / "d3").is_symlink() or (place / "d3").is_dir()
        assert list(target.rglob(".sesam*")) == []
        assert many.engine.put_back("7") == []


def test_damage_costs_nothing_that_is_there(many: ResticSite, tmp_path: Path) -> None:
    place = put_old(many, tmp_path / "target")
    before = picture(place)
    for path in (many.medium / "data").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            content = bytearray(path.read_bytes())
            content[5] ^= 1
            path.write_bytes(content)
    with pytest.raises(EngineError, match=many.chain[0].name) as failure:
        many.restore(tmp_path / "target")
    assert failure.value.code == "SAVESET_DAMAGED"
    after = picture(place)
    for tree in (before, after):
        tree[b"."].pop("modify_ns")
    assert differences(before, after) == []


@only_mounting
def test_a_target_of_several_file_systems(many: ResticSite) -> None:
    os.link(many.source / "d1/f1", many.source / "d1/link")
    os.utime(many.source / "d1", ns=(1, 1_234_567_890_000_000_321))
    many.back_up()
    words = [sys.executable, "-m", "tests.agent.restic.driver", "mounted", str(many.root)]
    ended = subprocess.run(
        ["unshare", "--mount", *words], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    answer = json.loads(ended.stdout)
    assert answer == {"skipped": 0, "differences": [], "left": [], "devices": 2}


@only_mounting
def test_a_full_target(many: ResticSite) -> None:
    (many.source / "big").write_bytes(os.urandom(8 << 20))
    many.back_up()
    words = [sys.executable, "-m", "tests.agent.restic.driver", "full-target", str(many.root)]
    ended = subprocess.run(
        ["unshare", "--mount", *words], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    answer = json.loads(ended.stdout)
    assert (answer["code"], answer["left"]) == ("NO_SPACE", [])


def test_the_root_gets_its_mode_and_time(site: ResticSite, tmp_path: Path) -> None:
    """restic has nothing of it, and what it brings comes out of a private directory."""
    (site.source / "file").write_text("x")
    excludes = []
    for directory in site.source.parents:
        way = site.source.relative_to(directory).parts[0]
        excludes += [str(directory / name) for name in os.listdir(directory) if name != way]
    site.back_up(Path("/"), excludes=tuple(pattern.replace("[", "[[]") for pattern in excludes))
    (root,) = site.engine.entries(site.chain[0], b"", None, 10).entries
    target = tmp_path / "target"
    site.restore(target)
    status = target.stat()
    assert (status.st_mode & 0o7777, status.st_mtime_ns) == (root.mode, root.modify_time_ns)
    assert (status.st_uid, status.st_gid) == (root.uid, root.gid)
    assert (at(target, site.source) / "file").read_text() == "x"


@pytest.mark.parametrize("rule", RULED)
def test_what_comes_while_restic_restores_stays(many: ResticSite, rule: OverwriteRule) -> None:
    place = at(many.root / "target", many.source)

    def write() -> None:
        place.joinpath("d0").mkdir(parents=True)
        put(place / "d0/f7", "own", 4_000_000_000)  # newer than the saved one

    done = ruled(many, rule, once_noted(many, write))

    assert (place / "d0/f7").read_text() == "own"
    assert (place / "d0/f0").read_text() == "new 0"
    assert (done.files, done.skipped) == (COUNT - 1, 1)


@pytest.mark.skipif(not CAN_GUARD, reason="only root can, on a system that lets it")
@pytest.mark.parametrize("rule", OverwriteRule)
def test_no_link_put_there_while_restic_restores_is_followed(
    many: ResticSite, rule: OverwriteRule
) -> None:
    place, elsewhere = at(many.root / "target", many.source), many.root / "elsewhere"
    elsewhere.mkdir()
    (place / "d0").mkdir(parents=True)
    of_d0 = len(range(0, COUNT, 7))

    def exchange() -> None:
        (place / "d0").rmdir()
        (place / "d0").symlink_to(elsewhere)
        os.lchown(place / "d0", NOBODY, NOBODY)

    done = ruled(many, rule, once_noted(many, exchange))

    assert os.listdir(elsewhere) == []
    assert (place / "d0").is_symlink()
    assert (place / "d1/f1").read_text() == "new 1"
    assert (done.files, done.skipped) == (COUNT - of_d0, of_d0)
    [text] = [
        message.text
        for message in many.messages
        if message.text.startswith(f'"{many.source}/d0/f0"')
    ]
    assert "a directory above it is a symbolic link now" in text
