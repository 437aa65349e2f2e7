"""The list of locations on disk."""

import json
import stat
from pathlib import Path

import pytest

from sesam_master.core.registry import KeepingError, Registration, RegistryError
from sesam_master.storage.registry_file import RegistryFile

ALPHA = Registration("id-a", "Älpha", "EMEA / DACH", "::1", 11401, b"\x00\xff", "AB" * 32)
LOCAL = Registration("id-b", "Here", "", "", 0, b"", "", is_on=False, socket="unix:/run/a.sock")


def keep(path: Path, *registrations: Registration) -> None:
    """Adds them to the list."""
    RegistryFile(path).change(
        lambda listed: listed.update({item.location_id: item for item in registrations})
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "locations.json"


def test_what_was_saved_is_loaded(path: Path) -> None:
    assert RegistryFile(path).load() == []
    keep(path, ALPHA, LOCAL)
    assert RegistryFile(path).load() == [ALPHA, LOCAL]
    lock = path.with_name(f"{path.name}.lock")
    assert sorted(path.parent.iterdir()) == [path, lock]
    for file in (path, lock):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


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
    keep(path, ALPHA)
    document = json.loads(path.read_bytes())
    document["locations"][0][key] = value
    path.write_text(json.dumps(document))
    with pytest.raises(RegistryError, match="damaged"):
        RegistryFile(path).load()


def test_a_location_twice_is_damage(path: Path) -> None:
    keep(path, ALPHA)
    document = json.loads(path.read_bytes())
    document["locations"] *= 2
    path.write_text(json.dumps(document))
    with pytest.raises(RegistryError, match="twice"):
        RegistryFile(path).load()


def test_a_newer_format_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"format": 2, "locations": []}')
    with pytest.raises(RegistryError, match="newer desk"):
        RegistryFile(path).load()


def test_a_failed_change_leaves_the_old_list(path: Path) -> None:
    keep(path, ALPHA)
    with pytest.raises(KeepingError, match="cannot be written"):
        keep(path / "below-a-file.json", LOCAL)
    assert RegistryFile(path).load() == [ALPHA]


def test_a_damaged_list_is_not_written_over(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"{")
    with pytest.raises(RegistryError, match="is damaged"):
        keep(path, ALPHA)
    assert path.read_bytes() == b"{"
