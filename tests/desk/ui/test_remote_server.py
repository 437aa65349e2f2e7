"""The page Remote server asks for the right thing, for the chosen location only."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.fleet import (
    ConnectionChanged,
    ConnectionTrouble,
    PictureArrived,
    RegistrationsChanged,
)
from sesam_master.core.gateway import Diagnosis, Step, StepReport
from sesam_master.core.registry import RegistrationChange
from sesam_master.core.states import Connection
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.fingerprint import grouped
from sesam_master.ui.fingerprint_pair import FingerprintPair
from sesam_master.ui.remote_server.doctor import step_name
from sesam_master.ui.remote_server.page import RemoteServerPage
from sesam_master.ui.theme import ThemeHolder
from tests.fakes.fleet import NOW, picture, registration
from tests.fakes.gateway import PRESENTED, FakeGateway

HAMBURG, LAB = registration("hamburg", "EMEA"), registration("lab")


@pytest.fixture
def page(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> RemoteServerPage:
    page = RemoteServerPage(holder, bridge, gateway, lambda: None, lambda: NOW)  # type: ignore[arg-type]
    qtbot.addWidget(page)
    page.show()
    bridge.deliver(RegistrationsChanged((HAMBURG, LAB)))
    bridge.deliver(PictureArrived("hamburg", picture("hamburg"), NOW))
    bridge.deliver(ConnectionChanged("hamburg", Connection.ON, None, NOW))
    bridge.deliver(ConnectionChanged("lab", Connection.OFF, None, None))
    bridge.drain()
    return page


def test_dark_locations_stand_first(page: RemoteServerPage) -> None:
    assert [row.name for row in page.model.records] == ["Lab", "Hamburg"]
    assert [row.version for row in page.model.records] == ["–", "0.1.0"]


def test_properties_are_kept_when_saved(page: RemoteServerPage, gateway: FakeGateway) -> None:
    page.choose("hamburg")
    fields = page.detail.fields
    assert not page.detail.save_button.isEnabled()
    fields["Name"].setText(" Hafen ")
    fields["Port"].setText("7400")

    page.detail.save_button.click()

    changed = RegistrationChange(name="Hafen", port=7400)
    assert gateway.calls == [("change_registration", "hamburg", changed)]


@pytest.mark.parametrize(
    ("field", "value"), [("Port", "0"), ("Port", "x"), ("Host", ""), ("Name", " ")]
)
def test_unusable_properties_are_told_and_not_sent(
    page: RemoteServerPage, gateway: FakeGateway, field: str, value: str
) -> None:
    page.choose("hamburg")
    page.detail.fields[field].setText(value)

    page.detail.save_button.click()

    assert gateway.calls == []
    assert "Cannot save the properties." in page.detail.problem.text()


def test_what_is_being_typed_survives_a_change_from_elsewhere(
    page: RemoteServerPage, bridge: Bridge
) -> None:
    page.choose("hamburg")
    page.detail.fields["Host"].setText("half typ")
    bridge.deliver(RegistrationsChanged((replace(HAMBURG, name="Hafen"), LAB)))
    bridge.drain()

    assert page.detail.fields["Host"].text() == "half typ"
    assert page.detail.fields["Name"].text() == "Hafen"


def test_the_switch_turns_a_location_off_and_on(
    page: RemoteServerPage, gateway: FakeGateway
) -> None:
    page.choose("hamburg")

    page.detail.switch.click()

    switched = RegistrationChange(is_on=False)
    assert gateway.calls == [("change_registration", "hamburg", switched)]


def test_delete_is_confirmed_in_place(
    page: RemoteServerPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    page.choose("lab")
    page.delete_button.click()
    assert gateway.calls == []
    assert page.detail.confirm_button.text() == "Delete Lab"

    page.detail.confirm_button.click()
    bridge.deliver(RegistrationsChanged((HAMBURG,)))
    bridge.drain()

    assert gateway.calls == [("remove_registration", "lab")]
    assert not page.detail.isVisible()
    assert not page.delete_button.isEnabled()


def test_the_doctor_is_asked_by_itself_about_a_broken_location(
    page: RemoteServerPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    bridge.deliver(ConnectionChanged("lab", Connection.BROKEN, None, None))
    bridge.drain()

    page.choose("lab")

    assert gateway.calls == [("diagnose", "lab")]


def test_a_new_fingerprint_is_accepted_by_typing_what_was_read_out(
    page: RemoteServerPage, gateway: FakeGateway, qtbot: QtBot
) -> None:
    steps = (StepReport(Step.TLS, True, "TLS"), StepReport(Step.FINGERPRINT, False, "Another"))
    gateway.diagnosis = Diagnosis(steps, PRESENTED)
    page.choose("hamburg")
    page.detail.test_button.click()
    doctor = page.detail.doctor
    qtbot.waitUntil(lambda: doctor.accept_button is not None)
    assert doctor.accept_button is not None
    assert doctor.typed_field is not None
    doctor.typed_field.setText("AB12CD35")
    assert not doctor.accept_button.isEnabled()
    doctor.typed_field.setText("ab12 cd34")

    doctor.accept_button.click()

    assert ("accept_certificate", "hamburg", PRESENTED) in gateway.calls


def test_a_refusal_is_told_at_the_location(
    page: RemoteServerPage, gateway: FakeGateway, qtbot: QtBot
) -> None:
    gateway.failure = LocationError(Trouble.INTERNAL, "hamburg")
    page.choose("hamburg")
    page.detail.switch.click()

    qtbot.waitUntil(page.detail.problem.isVisible)

    assert page.detail.problem.text().startswith("Cannot switch off at Hamburg.")


def test_the_filter_narrows_the_list(page: RemoteServerPage) -> None:
    page.filter_field.setText("emea")

    assert [row.name for row in page.model.records] == ["Hamburg"]


def test_enter_does_not_delete_and_escape_takes_the_question_away(
    page: RemoteServerPage, gateway: FakeGateway, qtbot: QtBot
) -> None:
    page.choose("hamburg")
    page.delete_button.click()
    detail = page.detail
    assert detail.focusWidget() is detail.keep_button

    qtbot.keyClick(detail.keep_button, Qt.Key.Key_Escape)

    assert not detail.confirm_button.isVisible()
    assert gateway.calls == []


def test_the_question_survives_news_of_other_locations(
    page: RemoteServerPage, bridge: Bridge
) -> None:
    page.choose("hamburg")
    page.delete_button.click()
    bridge.deliver(RegistrationsChanged((HAMBURG, replace(LAB, name="Other"))))
    bridge.drain()

    assert page.detail.confirm_button.isVisible()


def test_both_fingerprints_can_be_copied_and_the_difference_is_marked(
    page: RemoteServerPage, gateway: FakeGateway, qtbot: QtBot
) -> None:
    steps = (StepReport(Step.FINGERPRINT, False, "Another"),)
    gateway.diagnosis = Diagnosis(steps, PRESENTED)
    page.choose("hamburg")
    page.detail.test_button.click()
    qtbot.waitUntil(lambda: page.detail.doctor.findChild(FingerprintPair) is not None)

    pair = page.detail.doctor.findChild(FingerprintPair)
    assert pair is not None
    assert pair.accepted.text() == grouped(HAMBURG.fingerprint)
    assert "<b>" in pair.presented.text()
    for shown in (pair.accepted, pair.presented):
        assert shown.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse


@pytest.mark.parametrize("step", Step)
def test_every_step_of_the_doctor_has_a_name(step: Step) -> None:
    assert step_name(step)[0].isupper()


def refusing(gateway: FakeGateway) -> None:
    steps = (StepReport(Step.TLS, True, "TLS"), StepReport(Step.FINGERPRINT, False, "Another"))
    gateway.diagnosis = Diagnosis(steps, PRESENTED)


def doctor_texts(page: RemoteServerPage) -> list[str]:
    labels = page.detail.doctor.findChildren(QLabel)
    return [label.text() for label in labels if label.isVisible()]


def test_a_result_has_its_time_and_is_replaced_when_the_connection_changes(
    page: RemoteServerPage, gateway: FakeGateway, bridge: Bridge, qtbot: QtBot
) -> None:
    fine = gateway.diagnosis
    refusing(gateway)
    trouble = ConnectionTrouble("fingerprint", "Another", NOW)
    bridge.deliver(ConnectionChanged("hamburg", Connection.BROKEN, trouble, None))
    bridge.drain()
    page.choose("hamburg")
    qtbot.waitUntil(lambda: page.detail.doctor.accept_button is not None)
    tested = f"tested {NOW.astimezone():%H:%M:%S}"
    qtbot.waitUntil(lambda: tested in doctor_texts(page))
    before = len(gateway.calls)

    bridge.deliver(ConnectionChanged("hamburg", Connection.BROKEN, trouble, None))
    bridge.drain()
    assert len(gateway.calls) == before  # it is the same connection still

    gateway.diagnosis = fine
    bridge.deliver(ConnectionChanged("hamburg", Connection.ON, None, NOW))
    bridge.drain()
    assert page.detail.doctor.accept_button is None
    qtbot.waitUntil(lambda: "good" in doctor_texts(page))
    pairs = page.detail.doctor.findChildren(FingerprintPair)
    assert not [pair for pair in pairs if pair.isVisible()]


def test_nothing_is_tested_of_a_location_that_was_switched_off(
    page: RemoteServerPage, gateway: FakeGateway, bridge: Bridge, qtbot: QtBot
) -> None:
    refusing(gateway)
    page.choose("hamburg")
    page.detail.test_button.click()
    qtbot.waitUntil(lambda: page.detail.doctor.accept_button is not None)
    before = len(gateway.calls)

    bridge.deliver(ConnectionChanged("hamburg", Connection.OFF, None, None))
    bridge.drain()

    assert len(gateway.calls) == before
    over = "The connection has changed since the test at "
    qtbot.waitUntil(lambda: any(text.startswith(over) for text in doctor_texts(page)))
    assert page.detail.doctor.accept_button is None
