"""The look of the window is what was kept, and follows the menu."""

from dataclasses import dataclass, field

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.settings import Settings
from sesam_master.ui.appearance import TEXT_SIZES
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.desk import Desk
from sesam_master.ui.theme import ThemeHolder, ThemeMode
from tests.fakes.fleet import NOW
from tests.fakes.gateway import FakeGateway


@dataclass
class Kept:
    """A store in memory."""

    settings: Settings = field(default_factory=Settings)

    def load(self) -> Settings:
        return self.settings

    def save(self, settings: Settings) -> None:
        self.settings = settings


def _desk(holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot) -> Desk:
    desk = Desk(holder, bridge, gateway, lambda: NOW, "0.1.0")  # type: ignore[arg-type]
    qtbot.addWidget(desk.window)
    return desk


def test_a_look_that_was_kept_comes_back(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> None:
    kept = Kept()
    first = _desk(holder, bridge, gateway, qtbot)
    first.window.show()
    first.window.resize(700, 600)
    first.actions.qaction("theme_dark").trigger()
    first.actions.qaction("text_larger").trigger()
    text_px = holder.text_px
    size = first.window.size()
    first.keep_look(kept)
    first.window.close()
    holder.set_mode(ThemeMode.LIGHT)
    holder.set_text_px(None)

    second = _desk(holder, bridge, gateway, qtbot)
    second.look_as(kept.load())
    second.window.show()

    assert second.window.size() == size
    assert holder.mode is ThemeMode.DARK
    assert holder.current.is_dark
    assert holder.text_px == text_px
    assert text_px is not None


@pytest.mark.parametrize("kept", [Settings("pink", 900.0, b"nonsense", b"x"), Settings()])
def test_unusable_or_missing_settings_leave_everything_as_it_is(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot, kept: Settings
) -> None:
    desk = _desk(holder, bridge, gateway, qtbot)
    holder.set_mode(ThemeMode.SYSTEM)
    size = desk.window.size()

    desk.look_as(kept)

    assert desk.window.size() == size
    assert holder.mode is ThemeMode.SYSTEM
    assert holder.text_px is None


def test_text_grows_and_shrinks_in_steps_and_goes_back(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> None:
    desk = _desk(holder, bridge, gateway, qtbot)
    holder.set_text_px(13)

    for _ in range(len(TEXT_SIZES)):
        desk.actions.qaction("text_larger").trigger()
    assert holder.text_px == TEXT_SIZES[-1]
    assert desk.window.font().pixelSize() == TEXT_SIZES[-1]

    desk.actions.qaction("text_smaller").trigger()
    assert holder.text_px == TEXT_SIZES[-2]

    desk.actions.qaction("text_normal").trigger()
    assert holder.text_px is None
