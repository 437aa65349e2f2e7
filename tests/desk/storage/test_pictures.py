"""The remembered pictures on disk, and where the desk's files lie."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from sesam_master.core.registry import KeepingError, Remembered
from sesam_master.storage.pictures import PictureFile
from sesam_master.storage.places import places


def test_the_newest_of_each_location_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "pictures.sqlite"
    store = PictureFile(path)
    assert store.load() == []
    assert not path.exists()
    store.save([Remembered("a", b"\x00old", 1), Remembered("b", b"b", 2)])
    store.save([Remembered("a", b"\x00new", 3)])
    again = PictureFile(path)
    assert sorted(again.load(), key=lambda item: item.location_id) == [
        Remembered("a", b"\x00new", 3),
        Remembered("b", b"b", 2),
    ]
    again.forget("a")
    again.forget("a")
    assert [item.location_id for item in store.load()] == ["b"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_pictures_of_an_older_desk_come_without_a_calendar(tmp_path: Path) -> None:
    path = tmp_path / "pictures.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE picture (location_id TEXT PRIMARY KEY, proof_time_us INTEGER NOT NULL, "
            "snapshot BLOB NOT NULL) STRICT, WITHOUT ROWID"
        )
        connection.execute("INSERT INTO picture VALUES ('a', 3, x'01')")
        connection.execute("PRAGMA user_version = 1")
    store = PictureFile(path)
    assert store.load() == [Remembered("a", b"\x01", 3, b"")]
    store.save([Remembered("b", b"\x02", 4, b"sheet")])
    assert {item.location_id: item.sheet for item in store.load()} == {"a": b"", "b": b"sheet"}


def test_damage_says_that_the_file_may_be_deleted(tmp_path: Path) -> None:
    path = tmp_path / "pictures.sqlite"
    path.write_bytes(b"this is no database, and long enough to be looked at" * 20)
    with pytest.raises(KeepingError, match="Delete the file"):
        PictureFile(path).load()


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pictures.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(KeepingError, match="format 9"):
        PictureFile(path).save([Remembered("a", b"", 1)])


def test_a_profile_holds_everything(tmp_path: Path) -> None:
    here = places(tmp_path)
    for path in (here.registry, here.credentials, here.pictures, here.settings, here.log):
        assert path.is_relative_to(tmp_path)
    assert not any(tmp_path.iterdir())
    assert places().registry.is_absolute()
