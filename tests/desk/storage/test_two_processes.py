"""Two processes that use one profile at the same time."""

import errno
import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from sesam_master.core.registry import KeepingError, Registration
from sesam_master.storage.credentials import EncryptedFile, WrongPassphrase
from sesam_master.storage.desk_lock import DeskLock
from sesam_master.storage.file_lock import locked, stamp
from sesam_master.storage.registry_file import RegistryFile

ALPHA = Registration("id-a", "Alpha", "", "::1", 11401, b"\x00\xff", "AB" * 32)
DEADLINE = 60.0
_ADD = """
import sys
from dataclasses import replace
from pathlib import Path
from sesam_master.storage.credentials import EncryptedFile
from sesam_master.storage.registry_file import RegistryFile
from tests.desk.storage.test_two_processes import ALPHA

directory, name = Path(sys.argv[1]), sys.argv[2]
credentials = EncryptedFile(directory / "credentials.json", "correct horse")
registry = RegistryFile(directory / "locations.json")
print("ready", flush=True)
sys.stdin.readline()
for number in range(25):
    location_id = f"{name}{number}"
    credentials.put(location_id, f"sesam_{location_id}")
    added = replace(ALPHA, location_id=location_id)
    registry.change(lambda listed: listed.setdefault(location_id, added))
"""


def test_what_two_processes_add_at_the_same_time_is_all_kept(tmp_path: Path) -> None:
    adding = [
        subprocess.Popen(
            [sys.executable, "-c", _ADD, tmp_path, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in "ab"
    ]
    for process in adding:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in adding:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    for process in adding:
        process.communicate(timeout=DEADLINE)
        assert process.returncode == 0
    wanted = {f"{name}{number}" for name in "ab" for number in range(25)}
    assert {item.location_id for item in RegistryFile(tmp_path / "locations.json").load()} == wanted
    credentials = EncryptedFile(tmp_path / "credentials.json", "correct horse")
    assert all(credentials.get(i) == f"sesam_{i}" for i in wanted)


def test_who_makes_the_credentials_first_chooses_the_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    first, second = EncryptedFile(path, "correct horse"), EncryptedFile(path, "correct horse")
    stranger = EncryptedFile(path, "another")
    first.put("id-a", "sesam_1")
    second.put("id-b", "sesam_2")
    assert first.get("id-b") == "sesam_2"
    before = path.read_bytes()
    with pytest.raises(WrongPassphrase, match="does not open"):
        stranger.put("id-c", "sesam_3")
    assert path.read_bytes() == before


def test_a_lock_that_is_not_let_go_is_told(tmp_path: Path) -> None:
    path = tmp_path / "locations.json"
    with locked(path), pytest.raises(TimeoutError, match="for too long"), locked(path, 0.0):
        pass
    with locked(path, 0.0):
        pass


def test_a_list_whose_lock_cannot_be_made_is_told_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "locations.json"
    (tmp_path / "locations.json.lock").mkdir()
    with pytest.raises(KeepingError, match=r"locations\.json cannot be written"):
        RegistryFile(path).change(lambda listed: listed.update({"id-a": ALPHA}))
    with pytest.raises(KeepingError, match=r"lock .* cannot be used: Is a directory"):
        DeskLock(tmp_path / "locations.json.lock")
    assert not path.exists()


def test_a_place_that_knows_no_locks_is_not_taken_for_another_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", refuse)
        with pytest.raises(KeepingError, match="cannot be used: No locks available"):
            DeskLock(tmp_path / "desk.lock")
    DeskLock(tmp_path / "desk.lock").release()


def test_a_stamp_tells_each_replacement(tmp_path: Path) -> None:
    path = tmp_path / "locations.json"
    seen = [stamp(path)]
    for _ in range(5):
        RegistryFile(path).change(lambda _listed: None)
        seen.append(stamp(path))
        assert seen[-1] != seen[-2]
    path.unlink()
    assert stamp(path) == seen[0] == ()
