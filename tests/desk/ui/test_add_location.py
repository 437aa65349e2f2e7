"""A token goes to a server only after a person accepted its fingerprint."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.addresses import DEFAULT_PORT
from sesam_master.core.errors import AlreadyListed, LocationError, Trouble
from sesam_master.core.registry import Registration
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.fingerprint import begins_with, grouped, marked
from sesam_master.ui.first_start.offer import parse_offer
from sesam_master.ui.first_start.page import AddLocationPage
from sesam_master.ui.theme import ThemeHolder
from tests.fakes.fleet import registration
from tests.fakes.gateway import PRESENTED, FakeGateway, Parked


@pytest.fixture
def added() -> list[Registration]:
    return []


@pytest.fixture
def page(
    holder: ThemeHolder,
    bridge: Bridge,
    gateway: FakeGateway,
    added: list[Registration],
    qtbot: QtBot,
) -> AddLocationPage:
    page = AddLocationPage(holder, bridge, gateway, added.append)  # type: ignore[arg-type]
    qtbot.addWidget(page)
    page.show()
    return page


def test_three_steps_add_a_location(
    page: AddLocationPage, gateway: FakeGateway, added: list[Registration], qtbot: QtBot
) -> None:
    page.offer_field.setText("127.0.0.1:11401 AAAA-BBBB")
    page.connect_button.click()
    qtbot.waitUntil(page.fingerprint.isVisible)
    assert gateway.calls == [("look", "127.0.0.1", 11401)]
    assert page.fingerprint.text() == grouped(PRESENTED.fingerprint)

    page.name_field.setText("Hamburg")
    page.accept_button.click()
    qtbot.waitUntil(lambda: bool(added))

    assert gateway.calls[1] == ("enrol", PRESENTED, "AAAA-BBBB", "Hamburg", "")
    assert added[0].name == "Hamburg"
    assert page.offer_field.text() == ""


def test_enter_again_sends_the_token_once(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> None:
    asked = Parked()
    slow = Bridge(asked.submit)
    page = AddLocationPage(holder, slow, gateway, lambda _added: None)  # type: ignore[arg-type]
    qtbot.addWidget(page)
    page.offer_field.setText("127.0.0.1:11401 AAAA-BBBB")
    page.connect_button.click()
    asked.questions.pop()(PRESENTED, None)
    qtbot.waitUntil(lambda: page.presenter.presented is not None)

    for field in (page.name_field, page.name_field, page.farm_field):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert len(asked.questions) == 1

    refused = LocationError(Trouble.NO_ANSWER, "")
    asked.questions.pop()(None, refused)
    qtbot.waitUntil(lambda: page.connect_button.isEnabled())
    page.presenter.accept("", "")
    assert asked.questions == []


def test_a_different_fingerprint_ends_it_without_the_token(
    page: AddLocationPage, gateway: FakeGateway, qtbot: QtBot
) -> None:
    page.offer_field.setText("127.0.0.1:11401 AAAA-BBBB")
    page.connect_button.click()
    qtbot.waitUntil(page.fingerprint.isVisible)

    page.refuse_button.click()
    page.presenter.accept("", "")

    assert not page.fingerprint.isVisible()
    assert [call[0] for call in gateway.calls] == ["look"]


def test_a_server_that_is_not_there_is_told(
    page: AddLocationPage, gateway: FakeGateway, qtbot: QtBot
) -> None:
    gateway.failure = LocationError(Trouble.UNREACHABLE, "", "", {"found": "Nobody listens"})
    page.offer_field.setText("127.0.0.1:1 AAAA")
    page.connect_button.click()

    qtbot.waitUntil(lambda: "Nobody listens" in page.message.text())

    assert page.connect_button.isEnabled()


def test_a_used_token_is_told_and_nothing_is_added(
    page: AddLocationPage, gateway: FakeGateway, added: list[Registration], qtbot: QtBot
) -> None:
    page.offer_field.setText("127.0.0.1:11401 AAAA")
    page.connect_button.click()
    qtbot.waitUntil(page.fingerprint.isVisible)
    gateway.failure = LocationError(Trouble.REJECTED, "", "TOKEN_USED", {"used_time": "08:00"})

    page.accept_button.click()
    qtbot.waitUntil(lambda: "exchanged before, at 08:00" in page.message.text())

    assert added == []


def test_a_text_that_is_no_offer_is_told_at_once(
    page: AddLocationPage, gateway: FakeGateway
) -> None:
    page.offer_field.setText("hamburg.example:11401")
    page.connect_button.click()

    assert "found one word" in page.message.text()
    assert gateway.calls == []


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("hamburg.example:7400  abc", "hamburg.example", 7400),
        ("hamburg abc", "hamburg", DEFAULT_PORT),
        ("[fe80::1]:7400 abc", "fe80::1", 7400),
        ("[fe80::1] abc", "fe80::1", DEFAULT_PORT),
        ("fe80::1 abc", "fe80::1", DEFAULT_PORT),
    ],
)
def test_addresses_are_read(text: str, host: str, port: int) -> None:
    offer = parse_offer(text)

    assert (offer.host, offer.port, offer.token) == (host, port, "abc")
    assert "abc" not in repr(offer)


@pytest.mark.parametrize("text", ["", "a", "a b c", ":1 t", "h:0 t", "h:65536 t", "h:x t", "[] t"])
def test_bad_addresses_are_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_offer(text)


@pytest.mark.parametrize(
    ("typed", "is_right"),
    [
        ("AB12CD34", True),
        ("ab 12 cd 34", True),
        ("AB:12:CD:34", True),
        ("AB12CD3", False),
        ("AB12CD340", False),
        ("AB12CD35", False),
        ("", False),
    ],
)
def test_the_spoken_characters_have_to_be_exact(typed: str, is_right: bool) -> None:
    assert begins_with(PRESENTED.fingerprint, typed) is is_right


LISTED = replace(registration("hamburg", "EMEA"), port=7400)


def _say_listed(page: AddLocationPage, gateway: FakeGateway, qtbot: QtBot) -> None:
    page.offer_field.setText("127.0.0.1:11401 AAAA-BBBB")
    page.connect_button.click()
    qtbot.waitUntil(page.fingerprint.isVisible)
    gateway.failure = AlreadyListed(LISTED, is_token_sent=False)
    page.name_field.setText("Another name")
    page.accept_button.click()
    qtbot.waitUntil(page.question.isVisible)
    gateway.failure = None


def test_a_listed_location_is_replaced_only_when_a_person_says_so(
    page: AddLocationPage, gateway: FakeGateway, added: list[Registration], qtbot: QtBot
) -> None:
    _say_listed(page, gateway, qtbot)
    assert "Hamburg" in page.question.heading.text()
    assert f"{LISTED.address} becomes 127.0.0.1:11401." in page.question.text.text()
    assert "only if the agent was moved" in page.question.text.text()
    assert page.question.focusWidget() is page.question.leave_button
    assert not added

    page.question.replace_button.click()
    qtbot.waitUntil(lambda: bool(added))

    assert gateway.calls[-1][-1] == "hamburg"
    assert not page.question.isVisible()


def test_a_new_credential_for_the_same_agent_needs_no_reason(
    page: AddLocationPage, qtbot: QtBot
) -> None:
    host, port, fingerprint = PRESENTED.host, PRESENTED.port, PRESENTED.fingerprint
    same = replace(LISTED, host=host, port=port, fingerprint=fingerprint)
    page.question.ask(same, PRESENTED)
    assert page.question.text.text() == (
        f"Its address {same.address} stays. Its certificate is the same, its credential is made "
        "anew. Name, farm and switch stay. Nothing was sent."
    )


def test_a_listed_location_that_is_left_stays_as_it_is(
    page: AddLocationPage, gateway: FakeGateway, added: list[Registration], qtbot: QtBot
) -> None:
    _say_listed(page, gateway, qtbot)
    asked = list(gateway.calls)

    qtbot.keyClick(page.question.leave_button, Qt.Key.Key_Escape)

    assert not page.question.isVisible()
    assert gateway.calls == asked
    assert not added


def test_a_listed_location_whose_token_is_gone_is_an_error_only(
    page: AddLocationPage, gateway: FakeGateway, qtbot: QtBot
) -> None:
    page.offer_field.setText("127.0.0.1:11401 AAAA-BBBB")
    page.connect_button.click()
    qtbot.waitUntil(page.fingerprint.isVisible)
    gateway.failure = AlreadyListed(LISTED, is_token_sent=True)
    page.accept_button.click()
    qtbot.waitUntil(lambda: "token is used up" in page.message.text())

    assert not page.question.isVisible()


def test_pairs_that_differ_are_marked() -> None:
    assert marked("AB12CD34", "AB13CD34") == "AB&nbsp;<u><b>12</b></u>&nbsp;CD&nbsp;34"
    assert "<b>" not in marked("AB12", "AB12")
    assert marked("AB12", "AB").endswith("<u><b>12</b></u>")
