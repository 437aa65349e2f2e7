"""Nobody but the agent's user reads what the agent writes; what it restores keeps its modes."""

import contextlib
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.adapters.process import UMASK
from server_agent.adapters.tar.store import LABEL_FILE
from tests.agent.tar.site import DAY, LABEL, Site, at
from tests.agent.tar.trees import differences, picture
from tests.fakes.engine import FakeControl


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_saveset_is_for_its_user_only(tmp_path: Path) -> None:
    """The store may be a mounted disk, outside of the private root."""
    with umask(0o022):
        site = Site.below(tmp_path)
        (site.source / "file").write_text("x")
        seen: dict[str, int] = {}

        def look(event: object) -> None:
            seen.update({path: mode(site.root / path) for path in site.files()})

        site.back_up(on_event=look)
        look(None)
        request = site.restore_request(tmp_path / "target")
        for event in site.engine.restore(request, FakeControl()):
            look(event)
    assert {os.path.splitext(path)[1] for path in seen} >= {"", ".part", ".idx", ".db", ".tmp"}
    assert {path: oct(found) for path, found in seen.items() if found != 0o600} == {}
    assert mode(site.root / "store" / LABEL / LABEL_FILE) == 0o600
    assert mode(site.root / "lis" / DAY.strftime("%Y%m%d")) == 0o700


def test_a_serving_agent_writes_for_its_user_only(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "server_agent.commands.sesam_agent", "--root", tmp_path / "r"]
    made = ["init", "--name", "Alpha", "--host", "127.0.0.1", "--port", "0"]
    subprocess.run([*command, *made], check=True, capture_output=True, umask=0o022)
    with subprocess.Popen(
        [*command, "serve"], stdout=subprocess.PIPE, text=True, umask=0o022
    ) as agent:
        assert agent.stdout is not None
        assert agent.stdout.readline().startswith("Serving")
        status = Path(f"/proc/{agent.pid}/status").read_text()
        agent.terminate()
    assert agent.returncode == 0
    assert re.findall(r"^Umask:\s*(\d+)$", status, re.MULTILINE) == [f"{UMASK:04o}"]


@pytest.mark.parametrize("mask", [0o022, UMASK])
def test_a_restore_does_not_depend_on_the_umask(site: Site, tmp_path: Path, mask: int) -> None:
    (site.source / "deep").mkdir()
    for number, bits in enumerate((0o644, 0o4755, 0o600, 0o666)):
        (site.source / f"deep/file{number}").write_text("x")
        (site.source / f"deep/file{number}").chmod(bits)
    os.link(site.source / "deep/file0", site.source / "deep/link")
    (site.source / "deep").chmod(0o777)
    site.source.chmod(0o2775)
    site.back_up()
    with umask(mask):
        site.restore(tmp_path / "new/target")
        site.restore(tmp_path / "one", site.source / "deep/link")
    restored = at(tmp_path / "new/target", site.source)
    assert differences(picture(site.source), picture(restored)) == []
    above = [path for path in restored.parents if (tmp_path / "new") in (path, *path.parents)]
    one = at(tmp_path / "one", site.source)
    above += [path for path in one.parents if (tmp_path / "one") in (path, *path.parents)]
    assert above
    assert {str(path): oct(mode(path)) for path in above if mode(path) != 0o755} == {}
