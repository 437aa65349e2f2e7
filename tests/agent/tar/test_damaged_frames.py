"""A restore goes on behind damage: what lies in whole frames comes back, and nothing else."""

import json
import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.tar.stream import FRAME_BYTES
from server_agent.domain.jobs import Progress
from server_agent.domain.overwriting import OverwriteRule
from server_agent.ports import EngineError, Message, RestoreRequest
from tests.agent.tar.site import Site, at
from tests.agent.tar.test_encryption import SealedSite
from tests.agent.tar.trees import Picture, differences, picture
from tests.fakes.engine import FakeControl

Frames = list[tuple[int, int, int, int]]  # where each begins and ends in the file, and in the data


def frames_of(data: Path) -> Frames:
    rows = json.loads(data.with_name(data.name + ".idx").read_text("ascii"))["frames"]
    found: Frames = []
    at_file = at_data = 0
    for stored, raw, _ in rows:
        found.append((at_file, at_file + stored, at_data, at_data + raw))
        at_file, at_data = at_file + stored, at_data + raw
    return found


def damage(data: Path, *numbers: int) -> None:
    """Flips bits in the middle of these frames."""
    frames = frames_of(data)
    content = bytearray(data.read_bytes())
    for number in numbers:
        begin, end = frames[number][:2]
        content[(begin + end) // 2] ^= 0x10
    data.write_bytes(content)


def cut(data: Path, number: int) -> None:
    """Takes off the end from the middle of a frame on."""
    begin, end = frames_of(data)[number][:2]
    os.truncate(data, (begin + end) // 2)


def expected_lost(site: Site, lost: dict[str, set[int]]) -> set[bytes]:
    """Out of the listing: what lies in these frames of savesets, relative to the source."""
    found: set[bytes] = set()
    gone_data: set[tuple[int, int]] = set()
    frames = {ref.name: frames_of(site.data(age)) for age, ref in enumerate(site.chain)}
    query = """
    SELECT CAST(dir || x'2f' || name AS BLOB), saveset, block * 512, (block + blocks) * 512,
    CASE WHEN links > 1 THEN inode END, device FROM entry JOIN home ON home.id = entry.home
    WHERE leaf ORDER BY home, block
    """
    with closing(sqlite3.connect(site.listing())) as connection:
        rows = connection.execute(query).fetchall()
    seen: set[tuple[int, int]] = set()
    for path, saveset, begin, end, inode, device in rows:
        pieces = [frames[saveset][number][2:] for number in lost.get(saveset, ())]
        is_hit = any(begin < stop and end > start for start, stop in pieces)
        file = inode, device
        if inode is not None and is_hit and file not in seen:
            gone_data.add(file)
        seen.add(file)
        if is_hit or (inode is not None and file in gone_data):
            found.add(os.path.relpath(path, os.fsencode(site.source)))
    return found


def fail(site: Site, request: RestoreRequest) -> tuple[EngineError, list[Progress]]:
    """Restores, which has to end in the damage."""
    site.messages = []
    steps: list[Progress] = []

    def restore() -> None:
        for event in site.engine.restore(request, FakeControl()):
            if isinstance(event, Message):
                site.messages.append(event)
            elif isinstance(event, Progress):
                steps.append(event)

    with pytest.raises(EngineError) as failure:
        restore()
    assert failure.value.code == "SAVESET_DAMAGED"
    return failure.value, steps


def told(site: Site) -> set[bytes]:
    """What is said to lie in damage and is no directory."""
    return {
        os.path.relpath(each.path, os.fsencode(site.source))
        for each in site.messages
        if each.code == "LIES_IN_DAMAGE" and each.path and ": a directory" not in each.text
    }


def assert_the_rest_is_there(before: Picture, target: Path, lost: set[bytes]) -> None:
    """All but what is lost, as it was."""
    kept = {path: dict(facts) for path, facts in before.items() if path not in lost}
    for facts in kept.values():
        if facts["links"] is not None:
            facts["links"] = [name for name in facts["links"] if name not in lost]
    assert differences(kept, picture(target)) == []


def grow(top: Path, dice: random.Random) -> None:
    """Small, large, sparse and empty files, links of both kinds, and directories of all modes."""
    for number in range(9):
        directory = top / f"d{number}"
        directory.mkdir()
        for each in range(dice.randrange(1, 9)):
            size = dice.choice([0, 1, 700, 40_000, 300_000, FRAME_BYTES // 2])
            (directory / f"f{each}").write_bytes(dice.randbytes(size))
        (directory / "link").symlink_to("f0")
        os.link(directory / "f0", directory / "second name")
        directory.chmod(dice.choice([0o700, 0o755, 0o2770]))
    (top / "large").write_bytes(dice.randbytes(3 * FRAME_BYTES + 12_345))
    os.link(top / "large", top / "name of large")
    with (top / "sparse").open("wb") as file:
        for _ in range(4):
            file.seek(1 << 20, os.SEEK_CUR)
            file.write(dice.randbytes(400_000))
    (top / "wörter\nund \udce4").write_bytes(dice.randbytes(FRAME_BYTES))
    for path in sorted(top.rglob("*"), reverse=True):
        if not path.is_symlink():
            moment = 1_600_000_000_123_456_789 + dice.randrange(10**17)
            os.utime(path, ns=(moment, moment))


@pytest.mark.parametrize("seed", range(12))
def test_all_that_is_whole_comes_back(site: Site, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    grow(site.source, dice)
    before = picture(site.source)
    site.back_up()
    count = len(frames_of(site.data()))
    wrong = set(dice.sample(range(count), dice.randrange(1, 5)))
    if seed % 3 == 0:
        first = min(wrong)
        damage(site.data(), first)
        cut(site.data(), max(count // 2, first + 1))
        wrong = {first, *range(max(count // 2, first + 1), count)}
    else:
        damage(site.data(), *wrong)
    lost = expected_lost(site, {site.chain[0].name: wrong})
    error, steps = fail(site, site.restore_request(tmp_path / "target"))
    assert told(site) == lost
    assert_the_rest_is_there(before, at(tmp_path / "target", site.source), lost)
    leaves = {path for path, facts in before.items() if facts["links"] is not None}
    assert f"{len(leaves - lost)} of {len(leaves)} files were restored" in error.text
    assert (steps[-1].files_done, steps[-1].files_total) == (len(leaves - lost), len(leaves))
    assert not list((site.root / "tmp").iterdir())


@pytest.mark.parametrize("which", ["first", "last", "all"])
def test_damage_at_the_ends(site: Site, tmp_path: Path, which: str) -> None:
    for number in range(8):
        (site.source / f"f{number}").write_bytes(os.urandom(FRAME_BYTES // 2))
    before = picture(site.source)
    site.back_up()
    count = len(frames_of(site.data()))
    wrong = {"first": {0}, "last": {count - 1}, "all": set(range(count))}[which]
    damage(site.data(), *wrong)
    lost = expected_lost(site, {site.chain[0].name: wrong})
    error, _ = fail(site, site.restore_request(tmp_path / "target"))
    assert len(lost) == 8 if which == "all" else 0 < len(lost) < 8
    assert_the_rest_is_there(before, at(tmp_path / "target", site.source), lost)
    assert error.saveset == site.chain[0].name


def test_a_cut_file_brings_what_it_has(site: Site, tmp_path: Path) -> None:
    for number in range(8):
        (site.source / f"f{number}").write_bytes(os.urandom(FRAME_BYTES // 2))
    before = picture(site.source)
    site.back_up()
    count = len(frames_of(site.data()))
    cut(site.data(), 2)
    lost = expected_lost(site, {site.chain[0].name: set(range(2, count))})
    error, _ = fail(site, site.restore_request(tmp_path / "target"))
    assert "DAMAGED_END" in site.codes()
    assert "seek table" in error.text
    assert 0 < len(lost) < 8
    assert_the_rest_is_there(before, at(tmp_path / "target", site.source), lost)


def test_only_the_seek_table_is_damaged(site: Site, tmp_path: Path) -> None:
    (site.source / "a").write_text("whole")
    before = picture(site.source)
    site.back_up()
    os.truncate(site.data(), site.data().stat().st_size - 1)
    error, _ = fail(site, site.restore_request(tmp_path / "target"))
    assert "1 of 1 file was restored, none lies in what is damaged" in error.text
    assert_the_rest_is_there(before, at(tmp_path / "target", site.source), set())


def make_chain(site: Site) -> None:
    """A FULL, and an INC with one changed file and a new one."""
    for number in range(8):
        (site.source / f"f{number}").write_bytes(os.urandom(FRAME_BYTES // 2))
    site.back_up()
    (site.source / "f3").write_bytes(os.urandom(FRAME_BYTES))
    (site.source / "new").write_bytes(os.urandom(FRAME_BYTES * 2))
    site.back_up()


@pytest.mark.parametrize("ages", [(0,), (1,), (0, 1)])
@pytest.mark.parametrize("sort", [Site.below, SealedSite])
def test_damage_in_a_chain(
    tmp_path: Path, sort: Callable[[Path], Site], ages: tuple[int, ...]
) -> None:
    site = sort(tmp_path)
    make_chain(site)
    before = picture(site.source)
    for age in ages:
        damage(site.data(age), 1)
    lost = expected_lost(site, {site.chain[age].name: {1} for age in ages})
    error, _ = fail(site, site.restore_request(tmp_path / "target"))
    assert told(site) == lost
    assert all(site.chain[age].name in error.text for age in ages)
    assert_the_rest_is_there(before, at(tmp_path / "target", site.source), lost)


GOES: dict[OverwriteRule, Callable[[int], bool]] = {  # by number; the odd ones are older
    OverwriteRule.ALWAYS: lambda number: True,
    OverwriteRule.IF_OLDER: lambda number: number % 2 == 1,
    OverwriteRule.NEVER: lambda number: False,
    OverwriteRule.RENAME: lambda number: False,
}


@pytest.mark.parametrize("rule", OverwriteRule)
def test_old_versions_by_every_rule(site: Site, tmp_path: Path, rule: OverwriteRule) -> None:
    """What lies in damage leaves what is there; the rule holds for the rest."""
    names = [f"f{number:02}" for number in range(40)]
    for name in names:
        (site.source / name).write_bytes(os.urandom(FRAME_BYTES // 4))
    site.back_up()
    damage(site.data(), 2, 5)
    lost = expected_lost(site, {site.chain[0].name: {2, 5}})
    restored = at(tmp_path / "target", site.source)
    restored.mkdir(parents=True)
    free = set(names[::3])
    for number, name in enumerate(names):
        if name not in free:
            (restored / name).write_text("the old one")
            os.utime(restored / name, (1, 1) if number % 2 else (2**33, 2**33))
    fail(site, replace(site.restore_request(tmp_path / "target"), overwrite=rule))
    for number, name in enumerate(names):
        is_lost = name.encode() in lost
        comes = not is_lost and (name in free or GOES[rule](number))
        if comes:
            assert (restored / name).read_bytes() == (site.source / name).read_bytes()
        elif name in free:
            assert not (restored / name).exists()
        else:
            assert (restored / name).read_text() == "the old one"
        is_beside = rule is OverwriteRule.RENAME and name not in free and not is_lost
        assert (restored / f"{name}.restored").exists() == is_beside
    assert not [name for name in os.listdir(restored) if name.startswith(".sesam")]
    assert not list((site.root / "tmp").iterdir())
