"""A restore whose agent is killed: what it had moved out of its way is not lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server_agent.domain.jobs import Level
from tests.agent.tar.site import Site, at
from tests.agent.tar.test_faults import REPOSITORY, tars_at_work, wait_for
from tests.agent.tar.test_restore import make_in_the_way
from tests.agent.tar.trees import differences, picture

JOB = "7"
BIG_BYTES = 24 << 20


def killed_at(site: Site, target: Path, event: str, count: int = 1, rule: str = "always") -> None:
    """Restores in a process of its own and kills it at that event, for the count-th time."""
    driver = [sys.executable, "-m", "tests.agent.tar.driver", "step"]
    command = [*driver, str(site.root), str(target), rule]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None
        while True:
            told = driver.stdout.readline().strip()
            assert told, "the driver ended too early"
            count -= told == event
            if not count:
                break
            driver.stdin.write("\n")
            driver.stdin.flush()
        driver.kill()
        driver.wait()
    wait_for(lambda: not tars_at_work(target), "tar ends with its feeder")


def killed_within(site: Site, target: Path, name: str) -> None:
    """Restores in a process of its own that is killed while tar writes that file."""
    command = [sys.executable, "-m", "tests.agent.tar.driver", "cut", str(site.root), str(target)]
    ended = subprocess.run([*command, name], cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    wait_for(lambda: not tars_at_work(target), "tar ends with its feeder")
    assert 0 < (at(target, site.source) / name).stat().st_size < BIG_BYTES


@pytest.mark.parametrize("replaces", [False, True])
def test_a_large_file_that_was_cut_is_named(site: Site, tmp_path: Path, replaces: bool) -> None:
    for name in ("a", "big", "c"):
        (site.source / name).write_bytes(os.urandom(BIG_BYTES))
    site.back_up()
    restored = at(tmp_path / "target", site.source)
    if replaces:
        restored.mkdir(parents=True)
        (restored / "big").write_text("old")
    killed_within(site, tmp_path / "target", "big")
    whole = (restored / "a").read_bytes()
    [message] = site.engine.put_back(JOB)
    assert message.path == os.fsencode(restored / "big")
    assert f'"{restored / "big"}" was being written when the agent was killed' in message.text
    if replaces:
        assert (message.level, message.code) == (Level.WARNING, "PUT_BACK")
        assert (restored / "big").read_text() == "old"
    else:
        assert (message.level, message.code) == (Level.WARNING, "CUT_REMOVED")
    assert sorted(os.listdir(restored)) == (["a", "big"] if replaces else ["a"])
    assert (restored / "a").read_bytes() == whole == (site.source / "a").read_bytes()
    assert site.engine.put_back(JOB) == []


def test_what_was_moved_is_put_back_at_the_next_start(site: Site, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (site.source / name).write_text("has to be a file")
    site.back_up()
    restored = at(tmp_path / "target", site.source)
    before = {name: make_in_the_way(restored / name) for name in ("a", "b")}
    killed_at(site, tmp_path / "target", "MOVED_ASIDE", 2)
    assert sorted(os.listdir(restored)) != ["a", "b"], "it was killed too late or too early"
    messages = site.engine.put_back(JOB)
    assert {message.code for message in messages} == {"PUT_BACK"}
    assert sorted(os.listdir(restored)) == ["a", "b"]
    for name, picture_before in before.items():
        assert differences(picture_before, picture(restored / name)) == []
    assert site.engine.put_back(JOB) == []


def test_what_has_been_replaced_is_named_and_stays(site: Site, tmp_path: Path) -> None:
    (site.source / "a").write_text("has to be a file")
    (site.source / "big").write_bytes(os.urandom(BIG_BYTES))
    site.back_up()
    restored = at(tmp_path / "target", site.source)
    before = make_in_the_way(restored / "a")
    killed_within(site, tmp_path / "target", "big")
    [_, message] = site.engine.put_back(JOB)
    assert (message.level, message.code) == (Level.WARNING, "LEFT_ASIDE")
    [holder] = [name for name in os.listdir(restored) if name.startswith(".sesam-")]
    assert message.path == os.fsencode(restored / "a")
    assert f'is now "{restored / holder / "a"}"' in message.text
    assert differences(before, picture(restored / holder / "a")) == []
    assert (restored / "a").read_text() == "has to be a file"


@pytest.mark.parametrize("event", ["done"])
def test_a_restore_that_ends_leaves_no_journal(site: Site, tmp_path: Path, event: str) -> None:
    (site.source / "a").write_text("has to be a file")
    site.back_up()
    make_in_the_way(at(tmp_path / "target", site.source) / "a")
    killed_at(site, tmp_path / "target", event)
    assert site.engine.put_back(JOB) == []
    assert os.listdir(at(tmp_path / "target", site.source)) == ["a"]
