"""Commands and the time reference in the editor of a task, and a client that is local again."""

from dataclasses import replace

from sesam_master.core.command_text import SHELL
from sesam_master.core.records import Access, Client, CommandSource, TimeReference
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.page import ComponentsPage
from tests.desk.components.conftest import (
    CLIENTS,
    HOME,
    TASKS,
    change_there,
    changed_elsewhere,
    choose,
    sent,
    texts,
)
from tests.desk.components.test_writing import save
from tests.fakes.gateway import FakeGateway

PLAIN = CommandSource("shop.sql", (b"pg_dump", b"the shop"))


def bash(name: str, line: bytes) -> CommandSource:
    return CommandSource(name, (*SHELL, line))


def test_commands_are_written(page: ComponentsPage, gateway: FakeGateway) -> None:
    page.new_button.click()
    form = page.editor.task_form
    form.name.setText("dump")
    form.client.setCurrentText("local")
    assert "no source and no command" in form.problem
    form.commands.setPlainText("shop.sql.gz = pg_dump shop | gzip\n\nall=mysqldump -A")
    save(page)
    [made] = sent(gateway, "add_component")
    assert made.commands == (  # type: ignore[union-attr]
        bash("shop.sql.gz", b"pg_dump shop | gzip"),
        bash("all", b"mysqldump -A"),
    )
    assert texts(page, "dump")["sources"] == "command shop.sql.gz, command all"


def test_a_line_that_is_no_command_is_marked_and_stays(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    choose(page, TASKS, "home")
    form = page.editor.task_form
    form.commands.setPlainText("pg_dump shop")
    assert form.commands.property("wrong")
    assert not page.editor.save.isEnabled()
    assert "NAME = LINE" in form.problem
    changed_elsewhere(bridge)
    assert form.commands.toPlainText() == "pg_dump shop"
    form.commands.setPlainText("a/b = pg_dump shop")
    assert "without a slash" in form.problem
    form.commands.setPlainText("a = x\na = y")
    assert "there twice" in form.problem
    form.commands.setPlainText("a = x")
    assert not form.commands.property("wrong")
    choose(page, TASKS, "odd")
    assert form.commands.toPlainText() == ""


def test_what_was_made_without_a_shell_stays_until_it_is_changed(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    change_there(gateway, replace(HOME, commands=(PLAIN,)))
    changed_elsewhere(bridge)
    choose(page, TASKS, "home")
    form = page.editor.task_form
    assert form.commands.toPlainText() == "shop.sql = pg_dump 'the shop'"
    form.commands.setPlainText("shop.sql = pg_dump 'the shop'\nx = y")
    save(page)
    assert sent(gateway, "change_component")[-1].commands == (  # type: ignore[union-attr]
        PLAIN,
        bash("x", b"y"),
    )


def test_commands_with_odd_signs_are_shown_and_not_written_over(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    odd = CommandSource("a", (b"x", b"\xff"))
    change_there(gateway, replace(HOME, commands=(odd,)))
    changed_elsewhere(bridge)
    choose(page, TASKS, "home")
    form = page.editor.task_form
    assert form.commands.isReadOnly()
    form.comment.setText("seen")
    save(page)
    assert sent(gateway, "change_component")[-1].commands == (odd,)  # type: ignore[union-attr]
    choose(page, TASKS, "odd")
    assert not form.commands.isReadOnly()


def test_each_way_to_tell_changes_is_offered_with_a_sentence(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, TASKS, "home")
    options = page.editor.task_form.options
    said = []
    for at in range(options.reference.count()):
        options.reference.setCurrentIndex(at)
        said.append(options.reference_words.text())
    assert len(set(said)) == 3
    assert "Without that file everything is saved" in said[1]
    assert "FULL and INC clear the bit" in said[2]
    save(page)
    [changed] = sent(gateway, "change_component")
    reference = changed.options.time_reference  # type: ignore[union-attr]
    assert reference is TimeReference.ARCHIVE_BIT


def test_a_client_over_ssh_becomes_local_again(page: ComponentsPage, gateway: FakeGateway) -> None:
    choose(page, CLIENTS, "web-01")
    form = page.editor.client_form
    form.access.setCurrentIndex(0)
    save(page)
    [changed] = sent(gateway, "change_component")
    assert isinstance(changed, Client)
    assert (changed.access, changed.ssh) == (Access.LOCAL, None)
