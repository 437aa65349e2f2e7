"""Events that look after savesets: verify, restore proof, migration."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.plan import (
    Action,
    BackupAction,
    Event,
    MigrationAction,
    RestoreProofAction,
    VerifyAction,
)
from sesam_master.core.records import BackupType
from sesam_master.core.sheet import RowKind, title_of
from sesam_master.remote.convert_plan import event as read
from sesam_master.remote.convert_plan import event_message
from sesam_master.ui.plan.event_form import EventForm
from sesam_master.ui.plan.rows import kind_words
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import site_plan

EVENTS = (
    Event("v", "nightly", VerifyAction("task-1", whole_chain=True)),
    Event("q", "nightly", VerifyAction("task-2", quick=True)),
    Event("p", "weekly", RestoreProofAction("task-1", 50, 2_500_000)),
    Event("u", "weekly", RestoreProofAction("task-2")),
    Event("m", "weekly", MigrationAction("DISK", "WEEK", move=True, drive="Drive_2")),
)


@pytest.fixture
def event_form(holder: ThemeHolder, qtbot: QtBot) -> EventForm:
    form = EventForm(holder)
    qtbot.addWidget(form)
    form.show()
    form.set_choices(replace(site_plan(), pools=("DISK", "WEEK")), ["task-1", "task-2"])
    return form


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_an_event_that_is_shown_is_said_again(event_form: EventForm, event: Event) -> None:
    heard: list[Event] = []
    event_form.edited.connect(heard.append)
    for other in (*EVENTS, event):
        event_form.show_item(other, is_new=False)
    assert heard == []
    assert event_form.problem == ""
    event_form.comment.setText("more")
    assert heard[-1] == replace(event, comment="more")


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_nothing_is_lost_on_the_wire(event: Event) -> None:
    assert read(event_message(event)) == event


def test_each_kind_is_made_anew(event_form: EventForm) -> None:
    heard: list[Event] = []
    new = Event("x", "", BackupAction(BackupType.INC, "task-1"))
    event_form.show_item(new, is_new=True)
    event_form.edited.connect(heard.append)

    def said() -> Action | None:
        return heard[-1].action

    event_form.kind.choose(VerifyAction)
    event_form.data.quick.click()
    assert said() == VerifyAction("task-1", quick=True)
    event_form.kind.choose(RestoreProofAction)
    event_form.data.files.setValue(12)
    event_form.data.megabytes.setValue(3)
    assert said() == RestoreProofAction("task-1", 12, 3_000_000)
    event_form.kind.choose(MigrationAction)
    assert event_form.problem == "No media pool to copy from is chosen."
    event_form.data.source.setEditText("DISK")
    event_form.data.pool.setEditText("WEEK")
    event_form.data.move.click()
    assert said() == MigrationAction("DISK", "WEEK", move=True)
    assert event_form.drive.isVisibleTo(event_form)
    event_form.drive.setCurrentIndex(1)
    drive = event_form.drive.value()
    assert drive
    assert said() == MigrationAction("DISK", "WEEK", move=True, drive=drive)
    assert event_form.problem == ""


def test_only_the_fields_of_the_kind_are_shown(event_form: EventForm) -> None:
    data = event_form.data
    for event, shown in zip(
        EVENTS,
        ((True, False), (True, False), (True, False), (True, False), (False, True)),
        strict=True,
    ):
        event_form.show_item(event, is_new=False)
        assert (data.task.isVisibleTo(event_form), data.source.isVisibleTo(event_form)) == shown


def test_lists_and_the_calendar_name_them() -> None:
    assert [kind_words(event) for event in EVENTS] == [
        "Verify",
        "Verify",
        "Restore proof",
        "Restore proof",
        "Move",
    ]
    assert EVENTS[4].object_name == "DISK to WEEK"
    assert title_of(RowKind.RESTORE_PROOF, "mail") == "Prove mail"
    assert [event.kind for event in (EVENTS[2], EVENTS[4])] == [
        RowKind.RESTORE_PROOF,
        RowKind.MIGRATION,
    ]
