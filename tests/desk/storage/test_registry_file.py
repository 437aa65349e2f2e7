"""The list of locations on disk."""

import json
import stat
from pathlib import Path

import pytest

from sesam_master.core.registry import KeepingError, Registration, RegistryError
from sesam_master.storage.registry_file import RegistryFile

ALPHA = Registration("id-a", "Älpha", "EMEA / DACH", "::1", 11401, b"\x00\xff", "AB" * 32)
LOCAL = Registration("id-b", "Here", "", "", 0, b"", "", is_on=False, socket="unix:/run/a.sock")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "locations.json"


def test_what_was_saved_is_loaded(path: Path) -> None:
    assert RegistryFile(path).load() == []
    RegistryFile(path).save([ALPHA, LOCAL])
    assert RegistryFile(path).load() == [ALPHA, LOCAL]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "locations": [{}]}',
        b'{"format": 1, "locations": 7}',
        b'{"format": null, "locations": []}',
    ],
)
def test_damage_names_the_file_and_is_left_as_it_is(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(RegistryError, match=r"locations\.json is damaged"):
        RegistryFile(path).load()
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("port", "x"),
        ("port", 0),
        ("port", 65536),
        ("is_on", 1),
        ("certificate", "%%"),
        ("name", None),
        ("location_id", ""),
    ],
)
def test_a_wrong_field_is_damage(path: Path, key: str, value: object) -> None:
    RegistryFile(path).save([ALPHA])
    document = json.loads(path.read_bytes())
    document["locations"][0][key] = value
    path.write_text(json.dumps(document))
    with pytest.raises(RegistryError, match="damaged"):
        RegistryFile(path).load()


def test_a_location_twice_is_damage(path: Path) -> None:
    RegistryFile(path).save([ALPHA, ALPHA])
    with pytest.raises(RegistryError, match="twice"):
        RegistryFile(path).load()


def test_a_newer_format_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"format": 2, "locations": []}')
    with pytest.raises(RegistryError, match="newer desk"):
        RegistryFile(path).load()


def test_a_failed_save_leaves_the_old_list(path: Path) -> None:
    store = RegistryFile(path)
    store.save([ALPHA])
    blocked = RegistryFile(path / "below-a-file.json")
    with pytest.raises(KeepingError, match="cannot be written"):
        blocked.save([LOCAL])
    assert store.load() == [ALPHA]
