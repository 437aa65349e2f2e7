"""The preview of a saved file: texts, pictures, and what is neither."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.records import Entry, EntryKind
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.restore.page import RestorePage
from sesam_master.ui.restore.preview import PreviewPane
from sesam_master.ui.restore.previewing import (
    MOST_PIXELS,
    TEXT_BYTES,
    picture_format,
    picture_of,
    text_of,
)
from sesam_master.ui.theme import ThemeHolder
from tests.desk.results.memory import MemoryGateway, entry, pump
from tests.fakes.gateway import FakeGateway, Parked

ROOM = QSize(400, 300)


def picture(width: int, height: int, form: str = "PNG") -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, form)
    return bytes(data.data())


@pytest.mark.parametrize(
    ("data", "text", "name"),
    [
        ("Grüße\n".encode(), "Grüße\n", "UTF-8"),
        ("Grüße\n".encode("latin-1"), "Grüße\n", "Latin-1"),
        ("Grüße".encode("utf-16"), "Grüße", "UTF-16"),
        ("\ufeffGrüße".encode(), "Grüße", "UTF-8"),
        (b"one\r\ntwo", "one\ntwo", "UTF-8"),
    ],
)
def test_texts(data: bytes, text: str, name: str) -> None:
    shown = text_of(data, len(data))
    assert shown is not None
    assert (shown.text, shown.note) == (text, name)


def test_a_sign_that_is_cut_is_left_out() -> None:
    data = ("x" * 9 + "ü").encode()
    shown = text_of(data[:10], 100_000)
    assert shown is not None
    assert shown.text == "x" * 9
    assert "only the first" in shown.note


@pytest.mark.parametrize(
    "data", [b"\0\1\2\3" * 10, bytes(range(1, 32)) * 20, b"\x7fELF\x02\x01\x01"]
)
def test_what_is_no_text(data: bytes) -> None:
    assert text_of(data, len(data)) is None


def test_long_lines_are_cut() -> None:
    shown = text_of(b"y" * 100_000, 100_000)
    assert shown is not None
    assert shown.text is not None
    assert len(shown.text) < 5000
    assert "long lines are cut" in shown.note


@pytest.mark.parametrize("form", ["PNG", "JPG", "BMP", "WEBP"])
def test_pictures_fit_into_their_room(form: str) -> None:
    data = picture(2000, 1000, form)
    known = picture_format(data)
    shown = picture_of(data, known, ROOM)
    assert shown.picture is not None
    assert shown.picture.size() == QSize(400, 200)
    assert "2000 × 1000" in shown.note


def test_a_small_picture_stays_small() -> None:
    shown = picture_of(picture(20, 10), "png", ROOM)
    assert shown.picture is not None
    assert shown.picture.size() == QSize(20, 10)


def test_a_picture_that_says_it_is_huge_is_not_expanded() -> None:
    """Only its head is ever looked at."""
    data = bytearray(picture(20, 10, "BMP"))
    data[18:26] = (12_000).to_bytes(4, "little") * 2
    assert MOST_PIXELS < 12_000 * 12_000
    shown = picture_of(bytes(data), "bmp", ROOM)
    assert shown.picture is None
    assert "too large" in shown.note


def test_a_picture_that_is_cut_is_said() -> None:
    data = picture(300, 300, "PNG")
    shown = picture_of(data[:60], "png", ROOM)
    assert shown.picture is None
    assert "cannot be read" in shown.note


def test_a_drawing_is_no_picture() -> None:
    assert picture_format(b'<svg xmlns="http://www.w3.org/2000/svg"/>') == ""


def file_of(path: bytes, **values: Any) -> Entry:
    return replace(entry(path), **values)


@pytest.fixture
def pane(holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot) -> PreviewPane:
    made = PreviewPane(holder, bridge, gateway, "Hamburg")
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def reads(gateway: FakeGateway) -> list[tuple[object, ...]]:
    return [call[3:] for call in gateway.calls if call[0] == "read_entry"]


def test_nothing_is_read_before_it_is_open(pane: PreviewPane, gateway: FakeGateway) -> None:
    gateway.saved = {b"/a.txt": b"hello"}
    pane.show_entry("Hamburg", "S1", file_of(b"/a.txt", size=5))
    pump()
    assert reads(gateway) == []
    pane.toggle.click()
    pump()
    assert reads(gateway) == [(b"/a.txt", TEXT_BYTES)]
    assert pane.text.toPlainText() == "hello"
    assert pane.text.isVisible()


def test_another_choice_ends_what_is_on_its_way(
    holder: ThemeHolder, gateway: FakeGateway, qtbot: QtBot
) -> None:
    parked = Parked()
    bridge = Bridge(parked.submit)
    pane = PreviewPane(holder, bridge, gateway, "Hamburg")
    qtbot.addWidget(pane)
    pane.toggle.click()
    pane.show_entry("Hamburg", "S1", file_of(b"/a"))
    pane.show_entry("Hamburg", "S1", file_of(b"/a"))
    assert (len(parked.questions), parked.cancelled) == (1, 0)
    pane.show_entry("Hamburg", "S1", file_of(b"/b"))
    assert (len(parked.questions), parked.cancelled) == (2, 1)
    pane.toggle.click()
    assert parked.cancelled == 2
    bridge.close()


def test_what_is_no_file_is_not_asked_for(pane: PreviewPane, gateway: FakeGateway) -> None:
    pane.toggle.click()
    for kind, word in (
        (EntryKind.DIRECTORY, "directory"),
        (EntryKind.SYMLINK, "link to"),
        (EntryKind.SOCKET, "socket"),
    ):
        pane.show_entry("Hamburg", "S1", file_of(b"/%s" % kind.encode(), kind=kind))
        assert word in pane.words.text()
    pane.show_entry("Hamburg", "S1", file_of(b"/lost", home=None))
    assert "not saved" in pane.words.text()
    assert reads(gateway) == []


def test_a_refusal_is_said_and_asked_again(pane: PreviewPane, gateway: FakeGateway) -> None:
    facts = {"saveset": "S1", "detail": "the medium is away"}
    gateway.failure = LocationError(Trouble.REFUSED, "Hamburg", "SAVESET_UNREADABLE", facts)
    pane.toggle.click()
    pane.show_entry("Hamburg", "S1", file_of(b"/a"))
    pump()
    assert "the medium is away" in pane.words.text()
    gateway.failure, gateway.saved = None, {b"/a": b"now"}
    pane.show_entry("Hamburg", "S1", file_of(b"/a"))
    pump()
    assert pane.text.toPlainText() == "now"


def test_what_cannot_be_shown_is_said_with_its_size(
    pane: PreviewPane, gateway: FakeGateway
) -> None:
    gateway.saved = {b"/a": bytes(2_500_000)}
    pane.toggle.click()
    pane.show_entry("Hamburg", "S1", file_of(b"/a"))
    pump()
    assert "2.5\u00a0MB, neither a text nor a picture" in pane.words.text()


def in_threads(
    coroutine: Coroutine[Any, Any, Any],
    done: Callable[[object | None, BaseException | None], None],
) -> Callable[[], None]:
    """As the network thread does, with a loop for each question."""

    def run() -> None:
        try:
            done(asyncio.run(coroutine), None)
        except Exception as error:  # noqa: BLE001 - handed on, as the network thread does
            done(None, error)

    thread = threading.Thread(target=run)
    thread.start()
    return lambda: None


def test_a_picture_is_read_whole(holder: ThemeHolder, gateway: FakeGateway, qtbot: QtBot) -> None:
    content = picture(900, 900, "BMP")
    assert len(content) > TEXT_BYTES
    gateway.saved = {b"/p.bmp": content}
    bridge = Bridge(in_threads)
    pane = PreviewPane(holder, bridge, gateway, "Hamburg")
    qtbot.addWidget(pane)
    pane.resize(400, 300)
    pane.show()
    pane.toggle.click()
    pane.show_entry("Hamburg", "S1", file_of(b"/p.bmp"))
    qtbot.waitUntil(pane.picture.isVisible, timeout=10_000)
    assert "900 × 900" in pane.picture.accessibleName()
    assert not pane.grab().isNull()
    bridge.close()


def test_the_file_of_the_tree_is_shown(
    page: RestorePage, gateway: MemoryGateway, qtbot: QtBot
) -> None:
    gateway.saved = {b"/etc/caf\xe9": b"of the tree"}
    page.show()
    page.preview.toggle.click()
    etc = page.listing.tree.top.children[1]
    page.listing.set_open(etc, True)
    pump()
    file = next(node for node in page.listing.rows if node.path == b"/etc/caf\xe9")
    page.tree.setCurrentIndex(page.listing.index_of(file))
    qtbot.waitUntil(lambda: page.preview.text.toPlainText() == "of the tree", timeout=10_000)


def test_a_preview_that_is_closed_gives_its_room_back(page: RestorePage, qtbot: QtBot) -> None:
    page.resize(1200, 800)
    page.show()
    pump()
    before = page.versions.height()
    page.preview.toggle.click()
    pump()
    assert page.preview.height() > 100
    page.preview.toggle.click()
    pump()
    assert page.versions.height() == before
