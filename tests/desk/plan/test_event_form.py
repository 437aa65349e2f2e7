"""The form of an event says what it shows, and writes over nothing that it cannot say."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.plan import (
    BackupAction,
    CommandAction,
    Event,
    RestoreAction,
)
from sesam_master.core.records import BackupType, Overwrite
from sesam_master.ui.plan.event_form import EventForm
from sesam_master.ui.restore.rules import SENTENCES
from sesam_master.ui.theme import ThemeHolder
from tests.desk.plan.conftest import site_plan


@pytest.fixture
def event_form(holder: ThemeHolder, qtbot: QtBot) -> EventForm:
    form = EventForm(holder)
    qtbot.addWidget(form)
    form.show()
    form.set_choices(site_plan(), ["task-1", "task-2"])
    return form


EVENTS = (
    Event("b", "nightly", BackupAction(BackupType.FULL, "task-1", drive="Drive_1"), 7, True),
    Event("g", "weekly", BackupAction(BackupType.INC, group="both"), follow_up="report"),
    Event("r", "", RestoreAction("task-2", b"/tmp/\xff", (b"/a", b"/b")), active=False),
    Event("n", "", RestoreAction("task-2", b"/tmp", overwrite=Overwrite.NEVER)),
    Event("c", "", CommandAction("report", ("-a", "b c")), comment="x"),
)


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


def test_names_are_completed_by_any_part(event_form: EventForm) -> None:
    completer = event_form.task.completer()
    completer.setCompletionPrefix("K-2")
    assert completer.currentCompletion() == "task-2"


def test_a_name_that_is_not_there_is_not_taken(event_form: EventForm) -> None:
    heard: list[Event] = []
    event_form.show_item(EVENTS[0], is_new=False)
    event_form.edited.connect(heard.append)
    event_form.task.setEditText("task-")
    assert event_form.problem == "There is no task “task-” here."
    assert all(event.object_name == "task-1" for event in heard)
    event_form.task.setEditText("task-2")
    assert event_form.problem == ""
    assert heard[-1].object_name == "task-2"
    event_form.schedule.setEditText("")
    assert heard[-1].schedule == ""


def test_a_task_or_else_a_group(event_form: EventForm) -> None:
    heard: list[Event] = []
    event_form.show_item(EVENTS[0], is_new=False)
    event_form.edited.connect(heard.append)
    event_form.of_group.choose(True)
    assert event_form.problem == "No task group is chosen."
    event_form.group.setEditText("both")
    action = heard[-1].action
    assert isinstance(action, BackupAction)
    assert (action.task, action.group, action.drive) == ("", "both", "Drive_1")


def test_the_kind_of_a_new_event_is_free(event_form: EventForm) -> None:
    heard: list[Event] = []
    event_form.show_item(EVENTS[0], is_new=True)
    event_form.edited.connect(heard.append)
    event_form.kind.choose(CommandAction)
    event_form.program.setText("report")
    event_form.arguments.setPlainText("-a\n\nb c\n")
    assert heard[-1].action == CommandAction("report", ("-a", "b c"))
    event_form.kind.choose(RestoreAction)
    event_form.restored.setEditText("task-2")
    event_form.target.setText("/tmp/ä")
    assert heard[-1].action == RestoreAction("task-2", "/tmp/ä".encode(), (), Overwrite.IF_OLDER)
    assert event_form.rule_words.text() == SENTENCES[Overwrite.IF_OLDER]
    event_form.overwrite.choose(Overwrite.ALWAYS)
    assert heard[-1].action == RestoreAction("task-2", "/tmp/ä".encode(), (), Overwrite.ALWAYS)
    assert event_form.rule_words.text() == SENTENCES[Overwrite.ALWAYS]
    event_form.show_item(EVENTS[0], is_new=False)
    assert not event_form.kind.isEnabled()


def test_paths_with_line_breaks_are_not_written_over(event_form: EventForm) -> None:
    broken = Event("r", "", RestoreAction("task-1", b"/tmp", (b"/a\nb",)))
    heard: list[Event] = []
    event_form.show_item(broken, is_new=False)
    event_form.edited.connect(heard.append)
    assert event_form.paths.isReadOnly()
    event_form.comment.setText("x")
    assert heard[-1].action == broken.action


@pytest.mark.parametrize("arguments", [("--to", ""), ("--text", "two\nlines")])
def test_arguments_that_no_line_says_are_not_written_over(
    event_form: EventForm, arguments: tuple[str, ...]
) -> None:
    odd = Event("r", "", CommandAction("report", arguments))
    heard: list[Event] = []
    event_form.show_item(odd, is_new=False)
    event_form.edited.connect(heard.append)
    assert event_form.arguments.isReadOnly()
    event_form.comment.setText("x")
    assert heard[-1].action == odd.action

    event_form.show_item(Event("s", "", CommandAction("report", ("-v",))), is_new=False)
    assert not event_form.arguments.isReadOnly()
    event_form.arguments.setPlainText("-q")
    assert heard[-1].action == CommandAction("report", ("-q",))
