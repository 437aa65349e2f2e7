"""A restored file that is moved into its place."""

import errno
import os
from pathlib import Path

import pytest

from server_agent.adapters.tar import arriving
from server_agent.domain.overwriting import OverwriteRule

NOW, NS = 1_500_000_000, 1_000_000_000
KEEPING = (OverwriteRule.NEVER, OverwriteRule.RENAME)


def move(tmp_path: Path, rule: OverwriteRule) -> None:
    """One that was modified now."""
    new = tmp_path / "staged"
    new.write_text("saved")
    arriving.move(os.fsencode(new), os.fsencode(tmp_path / "place"), rule, NOW * NS)


def stand(tmp_path: Path, seconds: int) -> Path:
    place = tmp_path / "place"
    place.write_text("own")
    os.utime(place, (seconds, seconds))
    return place


@pytest.fixture(params=["rename", "no rename", "no link"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """File systems that can do less and less."""

    def unable(*_: object, **__: object) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    def forbidden(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if request.param != "rename":
        monkeypatch.setattr(arriving, "_rename", unable)
    if request.param == "no link":
        monkeypatch.setattr(os, "link", forbidden)
    return str(request.param)


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("rule", OverwriteRule)
def test_to_where_nothing_is(tmp_path: Path, rule: OverwriteRule) -> None:
    move(tmp_path, rule)
    assert (tmp_path / "place").read_text() == "saved"
    assert os.listdir(tmp_path) == ["place"]


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("rule", [*KEEPING, OverwriteRule.IF_OLDER])
def test_what_has_to_stay_stays(tmp_path: Path, rule: OverwriteRule) -> None:
    place = stand(tmp_path, NOW)
    with pytest.raises(FileExistsError):
        move(tmp_path, rule)
    assert (place.read_text(), place.stat().st_mtime) == ("own", NOW)
    assert (tmp_path / "staged").read_text() == "saved"


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("rule", [OverwriteRule.ALWAYS, OverwriteRule.IF_OLDER])
def test_what_may_go_goes(tmp_path: Path, rule: OverwriteRule) -> None:
    place = stand(tmp_path, NOW - 1)
    move(tmp_path, rule)
    assert place.read_text() == "saved"


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("rule", OverwriteRule)
def test_a_directory_is_never_replaced(tmp_path: Path, rule: OverwriteRule) -> None:
    (tmp_path / "place").mkdir()
    (tmp_path / "place/in").write_text("own")
    os.utime(tmp_path / "place", (0, 0))
    with pytest.raises(OSError, match=r"directory|stays"):
        move(tmp_path, rule)
    assert (tmp_path / "place/in").read_text() == "own"
    assert (tmp_path / "staged").read_text() == "saved"
