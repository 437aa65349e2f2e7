"""Encryption, spare pools, immutable data stores, and when a data store will be full."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sesam_api.v1 import tasks_pb2
from sesam_master.core.components import DataStore, MediaPool
from sesam_master.core.history import StoreSample
from sesam_master.core.states import JobState
from sesam_master.remote.convert import task
from sesam_master.remote.convert_components import pool, pool_message, store, store_message
from sesam_master.ui.components.page import ComponentsPage
from sesam_master.ui.components.rows import COLUMNS, ComponentRow
from sesam_master.ui.components.versions import differences
from sesam_master.ui.components.words import forecast_words, full_day_text, is_full_soon
from tests.desk.components.conftest import (
    DISK,
    FULL_STORE,
    HERE,
    HOME,
    POOLS,
    STORES,
    TASKS,
    choose,
    sent,
    site,
    texts,
)
from tests.desk.results.memory import NOW, pump
from tests.fakes.gateway import FakeGateway

TODAY = NOW.date()


def test_a_pool_is_encrypted_and_has_a_spare(page: ComponentsPage, gateway: FakeGateway) -> None:
    gateway.keep_component(HERE, MediaPool("TAPE", etag="1"), "1")
    page.refresh()
    pump()
    choose(page, POOLS, "DISK")
    form = page.editor.pool_form
    form.encrypted.click()
    form.spare.setCurrentText("TAPE")
    page.editor.save.click()
    pump()
    [changed] = sent(gateway, "change_component")
    assert changed == replace(DISK, encrypted=True, spare_pool="TAPE")


def test_a_pool_is_no_spare_of_itself(page: ComponentsPage) -> None:
    choose(page, POOLS, "DISK")
    page.editor.pool_form.spare.setCurrentText("DISK")
    pump()
    assert not page.editor.save.isEnabled()


def test_another_change_of_a_pool_leaves_its_encryption(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    """What a form does not touch is sent as it was, not as it would be by default."""
    gateway.sites[HERE] = replace(
        site(), pools=(replace(DISK, encrypted=True, key_id="k1", spare_pool="x"),)
    )
    page.refresh()
    pump()
    choose(page, POOLS, "DISK")
    page.editor.pool_form.comment.setText("other")
    page.editor.send()
    pump()
    shown = dict(page.editor.facts.shown or [])
    assert shown["Key"] == "k1"
    for change in sent(gateway, "change_component"):
        assert isinstance(change, MediaPool)
        assert (change.encrypted, change.spare_pool) == (True, "x")


def test_a_data_store_is_made_immutable_and_removable(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, STORES, "Store_1")
    page.editor.store_form.immutable.click()
    page.editor.store_form.removable.click()
    page.editor.save.click()
    pump()
    [changed] = sent(gateway, "change_component")
    assert isinstance(changed, DataStore)
    assert (changed.immutable, changed.removable) == (True, True)


def test_nothing_of_them_is_lost_on_the_wire() -> None:
    one = MediaPool("WEEK", encrypted=True, spare_pool="DISK")
    assert pool(pool_message(one)) == one
    other = DataStore("Store_2", b"/mnt", immutable=True, removable=True)
    assert store(store_message(other)) == other
    assert [row[0] for row in differences(one, replace(one, encrypted=False))] == ["Encrypted"]


@pytest.mark.parametrize(("days", "soon"), [(0, True), (13, True), (14, False), (400, False)])
def test_a_store_that_is_full_soon_is_a_warning(days: int, soon: bool) -> None:
    day = TODAY + timedelta(days)
    item = replace(FULL_STORE, full_day=day.isoformat(), trend_per_day=3_000_000_000)
    row = ComponentRow((STORES, item.name), item, "", False, 0, TODAY)
    [column] = [each for each in COLUMNS[STORES] if each.key == "full_by"]
    assert is_full_soon(item, TODAY) is soon
    assert column.cell(row, False).value is (JobState.WARNING if soon else None)
    assert column.cell(row, False).text == full_day_text(item)
    assert f"at its mark on {full_day_text(item)}" in forecast_words(item)


def test_one_without_a_forecast_says_why(page: ComponentsPage, gateway: FakeGateway) -> None:
    noted = replace(FULL_STORE, forecast_note="3 days of history, 7 needed")
    gateway.sites[HERE] = replace(site(), stores=(noted,))
    page.refresh()
    pump()
    choose(page, STORES, "Store_2")
    assert texts(page, "Store_2")["full_by"] == "–"
    facts = dict(page.editor.facts.shown or [])
    assert facts["Forecast"] == "no forecast: 3 days of history, 7 needed"


def test_the_history_of_a_store_stands_beside_it(
    page: ComponentsPage, gateway: FakeGateway
) -> None:
    choose(page, STORES, "Store_1")
    plot = page.editor.facts.plot
    assert "first is taken" in plot.empty.text()
    sample = StoreSample("Store_1", TODAY, NOW, 2_000_000_000_000, 580_000_000_000, 1)
    gateway.samples = {HERE: (sample,)}
    gateway.sites[HERE] = replace(site(), as_of=NOW + timedelta(hours=1))
    page.refresh()
    pump()
    assert plot.content is not None
    assert [point.value for point in plot.content.points] == [1_420_000_000_000] * 2
    assert gateway.asked_history[-1][:2] == (HERE, "Store_1")


@pytest.mark.parametrize(
    ("days", "words"), [(None, "never"), (0, "today"), (12, "12\u00a0d ago"), (-1, "today")]
)
def test_a_task_says_when_a_restore_was_proved(days: int | None, words: str) -> None:
    proved = NOW - timedelta(days) if days is not None else None
    item = replace(HOME, last_proof_time=proved)
    row = ComponentRow((TASKS, item.name), item, "", False, 0, TODAY)
    [column] = [each for each in COLUMNS[TASKS] if each.key == "proved"]
    assert column.cell(row, False).text == words


def test_the_proof_of_a_task_comes_over_the_wire() -> None:
    message = tasks_pb2.Task(name="home", client="local")
    assert task(message).last_proof_time is None
    message.last_proof_time.FromDatetime(NOW)
    assert task(message).last_proof_time == NOW
