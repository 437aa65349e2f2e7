"""What the lists show, of how much there is, and in place of nothing."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from sesam_master.core.components import Retention
from sesam_master.core.fleet import ObjectsChanged
from sesam_master.core.records import Client, Role
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.components.rows import ComponentKind
from sesam_master.ui.components.words import retention_words
from sesam_master.ui.theme import ThemeHolder
from sesam_master.ui.widgets.column import Role as CellRole
from sesam_master.ui.widgets.wrapped_label import WrappedLabel
from tests.desk.components.conftest import (
    CLIENTS,
    DRIVES,
    HERE,
    LOADERS,
    MEDIA,
    POOLS,
    STORES,
    TASKS,
    WEB,
    changed_elsewhere,
    choose,
    many_tasks,
    names,
    show_page,
    site,
    texts,
)
from tests.desk.results.memory import NOW, bring_up, job, list_locations, pump, take_down
from tests.fakes.gateway import FakeGateway


def test_it_begins_with_the_tasks(page: ComponentsPage) -> None:
    assert names(page) == ["home", "odd"]
    assert "2 clients, 2 tasks, 3 data stores, 2 drives, 1 media pool, 2 media at Hamburg." in (
        page.sentence()
    )


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        (CLIENTS, "web-01", {"access": "SSH, backup@10.0.0.7:2222", "users": "1", "locked": ""}),
        (TASKS, "home", {"client": "local", "sources": "/home, /srv/data"}),
        (TASKS, "odd", {"sources": r"/srv/\xe4\xff, /srv/a\x0ab", "excludes": "–"}),
        (STORES, "Store_1", {"state": "Ready", "fill": "71\u00a0%", "users": "2"}),
        (STORES, "Store_2", {"state": "Above mark", "fill": "94\u00a0%", "mark": "90\u00a0%"}),
        (STORES, "usb", {"state": "Fault", "fill": "", "free": "?"}),
        (DRIVES, "Drive_2", {"active": "off", "streams": "4", "store": "Store_2"}),
        (POOLS, "DISK", {"kept": "31 days, at least the newest one, 4 weeks, 12 months"}),
        (MEDIA, "DISK00001", {"savesets": "412", "eol": "2027-01-31", "stored": "1.2\u00a0TB"}),
        (MEDIA, "DISK00002", {"newest": "–", "eol": "–", "savesets": "0"}),
    ],
)
def test_a_row_says_what_there_is(
    page: ComponentsPage, kind: ComponentKind, name: str, shown: dict[str, str]
) -> None:
    page.show_kind(kind)

    assert shown.items() <= texts(page, name).items()


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (Retention(), "31 days, at least the newest one"),
        (Retention(1, 3, 1, 1, 1), "1 day, at least the newest 3, 1 week, 1 month, 1 year"),
        (Retention(0, 0), "their own day"),
    ],
)
def test_a_retention_is_said_in_words(kept: Retention, words: str) -> None:
    assert retention_words(kept) == words


def test_the_filter_looks_into_sources_and_comments(page: ComponentsPage) -> None:
    page.filter_field.setText("SRV/DATA")
    assert names(page) == ["home"]
    page.filter_field.setText("nothing has this")
    assert page.empty.isVisible()
    assert "has “nothing has this”" in page.empty.content.headline
    page.empty.triggered.emit("clear")
    assert names(page) == ["home", "odd"]


def test_two_thousand_tasks_are_listed(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    gateway.sites[HERE] = site(many_tasks(2000))
    changed_elsewhere(bridge)

    assert len(names(page)) == 2000
    choose(page, TASKS, "task-1234")
    page.editor.task_form.comment.setText("another")
    assert texts(page, "task-1234 · edited")["client"] == "local"
    page.show_kind(CLIENTS)
    assert texts(page, "local")["users"] == "2\u202f000"


@pytest.mark.parametrize("kind", [kind for kind in ComponentKind if kind is not MEDIA])
def test_an_empty_list_offers_the_first_one(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge, kind: ComponentKind
) -> None:
    gateway.sites[HERE] = replace(site(), **{kind.field: ()})  # type: ignore[arg-type]
    changed_elsewhere(bridge)
    page.show_kind(kind)

    assert page.empty.isVisible()
    assert page.empty.content.headline == f"Hamburg has no {kind.value.lower()}"
    page.empty.triggered.emit("new")
    assert names(page) == [f"New {kind.noun} · new"]


def test_media_are_made_by_backups_only(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    gateway.sites[HERE] = replace(site(), media=())
    changed_elsewhere(bridge)
    page.show_kind(MEDIA)

    assert page.empty.content.actions == ()
    assert not page.new_button.isEnabled()
    assert "first backup" in page.new_button.toolTip()
    page.empty.triggered.emit("new")
    assert names(page) == []


def test_what_the_watch_tells_is_asked_for_again(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    gateway.keep_component(HERE, replace(WEB, name="other"), "1")
    gateway.calls.clear()
    told = Client("other", WEB.access, "")
    bridge.deliver(ObjectsChanged(HERE, NOW, clients={"other": told}))
    bridge.drain()
    pump()

    assert gateway.calls == [("components", HERE)]
    page.show_kind(CLIENTS)
    assert "other" in names(page)


def test_a_dark_location_shows_what_was_known_and_changes_nothing(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    kept = replace(site(), stores=None, pools=None, media=None, is_kept=True)
    gateway.sites[HERE] = kept
    take_down(bridge, HERE)
    pump()

    choose(page, TASKS, "home")
    assert page.banner.isVisible()
    assert "Hamburg is broken" in page.banner.accessibleName()
    assert "Shown is what was known" in page.banner.accessibleName()
    editor = page.editor
    assert not editor.task_form.comment.isEnabled()
    assert not editor.save.isEnabled()
    assert not editor.delete.isEnabled()
    assert not page.new_button.isEnabled()
    assert "nothing can be asked or changed there now" in editor.save.toolTip()
    page.show_kind(STORES)  # read before it went dark
    assert texts(page, "Store_1")["state"] == "Unknown"
    choose(page, STORES, "Store_2")  # nobody knows whether it still is above its mark
    assert editor.warnings.sentences == []
    assert editor.facts.bar.is_stale


@pytest.mark.parametrize("kind", list(ComponentKind))
def test_nothing_of_a_dark_location_looks_new_while_its_kept_state_is_read(
    page: ComponentsPage, bridge: Bridge, kind: ComponentKind
) -> None:
    take_down(bridge, HERE)  # the answer that comes yet still says that it was live
    pump()
    page.show_kind(kind)
    model = page.table.model()
    rows = range(model.rowCount())
    assert all(model.index(row, 0).data(CellRole.CELL).is_stale for row in rows)
    if kind in (TASKS, LOADERS):
        return
    assert rows
    page.table.selectRow(0)
    pump()
    facts = page.editor.facts
    assert facts.heading.text == "As of Mon 23 Nov 2026 08:41:08 CET"
    values = [label for label in facts.findChildren(WrappedLabel) if label.property("role")]
    assert {label.property("role") for label in values} == {"secondary", "old"}


def test_what_was_never_read_of_a_dark_location_is_not_said_to_be_nothing(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> None:
    gateway.sites[HERE] = replace(site(), stores=None, pools=None, media=None, is_kept=True)
    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, 1)])
    take_down(bridge, HERE)
    page = show_page(holder, bridge, gateway, {}, qtbot)

    assert names(page) == ["home", "odd"]
    assert "media" not in page.sentence()
    page.show_kind(POOLS)
    assert page.empty.content.headline == "Which media pools Hamburg has is not known"


def test_who_is_no_administrator_only_looks(
    holder: ThemeHolder, bridge: Bridge, gateway: FakeGateway, qtbot: QtBot
) -> None:
    list_locations(bridge, HERE)
    bring_up(bridge, HERE, [job(HERE, 1)], role=Role.OPERATOR)
    page = show_page(holder, bridge, gateway, {}, qtbot)
    choose(page, STORES, "Store_2")

    assert "role operator" in page.editor.save.toolTip()
    assert not page.editor.store_form.path.isEnabled()
    assert page.editor.facts.isEnabled()
