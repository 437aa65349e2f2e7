"""What was chosen for the look comes back; a file that cannot be used stops nothing."""

import logging
import stat
from pathlib import Path

import pytest

from sesam_master.core.registry import KeepingError
from sesam_master.core.settings import Settings
from sesam_master.storage.settings_file import SettingsFile


def test_settings_come_back_as_they_were_and_belong_to_the_person(tmp_path: Path) -> None:
    place = tmp_path / "new" / "settings.ini"
    looks = "{}", '{"zoom": 8}', "[]", '{"order": ["eol"]}'
    kept = Settings("dark", 15.0, b"\x00\x01\xff", bytes(range(40)), *looks)

    SettingsFile(place).save(kept)

    assert SettingsFile(place).load() == kept
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_the_first_start_has_the_defaults(tmp_path: Path) -> None:
    assert SettingsFile(tmp_path / "settings.ini").load() == Settings()


@pytest.mark.parametrize("content", [b"no section", b"\xff\xfe", b"[window\ntheme"])
def test_a_file_that_is_no_settings_is_told_and_gives_the_defaults(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "settings.ini"
    place.write_bytes(content)

    with caplog.at_level(logging.WARNING):
        assert SettingsFile(place).load() == Settings()

    assert "cannot be used" in caplog.text
    caplog.clear()


def test_single_values_that_are_none_are_left_out(tmp_path: Path) -> None:
    place = tmp_path / "settings.ini"
    place.write_text("[window]\ntheme = dark\ntext_px = huge\ngeometry = %%%\n", encoding="utf-8")

    assert SettingsFile(place).load() == Settings(theme="dark")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")

    with pytest.raises(KeepingError, match="settings of the window cannot be kept in"):
        SettingsFile(tmp_path / "file" / "settings.ini").save(Settings())


def test_a_value_that_is_missing_is_the_default(tmp_path: Path) -> None:
    place = tmp_path / "settings.ini"
    place.write_text("[window]\ntext_px = 15\n", encoding="utf-8")

    assert SettingsFile(place).load() == Settings(text_px=15.0)
