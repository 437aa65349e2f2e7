"""A delete that is killed with -9 at each of its steps leaves nothing half: no saveset without its
files in the catalogue, and no files that nobody removes."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.catalogue.database import SqlCatalogue
from server_agent.adapters.clock import SystemClock
from server_agent.ports import Verified, VerifyRequest
from server_agent.service.changes import Changes
from server_agent.service.defaults import FirstMedium, ensure_defaults
from server_agent.service.forgetting import remove_files
from tests.agent.tar.killed_removal import CATALOGUE
from tests.agent.tar.site import LABEL, Site, engine_below
from tests.fakes.engine import FakeControl
from tests.fakes.records import SAVESET

REPOSITORY = Path(__file__).parents[3]
MOST_STEPS = 40


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A FULL and two INC, all in the catalogue."""
    site = Site.below(tmp_path / "made")
    first = FirstMedium(os.fsencode(site.root / "store"), LABEL)
    with closing(SqlCatalogue(url(site.root), create=True)) as catalogue:
        with catalogue.write() as tx:
            ensure_defaults(tx, SystemClock().now(), first)
        for number in range(3):
            (site.source / str(number)).write_bytes(os.urandom(3000))
            site.back_up()
            made = site.chain[0]
            with catalogue.write() as tx:
                tx.add_saveset(
                    replace(
                        SAVESET,
                        name=made.name,
                        base=made.base,
                        label=LABEL,
                        sesam_day=made.sesam_day,
                        job_id=str(number + 1),
                    )
                )
    return site


def url(root: Path) -> str:
    return f"sqlite:///{root}/{CATALOGUE}"


def test_after_a_kill_at_any_step(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    *gone, kept = site.chain
    names = [saveset.name for saveset in gone]
    seen: set[tuple[bool, int]] = set()
    for step in range(1, MOST_STEPS):
        root = tmp_path / f"step{step}"
        shutil.copytree(site.root, root, symlinks=True)
        done = subprocess.run(
            [sys.executable, "-m", "tests.agent.tar.killed_removal", root, str(step), *names],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, -9), done.stderr
        engine = engine_below(root)
        with closing(SqlCatalogue(url(root))) as catalogue:
            with catalogue.read() as view:
                known = view.saveset_names()
                waiting = frozenset(each.saveset for each in view.removals())
            assert known == {kept.name, *(set(names) if not waiting and done.returncode else ())}
            # As at the next start of the agent.
            assert engine.recover([], known | waiting) == []
            assert remove_files(Changes(catalogue, SystemClock()), engine) == 0
        assert engine.present(site.chain) == known, "what the catalogue names is there, whole"
        files = {path.name.partition(".")[0] for path in root.rglob("S*@*") if path.is_file()}
        assert files == known
        [last] = [
            event
            for event in engine.verify(VerifyRequest((kept,)), FakeControl())
            if isinstance(event, Verified)
        ]
        assert last.fault == ""
        seen.add((bool(done.returncode), len(waiting)))
        if done.returncode == 0:
            break
    assert seen == {(True, 2), (False, 0)}, "it was killed in the middle, and in the end it was not"
    assert step > 2 * 3, "each of its files is a step"
    assert caplog.text == ""
