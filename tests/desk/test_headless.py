"""The desk without a window: the fleet as a table, and a tour that cannot keep its pictures."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from sesam_master import headless
from sesam_master.core.fleet import (
    ConnectionChanged,
    ConnectionTrouble,
    Fleet,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.states import Connection, JobState
from sesam_master.tour import FLEET_SECONDS
from tests.fakes.fleet import NOW, job, picture, registration

SECONDS = 60.0


def test_the_table_says_as_of_when_for_what_is_dark() -> None:
    fleet = Fleet()
    fleet.apply(
        RegistrationsChanged((registration("near"), registration("far"), registration("never")))
    )
    for location_id in ("near", "far"):
        running = job(location_id, 1, "c0-t0", JobState.ACTIVE)
        fleet.apply(PictureArrived(location_id, picture(location_id, 1, 1, running), NOW))
        fleet.apply(ConnectionChanged(location_id, Connection.ON, None, NOW))
    trouble = ConnectionTrouble("tcp", "refused", NOW)
    fleet.apply(ConnectionChanged("far", Connection.BROKEN, trouble, None))

    lines = headless.table(fleet, NOW + timedelta(seconds=5)).splitlines()

    [near] = [line for line in lines if line.startswith("Near") and "c0-t0" in line]
    [far] = [line for line in lines if line.startswith("Far") and "c0-t0" in line]
    assert "as of" not in near
    assert "Running" in near
    moment = NOW.astimezone()
    assert f"Broken (tcp, as of {moment:%d %b %Y %H:%M:%S})" in far
    assert "Unknown" in far
    assert lines[-1] == "1 of 3 locations live"


def tour(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """The command, without a screen and without a key ring."""
    return subprocess.run(
        [sys.executable, "-m", "sesam_master", *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env=os.environ
        | {
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        },
    )


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_tour_to_a_place_that_cannot_be_written_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "passphrase").write_text("correct horse", encoding="utf-8")
    (tmp_path / "passphrase").chmod(0o600)
    keeping = ("--profile", str(tmp_path / "profile"), "--passphrase-file", tmp_path / "passphrase")

    done = tour(*keeping, "--tour", tmp_path / place)

    assert (done.returncode, done.stdout) == (1, "")
    told = done.stderr.splitlines()[-1]
    assert told.startswith(f"sesam-master: The pictures cannot be kept in {tmp_path / place}: ")
    assert "Traceback" not in done.stderr


def test_a_tour_over_no_locations_does_not_wait_for_any(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("correct horse", encoding="utf-8")
    (tmp_path / "passphrase").chmod(0o600)
    keeping = ("--profile", str(tmp_path / "profile"), "--passphrase-file", tmp_path / "passphrase")
    began = time.monotonic()

    done = tour(*keeping, "--tour", tmp_path / "pictures")

    assert done.returncode == 0
    assert "0 of 0 locations live" in done.stdout
    assert time.monotonic() - began < FLEET_SECONDS
