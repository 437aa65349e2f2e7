"""Restores to where file systems are mounted when somebody comes there."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server_agent.adapters.tar.target import ground
from tests.agent.tar import automount
from tests.agent.tar.site import Site, at
from tests.agent.tar.test_overwriting import SAVED, put
from tests.agent.tar.test_races import CAN_GUARD

HAS_AUTOFS = "autofs" in Path("/proc/filesystems").read_text("ascii").split()
pytestmark = pytest.mark.skipif(
    not (CAN_GUARD and HAS_AUTOFS), reason="only root can, on a system that has autofs"
)


@contextlib.contextmanager
def mounting(directory: Path) -> Iterator[None]:
    directory.mkdir(parents=True)
    words = [sys.executable, automount.__file__, os.fspath(directory)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.stdin.close()
            process.wait(10)


def test_what_is_mounted_above_a_source_is_mounted_for_a_restore(site: Site) -> None:
    put(site.source / "a", "saved", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)
    with mounting(place.parent):
        site.restore(site.root / "target")
        assert site.messages == []
        assert (place / "a").read_text() == "saved"
        assert os.path.ismount(place)


def test_a_restore_is_not_guarded_where_file_systems_are_mounted_below_it(site: Site) -> None:
    put(site.source / "homes/alice/a", "saved", SAVED)
    site.back_up()
    place = at(site.root / "target", site.source)
    with mounting(place / "homes"):
        site.restore(site.root / "target")
        with ground(os.fsencode(site.root / "target"), [os.fsencode(site.source)]) as found:
            assert not found.is_guarded
            assert "below the sources are mounted when they are needed" in found.weakness
        assert (place / "homes/alice/a").read_text() == "saved"
        assert os.path.ismount(place / "homes/alice")
