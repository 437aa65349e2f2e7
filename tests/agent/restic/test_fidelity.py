"""What was saved comes back as it was; what restic itself does not keep is named here."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server_agent.adapters.tar.listings import TarListings
from server_agent.ports import Compressed
from server_agent.ports.listings import Aspect
from tests.agent.restic.site import ResticSite
from tests.agent.tar.site import DAY, at
from tests.agent.tar.test_fidelity import (
    STEPS,
    STRANGE_NAMES,
    make_special_tree,
    test_a_listing_tells_what_find_saw,
    test_a_socket_is_listed_and_not_saved,
    test_full_diff_and_inc_restore_their_own_moments,
    test_large_ids,
)
from tests.agent.tar.trees import differences, picture
from tests.fakes.engine import FakeControl

__all__ = [
    "test_a_listing_tells_what_find_saw",
    "test_a_socket_is_listed_and_not_saved",
    "test_full_diff_and_inc_restore_their_own_moments",
    "test_large_ids",
]


def test_a_full_brings_everything_back(site: ResticSite, tmp_path: Path) -> None:
    make_special_tree(site.source)
    before = site.kept(picture(site.source))
    done = site.back_up()
    assert (done.skipped, site.messages) == (0, [])
    for _ in range(2):  # once more over what is there, which is no obstacle
        restored = site.restore(tmp_path / "target")
        assert (restored.files, restored.skipped, site.messages) == (done.files, 0, [])
        found = site.kept(picture(at(tmp_path / "target", site.source)))
        assert differences(before, found) == []


def test_links_to_names_that_are_no_text(site: ResticSite, tmp_path: Path) -> None:
    for number, name in enumerate((b"\xff nowhere", b"a\xc3", "Büro".encode(), b"plain")):
        link = os.fsencode(site.source) + b"/link%d" % number
        os.symlink(name, link)
        os.utime(link, ns=(1, 1_000_000_007), follow_symlinks=False)
    before = site.kept(picture(site.source))
    site.back_up()
    site.restore(tmp_path / "target")
    assert site.messages == []
    found = site.kept(picture(at(tmp_path / "target", site.source)))
    assert differences(before, found) == []


def test_each_inc_restores_its_own_moment(site: ResticSite, tmp_path: Path) -> None:
    make_special_tree(site.source)
    moments = [site.kept(picture(site.source))]
    site.back_up()
    for step in STEPS:
        step(site.source)
        moments.append(site.kept(picture(site.source)))
        done = site.back_up()
        assert done.skipped == 0
        assert 0 < done.files < done.listed_files
    assert site.back_up().files == 0
    for age, moment in enumerate(reversed(moments), start=1):
        target = tmp_path / f"target {age}"
        site.restore(target, age=age)
        assert site.messages == []
        assert differences(moment, site.kept(picture(at(target, site.source)))) == []


def test_chosen_paths_with_any_names(site: ResticSite, tmp_path: Path) -> None:
    make_special_tree(site.source)
    before = site.kept(picture(site.source))
    site.back_up()
    names = os.fsencode(site.source) + b"/names"
    every = [Path(os.fsdecode(names + b"/" + name)) for name in os.listdir(names)]
    chosen = [path for path in every if b"e" in os.fsencode(path.name)]
    assert 5 < len(chosen) < len(every)
    done = site.restore(tmp_path / "target", *chosen, site.source / "links")
    assert site.messages == []
    found = site.kept(picture(at(tmp_path / "target", site.source)))
    wanted = [os.fsencode(path.relative_to(site.source)) for path in (*chosen,)]
    inside = [path for path in before if path.startswith((b"links/", *wanted))]
    assert found.keys() == {b".", b"names", b"links", *inside}
    for path in (b".", b"names", *inside):
        changed = differences({path: before[path]}, {path: found[path]})
        # Not all names of the file are there.
        assert [line for line in changed if " links: " not in line] == []
    assert done.files == sum(1 for path in inside if not is_directory(before[path]))


@pytest.mark.parametrize(
    "excludes",
    [("[!k]*",), ("*o*",), ("./[^k]*/",), tuple(f"./{'?' * n}" for n in range(256) if n != 4)],
)
def test_names_of_any_bytes_may_be_left_out(site: ResticSite, excludes: tuple[str, ...]) -> None:
    """What the scan leaves out restic leaves out, and nothing else."""
    names = [*STRANGE_NAMES, b"$HOME", b"no break space \xc2\xa0", b"tab\t", b"cr\r", b"new line"]
    for name in (*names, b"keep"):
        (site.source / os.fsdecode(name)).mkdir()
        (site.source / os.fsdecode(name) / "k").write_text("x")
    site.back_up(excludes=excludes)
    assert site.messages == []
    kept = site.engine.entries(site.chain[0], os.fsencode(site.source), None, 100)
    assert all(entry.home == site.chain[0].name for entry in kept.entries)
    site.restore(site.root / "target")
    place = os.fsencode(at(site.root / "target", site.source))
    assert {os.path.basename(entry.path) for entry in kept.entries} == set(os.listdir(place))
    assert b"keep" in os.listdir(place)
    assert len(kept.entries) < len(names)


def test_listings_are_read_and_compared_like_those_of_tar(site: ResticSite) -> None:
    make_special_tree(site.source)
    site.back_up()
    (site.source / "new").write_text("x")
    (site.source / "random").write_text("other")
    site.back_up()
    listings = TarListings(site.root / "lis")
    after, before = site.chain
    found = listings.differences(before, after, b"", None, 1000).differences
    told = {}
    for one in found:
        entry = one.after or one.before
        assert entry is not None
        told[entry.path.rpartition(b"/")[2]] = one.before is None, one.aspects
    assert told.keys() == {b"new", b"random", os.fsencode(site.source.name)}
    assert told[b"new"] == (True, ())
    assert Aspect.SIZE in told[b"random"][1]
    rows = listings.listed(after, None, 1000).rows
    assert len(rows) == len(picture(site.source))
    assert {row[5] for row in rows} == {after.name}
    done = [
        each
        for each in site.engine.compress_listings(DAY + timedelta(1), FakeControl())
        if isinstance(each, Compressed)
    ]
    assert len(done) == 2
    assert site.engine.present(site.chain) == {before.name, after.name}
    assert listings.listed(after, None, 1000).rows == rows


def is_directory(facts: dict[str, Any]) -> bool:
    return bool(facts["links"] is None)
