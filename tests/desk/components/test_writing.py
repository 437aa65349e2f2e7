"""Making, changing, copying and deleting components, and what stands against it."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from sesam_master.core.components import DataStore, Drive, MediaPool, Retention
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.records import Access, Client, ExcludeKind, Ssh, Task, TaskOptions
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.components.rows import ComponentKind
from tests.desk.components.conftest import (
    CLIENTS,
    DISK,
    DRIVES,
    FIRST,
    HERE,
    HOME,
    HOST_KEY,
    MEDIA,
    ODD,
    POOLS,
    SECOND,
    STORES,
    TASKS,
    WEB,
    change_there,
    changed_elsewhere,
    choose,
    names,
    sent,
)
from tests.desk.results.memory import pump
from tests.fakes.gateway import FakeGateway


def save(page: ComponentsPage) -> None:
    assert page.editor.save.isEnabled(), page.editor.save.toolTip()
    page.editor.save.click()
    pump()


def test_a_task_is_written(page: ComponentsPage, gateway: FakeGateway) -> None:
    page.new_button.click()
    form = page.editor.task_form
    form.name.setText("dump")
    form.client.setCurrentText("web-01")
    form.sources.setPlainText("/srv/a\n\n  /srv/\\xE4\\x0a b \n")
    form.options.exclude_kind.setCurrentIndex(1)
    form.options.excludes.setPlainText(" x\n\\.tmp$")
    form.options.exclude_file.setText("/etc/\\xff")
    form.options.checks["one_file_system"].click()
    form.options.accept.setPlainText("\\.log$")
    form.comment.setText("by hand")
    save(page)

    options = TaskOptions(
        ExcludeKind.REGEX,
        b"/etc/\xff",
        one_file_system=True,
        accept_size_change=("\\.log$",),
    )
    made = Task(
        "dump", "web-01", (b"/srv/a", b"/srv/\xe4\n b"), (" x", "\\.tmp$"), "by hand", options
    )
    assert sent(gateway, "add_component") == [made]
    assert names(page) == ["dump", "home", "odd"]
    assert not form.client.isEnabled()
    assert "stays with its client" in form.client.toolTip()


def test_bytes_that_are_no_text_stay_as_they_are(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, TASKS, "odd")
    form = page.editor.task_form
    assert form.sources.toPlainText() == "/srv/\\xe4\\xff\n/srv/a\\x0ab"
    form.comment.setText("seen")
    save(page)
    assert sent(gateway, "change_component") == [replace(ODD, comment="seen")]


def test_a_path_that_means_nothing_is_marked_and_not_saved(page: ComponentsPage) -> None:
    choose(page, TASKS, "home")
    form = page.editor.task_form
    form.comment.setText("x")
    form.sources.setPlainText("/a\\b")

    assert form.sources.property("wrong")
    assert "“\\b” begins with a backslash" in page.editor.warnings.sentences[0]
    assert not page.editor.save.isEnabled()
    form.sources.setPlainText("/a\\\\b")
    assert not form.sources.property("wrong")
    save(page)


def test_what_was_typed_wrongly_is_of_one_task(page: ComponentsPage) -> None:
    choose(page, TASKS, "home")
    page.editor.task_form.sources.setPlainText("/a\\b")
    page.editor.task_form.options.exclude_file.setText("\\")
    choose(page, TASKS, "odd")
    assert page.editor.task_form.problem == ""
    assert page.editor.task_form.options.exclude_file.text() == ""
    choose(page, TASKS, "home")
    assert page.editor.task_form.sources.toPlainText() == "/home\n/srv/data"
    assert page.editor.task_form.options.exclude_file.text() == "/etc/sesam.exclude"


def test_an_exclude_with_a_line_break_is_shown_and_not_written_over(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    change_there(gateway, replace(HOME, excludes=("a\nb",)))
    changed_elsewhere(bridge)
    choose(page, TASKS, "home")
    form = page.editor.task_form
    assert form.options.excludes.isReadOnly()
    form.comment.setText("x")
    save(page)
    assert sent(gateway, "change_component")[0].excludes == ("a\nb",)  # type: ignore[union-attr]


def test_a_client_by_ssh_is_written(page: ComponentsPage, gateway: FakeGateway) -> None:
    page.show_kind(CLIENTS)
    page.new_button.click()
    form = page.editor.client_form
    form.name.setText("mail")
    assert not form.host.isVisible()
    form.access.setCurrentIndex(1)
    assert form.host.isVisible()
    assert "name or address" in page.editor.warnings.sentences[0]
    assert not form.host.property("wrong")  # nothing was written there yet
    form.host.setText("mail.example")
    form.key_file.setText("id")
    assert form.key_file.property("wrong")
    form.key_file.setText("/root/.ssh/id")
    form.host_key.setText(HOST_KEY)
    form.alive.setValue(0)
    form.locked.click()
    save(page)

    login = Ssh("mail.example", 22, "root", "/root/.ssh/id", HOST_KEY, 0)
    assert sent(gateway, "add_component") == [
        Client("mail", Access.SSH, "", login, locked=True),
    ]


def test_a_client_that_is_local_again_has_no_login(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, CLIENTS, "web-01")
    page.editor.client_form.access.setCurrentIndex(0)
    save(page)
    assert sent(gateway, "change_component") == [replace(WEB, access=Access.LOCAL, ssh=None)]


def test_a_data_store_a_drive_and_a_pool_are_written(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    editor = page.editor
    page.show_kind(STORES)
    page.new_button.click()
    editor.store_form.name.setText("Store_9")
    editor.store_form.path.setText("/backup/\\xff")
    editor.store_form.high_water.setValue(80)
    save(page)
    page.show_kind(DRIVES)
    page.new_button.click()
    editor.drive_form.name.setText("Drive_9")
    editor.drive_form.group.setText("Slow")
    editor.drive_form.store.setCurrentText("Store_9")
    save(page)
    page.show_kind(POOLS)
    page.new_button.click()
    editor.pool_form.name.setText("KEEP12345")
    assert "five digits" in editor.warnings.sentences[0]
    assert editor.pool_form.name.property("wrong")
    editor.pool_form.name.setText("KEEP")
    editor.pool_form.group.setCurrentText("Slow")
    editor.pool_form.numbers["yearly"].setValue(7)
    assert "31 days, at least the newest one, 7 years" in editor.pool_form.words.text()
    save(page)

    assert sent(gateway, "add_component") == [
        DataStore("Store_9", b"/backup/\xff", 80),
        Drive("Drive_9", 1, active=True, group="Slow", data_store="Store_9"),
        MediaPool("KEEP", "Slow", Retention(yearly=7)),
    ]


def test_of_a_medium_protection_and_comment_can_be_changed(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, MEDIA, "DISK00001")
    form = page.editor.medium_form
    assert not form.name.isEnabled()
    assert not page.editor.duplicate.isEnabled()
    assert ("Savesets", "412") in (page.editor.facts.shown or [])
    form.protected.click()
    form.comment.setText("for ever")
    save(page)
    [changed] = sent(gateway, "change_component")
    assert (changed.write_protected, changed.comment, changed.etag) == (True, "for ever", "1")  # type: ignore[union-attr]
    assert "DISK00001" in names(page)


def test_an_empty_medium_is_deleted_after_a_question(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, MEDIA, "DISK00001")
    assert not page.editor.delete.isEnabled()
    assert page.editor.delete.toolTip() == "DISK00001 holds 412 savesets."
    choose(page, MEDIA, "DISK00002")
    page.editor.delete.click()
    assert page.editor.confirm.question.text() == "Delete the medium DISK00002 at Hamburg?"
    page.editor.confirm.go.click()
    pump()
    assert sent(gateway, "remove_component") == [SECOND]
    assert names(page) == ["DISK00001"]


@pytest.mark.parametrize(
    ("kind", "name", "why"),
    [
        (CLIENTS, "local", "local has tasks: home. Delete them first."),
        (STORES, "Store_1", "Store_1 is used by DISK00001, DISK00002, Drive_1."),
        (POOLS, "DISK", "DISK has media: DISK00001, DISK00002."),
    ],
)
def test_what_is_needed_is_not_deleted(
    page: ComponentsPage, kind: ComponentKind, name: str, why: str
) -> None:
    choose(page, kind, name)
    assert page.editor.delete.toolTip() == why


def test_steps_go_back_and_forth(page: ComponentsPage, qtbot: QtBot) -> None:
    choose(page, POOLS, "DISK")
    form = page.editor.pool_form
    form.numbers["weekly"].setValue(9)
    form.comment.setText("x")
    for _ in range(2):
        qtbot.keyClick(page.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (form.numbers["weekly"].value(), form.comment.text()) == (4, "")
    assert "4 weeks" in form.words.text()
    page.editor.redo.click()
    assert form.numbers["weekly"].value() == 9
    page.editor.discard.click()
    assert names(page) == ["DISK"]
    assert page.presenter.draft is not None
    assert not page.presenter.draft.is_dirty


def test_a_copy_of_a_task_may_be_of_another_client(page: ComponentsPage) -> None:
    choose(page, TASKS, "home")
    page.editor.duplicate.click()
    form = page.editor.task_form
    assert (form.name.text(), form.client.isEnabled()) == ("home copy", True)
    form.client.setCurrentText("nobody")
    assert "There is no client “nobody” here." in page.editor.warnings.sentences
    assert not page.editor.save.isEnabled()


def test_another_version_is_put_side_by_side(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    choose(page, TASKS, "home")
    page.editor.task_form.comment.setText("mine")
    options = replace(HOME.options, skip_nodump=True)
    change_there(gateway, replace(HOME, sources=(b"/\xff",), options=options))
    changed_elsewhere(bridge)

    conflict = page.editor.conflict
    assert conflict.isVisible()
    assert conflict.shown_lines == [
        ("", "At Hamburg now", "Yours"),
        ("Comment", "all of us", "mine"),
        ("Leave out “no dump”", "yes", "no"),
        ("Sources", "/\\xff", "/home, /srv/data"),
    ]
    conflict.mine.click()
    save(page)
    assert sent(gateway, "change_component") == [replace(HOME, comment="mine", etag="2")]


def test_what_was_deleted_elsewhere_can_be_made_again(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    choose(page, POOLS, "DISK")
    page.editor.pool_form.comment.setText("mine")
    gateway.drop_component(HERE, DISK)
    changed_elsewhere(bridge)
    assert "was deleted at Hamburg meanwhile" in page.editor.conflict.heading.text()
    page.editor.conflict.mine.click()
    save(page)
    assert sent(gateway, "add_component") == [replace(DISK, comment="mine", etag="")]


def test_a_refused_field_is_marked_until_it_is_changed(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, STORES, "Store_1")
    form = page.editor.store_form
    form.path.setText("/proc")
    about = {"field": "path", "value": "/proc", "expected": "a directory"}
    gateway.refused = LocationError(Trouble.REJECTED, HERE, "INVALID_ARGUMENT", about)
    save(page)
    assert "path cannot be “/proc”" in page.editor.problem.text()
    assert form.path.property("wrong")
    form.path.setText("/srv")
    assert not form.path.property("wrong")
    assert not page.editor.problem.isVisible()


def test_what_this_desk_does_not_know_is_not_written_over(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    options = replace(HOME.options, time_reference=None)
    change_there(gateway, replace(HOME, options=options))
    change_there(gateway, replace(WEB, access=Access.UNKNOWN, ssh=None))
    changed_elsewhere(bridge)
    choose(page, TASKS, "home")
    page.editor.task_form.comment.setText("x")
    assert "does not know an option of home" in page.editor.save.toolTip()
    assert page.editor.task_form.options.reference.currentText() == "not known to this desk"
    choose(page, CLIENTS, "web-01")
    page.editor.client_form.comment.setText("x")
    assert "does not know how web-01 is reached" in page.editor.save.toolTip()


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        (STORES, "Store_2", "It is above its mark of 90 % (94\u00a0% full"),
        (STORES, "usb", "It cannot be used just now: /media/usb does not bear the label"),
        (DRIVES, "Drive_2", "It is off: no job is started on it."),
        (DRIVES, "Drive_2", "No media pool uses the drive group Fast"),
    ],
)
def test_what_is_remarkable_is_said(
    page: ComponentsPage, kind: ComponentKind, name: str, said: str
) -> None:
    choose(page, kind, name)
    assert any(said in sentence for sentence in page.editor.warnings.sentences)


def test_the_bar_follows_the_mark_that_is_written(page: ComponentsPage) -> None:
    choose(page, STORES, "Store_2")
    bar = page.editor.facts.bar
    assert bar.isVisible()
    assert (round(bar.fill or 0, 2), bar.mark) == (0.94, 90)
    page.editor.store_form.high_water.setValue(96)
    assert bar.mark == 96
    assert page.editor.warnings.sentences == []
    choose(page, MEDIA, FIRST.label)
    assert not bar.isVisible()
