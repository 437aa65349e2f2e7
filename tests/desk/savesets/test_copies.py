"""Copies and moves to another pool, quick looks, and restore proofs."""

from dataclasses import replace
from datetime import date

import pytest

from sesam_master.core.components import MediaPool
from sesam_master.core.records import SavesetCopy
from sesam_master.ui.savesets.facts import copies_text, saveset_facts
from sesam_master.ui.savesets.migrating import bundles
from sesam_master.ui.savesets.page import SavesetsPage
from tests.desk.results.memory import NOW, pump
from tests.desk.savesets.site import SavesetGateway, chain
from tests.desk.savesets.test_acts import offered
from tests.fakes.components import new_site


@pytest.mark.parametrize(("key", "call"), [("quick", "quick_verify"), ("prove", "prove")])
def test_one_is_looked_at_without_a_question(
    page: SavesetsPage, gateway: SavesetGateway, key: str, call: str
) -> None:
    one = gateway.all_savesets["Boulder"][0]
    offered(page, one)[key].run()
    pump()
    assert [each[:3] for each in gateway.calls if each[0] == call] == [(call, "Boulder", one.name)]
    strip = page.acts.quick_strip if key == "quick" else page.acts.proof_strip
    assert strip.isVisible()
    assert "is accepted" in strip.question.text()


def test_those_of_two_locations_are_asked_about(
    page: SavesetsPage, gateway: SavesetGateway
) -> None:
    chosen = [gateway.all_savesets["Boulder"][0], gateway.all_savesets["Hamburg"][0]]
    offered(page, *chosen)["prove"].run()
    strip = page.acts.proof_strip
    assert "Prove a restore of 2 savesets at" in strip.question.text()
    assert "scratch place" in strip.consequence.text()
    assert not [call for call in gateway.calls if call[0] == "prove"]
    strip.go.click()
    pump()
    assert {call[1] for call in gateway.calls if call[0] == "prove"} == {"Boulder", "Hamburg"}


@pytest.mark.parametrize("is_move", [False, True])
def test_savesets_go_to_the_pool_that_is_chosen(
    page: SavesetsPage, gateway: SavesetGateway, is_move: bool
) -> None:
    pools = (MediaPool("DISK", etag="1"), MediaPool("WEEK", etag="1"))
    gateway.sites["Boulder"] = replace(new_site("Boulder"), pools=pools)
    chosen = gateway.all_savesets["Boulder"][:2]
    offered(page, *chosen)["move_to" if is_move else "copy_to"].run()
    pump()
    strip = page.acts.move_strip if is_move else page.acts.copy_strip
    field = page.acts.move_pool if is_move else page.acts.copy_pool
    assert field.isVisible()
    verb = "Move" if is_move else "Copy"
    assert strip.question.text() == f"{verb} 2 savesets at Boulder to the media pool"
    assert ("given up" in strip.consequence.text()) is is_move
    field.setCurrentText("WEEK")
    strip.go.click()
    pump()
    [call] = [call for call in gateway.calls if call[0] == "migrate"]
    assert call[1] == "Boulder"
    assert set(call[2]) == {saveset.name for saveset in chosen}  # type: ignore[call-overload]
    assert call[3:] == ("WEEK", is_move)


@pytest.mark.parametrize("pool", ["", "NOSUCH"])
def test_nothing_is_sent_without_a_pool_that_is_there(
    page: SavesetsPage, gateway: SavesetGateway, pool: str
) -> None:
    pools = (MediaPool("DISK", etag="1"), MediaPool("WEEK", etag="1"))
    gateway.sites["Boulder"] = replace(new_site("Boulder"), pools=pools)
    offered(page, gateway.all_savesets["Boulder"][0])["move_to"].run()
    pump()
    strip, field = page.acts.move_strip, page.acts.move_pool
    assert strip.go.isEnabled()
    assert strip.go.text() == "Move saveset"  # its name is in the question
    field.setCurrentText(pool)
    assert not strip.go.isEnabled()
    assert strip.go.toolTip() == field.missing() != ""
    strip.go.click()
    pump()
    assert not [call for call in gateway.calls if call[0] == "migrate"]
    field.setCurrentText("WEEK")
    assert strip.go.isEnabled()


def test_each_location_gets_one_job_and_no_more_names_than_it_takes() -> None:
    many = [*chain("Boulder", 1, 1001), *chain("Hamburg", 1, 2)]
    assert [(one.location_id, len(one.savesets)) for one in bundles(many)] == [
        ("Boulder", 1000),
        ("Boulder", 1),
        ("Hamburg", 2),
    ]


def test_the_drawer_tells_of_copies_and_proofs(page: SavesetsPage, gateway: SavesetGateway) -> None:
    one = gateway.all_savesets["Boulder"][0]
    offered(page, one)
    row = page.drawer.row
    assert row is not None
    copies = (
        SavesetCopy("WEEK00001", "WEEK", "Store_2", "2027-01-31", None, 5),
        SavesetCopy("TAPE00001", "TAPE", "Store_3", "", None, 5, "its file is not there"),
    )
    told = replace(row, saveset=replace(row.saveset, copies=copies, proof_time=NOW))
    facts = dict(saveset_facts(told, NOW.tzinfo))  # type: ignore[arg-type]
    assert facts["Copies"].startswith("WEEK00001 (EOL 31 Jan 2027")
    assert facts["Copies"].endswith("TAPE00001 (its file is not there)")
    assert facts["Restore proved"].startswith("Mon 23 Nov 2026")
    assert copies_text((), date(2026, 11, 23)) == "none"
