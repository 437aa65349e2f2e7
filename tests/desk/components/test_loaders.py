"""Loaders: what is in them, moving it, and the loaders themselves."""

from dataclasses import replace

import pytest

from sesam_master.core.components import DataStore, Drive, Loader, LoaderKind, Medium
from sesam_master.core.loaders import LoaderPlace, PlaceKind
from sesam_master.core.records import Role as DeskRole
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.formatting import MISSING
from sesam_master.ui.widgets.column import Role
from tests.desk.components.conftest import (
    DRIVES,
    HERE,
    LOADERS,
    STORES,
    choose,
    names,
    sent,
    texts,
)
from tests.desk.results.memory import bring_up, job, pump, take_down
from tests.fakes.gateway import FakeGateway

BOX = Loader("Box", LoaderKind.VIRTUAL, b"/srv/box", ("Box_0", "Box_1"), "in the cellar", "1")
CHANGER = Loader("Changer", LoaderKind.MTX, b"/dev/sg3", ("RDX",), "", "1", ("/dev/nst0",))


def place(kind: PlaceKind, number: int, label: str = "", pool: str = "") -> LoaderPlace:
    return LoaderPlace(kind, number, bool(label), label, pool)


@pytest.fixture
def gateway(gateway: FakeGateway) -> FakeGateway:
    """Two loaders; RED00001 is in drive 0, and its other media in slots."""
    for item in (
        *(BOX, CHANGER),
        DataStore("Box_0", b"/srv/box/drives/0", removable=True, etag="1"),
        DataStore("Box_1", b"/srv/box/drives/1", removable=True, etag="1"),
        DataStore("RDX", b"/media/rdx", removable=True, etag="1"),
        *(Drive("Box_a", 1, True, "", "1", "Box", "Box_0"),),
        *(Drive("Box_b", 1, True, "", "1", "Box", "Box_1"),),
        *(Drive("RDX", 1, True, "", "1", "RDX", "RDX"),),
        *(Medium(label, pool="RED", data_store="Box_0", etag="1") for label in ("RED00001",)),
        *(Medium(label, pool="RED", data_store="Box_0", etag="1") for label in ("RED00002",)),
        *(Medium(label, pool="RED", data_store="Box_1", etag="1") for label in ("RED00003",)),
    ):
        gateway.keep_component(HERE, item, "1")
    gateway.inside["Box"] = (
        place(PlaceKind.DRIVE, 0, "RED00001", "RED"),
        place(PlaceKind.DRIVE, 1),
        place(PlaceKind.SLOT, 1),
        place(PlaceKind.SLOT, 2, "RED00002", "RED"),
        place(PlaceKind.SLOT, 3, "RED00003", "RED"),
        place(PlaceKind.IMPORT_EXPORT, 4, "ODD"),
        place(PlaceKind.OUTSIDE, 0, "RED00009", "RED"),
    )
    return gateway


def pick(page: ComponentsPage, kind: PlaceKind, number: int) -> None:
    """A row of the slots and drives."""
    assert page.editor.loader_panel.table.select_key((kind, number, ""))
    pump()


def shown(page: ComponentsPage) -> list[list[str]]:
    model = page.editor.loader_panel.table.model()
    rows, columns = range(model.rowCount()), range(model.columnCount())
    return [[str(model.index(row, at).data()) for at in columns] for row in rows]


def stale_cells(page: ComponentsPage) -> set[bool]:
    """Whether the slots and drives are drawn as old."""
    model = page.editor.loader_panel.table.model()
    rows = range(model.rowCount())
    return {model.index(row, 0).data(Role.CELL).is_stale for row in rows}


def test_the_list_says_what_each_is(page: ComponentsPage) -> None:
    page.show_kind(LOADERS)
    pump()
    assert names(page) == ["Box", "Changer"]
    assert texts(page, "Changer") == {
        "name": "Changer",
        "kind": "changer (mtx)",
        "device": "/dev/sg3",
        "drives": "1",
        "stores": "RDX",
        "tapes": "/dev/nst0",
        "comment": "",
    }
    assert texts(page, "Box")["stores"] == "Box_0, Box_1"
    assert "2 loaders" in page.sentence()


def test_what_is_in_it_is_looked_at_once_and_by_the_button(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, LOADERS, "Box")
    assert gateway.moves == [("adjust", "Box")]
    panel = page.editor.loader_panel
    assert "As it was at Sun 1 Mar 2026 13:30:00 CET." in panel.as_of.text()
    assert shown(page) == [
        ["Drive 0", "RED00001", "RED", "Box_0"],
        ["Drive 1", "empty", MISSING, "Box_1"],
        ["Slot 1", "empty", MISSING, MISSING],
        ["Slot 2", "RED00002", "RED", "Box_0"],
        ["Slot 3", "RED00003", "RED", "Box_1"],
        ["Import/export 4", "ODD", "not of this location", MISSING],
        ["In no place of it", "RED00009", "RED", MISSING],
    ]
    panel.look.click()
    pump()
    assert gateway.moves == [("adjust", "Box")] * 2


def test_a_medium_goes_into_the_drive_of_its_data_store(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, LOADERS, "Box")
    panel = page.editor.loader_panel
    assert not panel.load.isEnabled()
    pick(page, PlaceKind.SLOT, 2)
    assert not panel.load.isEnabled()
    assert panel.load.toolTip() == "Drive 0 holds RED00001: unload that first."
    pick(page, PlaceKind.SLOT, 3)
    assert panel.load.text() == "Load into drive 1"
    panel.load.click()
    pump()
    assert gateway.moves[-1] == ("load", "Box", "3", "1")
    assert shown(page)[1] == ["Drive 1", "RED00003", "RED", "Box_1"]
    pick(page, PlaceKind.DRIVE, 0)
    panel.unload.click()
    pump()
    assert gateway.moves[-1] == ("unload", "Box", "0")
    assert shown(page)[0] == ["Drive 0", "empty", MISSING, "Box_0"]


def test_a_refusal_is_said_and_what_was_seen_stays(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, LOADERS, "Box")
    gateway.jammed["Box"] = "the gripper is stuck"
    pick(page, PlaceKind.SLOT, 3)
    panel = page.editor.loader_panel
    panel.load.click()
    pump()
    assert "Cannot load RED00003 into drive 1 at Hamburg." in panel.problem.text()
    assert "the gripper is stuck" in panel.problem.text()
    assert panel.problem.isVisible()
    assert len(shown(page)) == 7
    panel.look.click()
    pump()
    assert not panel.problem.isVisible()


def test_a_loader_is_added_and_what_cannot_be_is_said(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    page.show_kind(LOADERS)
    page.presenter.new()
    pump()
    form = page.editor.loader_form
    form.name.setText("New")
    form.device.setText("srv/box")
    form.stores.setPlainText("Box_0\nStore_1")
    pump()
    assert "The device is no full path" in form.problem
    assert not page.editor.save.isEnabled()
    form.device.setText("/dev/sg4")
    form.kind.setCurrentIndex(1)
    form.tapes.setPlainText("-\nst0")
    pump()
    assert "A tape device is a name below /dev" in form.problem
    form.tapes.setPlainText("-\n/dev/nst1")
    pump()
    assert form.problem == ""
    assert "The data store Store_1 is not removable" in str(
        page.editor.judge(page.presenter.draft.item if page.presenter.draft else BOX)
    )
    assert page.editor.loader_panel.as_of.text() == "Nothing is known of it until it is saved."
    page.editor.save.click()
    pump()
    [added] = sent(gateway, "add_component")
    assert added == Loader(
        *("New", LoaderKind.MTX, b"/dev/sg4", ("Box_0", "Store_1")),
        tape_devices=("", "/dev/nst1"),
    )


def test_the_devices_of_a_loader_are_changed(page: ComponentsPage, gateway: FakeGateway) -> None:
    choose(page, LOADERS, "Changer")
    form = page.editor.loader_form
    assert form.tapes.lines() == ("/dev/nst0",)
    form.tapes.setPlainText("/dev/nst4")
    page.editor.save.click()
    pump()
    [changed] = sent(gateway, "change_component")
    assert isinstance(changed, Loader)
    assert changed.tape_devices == ("/dev/nst4",)


def test_who_may_only_look_moves_nothing(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    bring_up(bridge, HERE, [job(HERE, 1)], role=DeskRole.MONITOR)
    choose(page, LOADERS, "Box")
    assert gateway.moves == []
    panel = page.editor.loader_panel
    assert "loaders are moved by the roles operator and admin" in panel.as_of.text()
    assert not panel.look.isEnabled()


def test_what_was_seen_stays_while_the_location_is_dark(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    choose(page, LOADERS, "Box")
    take_down(bridge, HERE)
    pump()
    panel = page.editor.loader_panel
    assert "As it was at Sun 1 Mar 2026 13:30:00 CET. Hamburg is" in panel.as_of.text()
    assert not panel.look.isEnabled()
    assert len(shown(page)) == 7


def test_without_any_it_says_what_to_do(page: ComponentsPage, gateway: FakeGateway) -> None:
    for item in (BOX, CHANGER):
        gateway.drop_component(HERE, item)
    page.refresh()
    page.show_kind(LOADERS)
    pump()
    content = page.empty_content("")
    assert content.headline == "Hamburg has no loaders"
    assert "Each of its drives is a removable data store: add those first." in content.reason


def test_another_device_is_looked_into_again(page: ComponentsPage, gateway: FakeGateway) -> None:
    choose(page, LOADERS, "Box")
    choose(page, LOADERS, "Changer")
    choose(page, LOADERS, "Box")
    assert gateway.moves.count(("adjust", "Box")) == 1
    gateway.keep_component(HERE, replace(BOX, device=b"/srv/other"), "2")
    page.presenter.refresh()
    pump()
    assert gateway.moves.count(("adjust", "Box")) == 2


def test_a_drive_that_was_changed_meanwhile_is_not_another_one_of_its_group(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, DRIVES, "Box_a")
    page.editor.drive_form.streams.setValue(3)
    pump()
    gateway.keep_component(HERE, Drive("Box_a", 4, True, "", "2", "Box", "Box_0"), "2")
    page.presenter.refresh()
    pump()
    assert ("In its group", "Box_b") in (page.editor.facts.shown or [])


def test_a_removable_data_store_that_is_away_is_no_fault(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    here = gateway.sites[HERE]
    stores = [
        replace(each, fault="No label") if each.name == "Box_1" else each
        for each in here.stores or ()
    ]
    gateway.sites[HERE] = replace(here, stores=tuple(stores))
    page.show_kind(STORES)
    page.presenter.refresh()
    pump()
    assert texts(page, "Box_1")["state"] == "Away"
    assert texts(page, "usb")["state"] == "Fault"


def test_what_was_seen_before_it_went_dark_looks_old_until_it_is_looked_at_again(
    page: ComponentsPage, gateway: FakeGateway, bridge: Bridge
) -> None:
    choose(page, LOADERS, "Box")
    panel = page.editor.loader_panel
    assert stale_cells(page) == {False}
    assert panel.heading.text == "What is in it"
    take_down(bridge, HERE)
    pump()
    assert stale_cells(page) == {True}
    assert panel.heading.text == "What was in it"
    bring_up(bridge, HERE, [job(HERE, 1)])
    pump()
    assert stale_cells(page) == {True}
    assert "was not reached for a time since then: look again." in panel.as_of.text()
    panel.look.click()
    pump()
    assert stale_cells(page) == {False}
    assert panel.heading.text == "What is in it"
