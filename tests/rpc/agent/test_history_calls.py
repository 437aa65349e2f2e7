"""How the location has grown, over the wire."""

from datetime import date, timedelta

import pytest

from server_agent.domain.history import StoreSample
from server_agent.ports import StoreSpace
from sesam_api.client import connect
from tests.agent.service.rig import START
from tests.rpc.agent.rig import AgentRig

DAY = timedelta(days=1)


def enter(agent: AgentRig, days: int) -> None:
    """A sample a day of a store that fills by 10 bytes each, up to the day before the agent
    started."""
    with agent.catalogue.write() as tx:
        for number in range(days):
            moment = START - (days - number) * DAY
            sample = StoreSample("Store_1", moment.date(), moment, 1000, 500 - 10 * number, number)
            tx.add_store_sample(sample)


def test_samples_come_in_pages_and_of_the_days_that_are_asked_for(agent: AgentRig) -> None:
    enter(agent, 5)
    call = agent.local.call
    page = call("HistoryService/ListStoreHistory", data_store="Store_1", page_size=2)
    assert [each.stored_bytes for each in page.samples] == [0, 1]
    again = call(
        "HistoryService/ListStoreHistory",
        data_store="Store_1",
        page_size=1000,
        page_token=page.next_page_token,
    )
    assert [each.stored_bytes for each in again.samples][:3] == [2, 3, 4]
    assert again.next_page_token == ""
    first = (START - 2 * DAY).date().isoformat()
    some = call("HistoryService/ListStoreHistory", first_sesam_day=first, last_sesam_day=first)
    [one] = some.samples
    assert (one.sesam_day, one.capacity_bytes, one.free_bytes) == (first, 1000, 470)


def test_growth_is_that_of_the_backups(agent: AgentRig) -> None:
    agent.add_task()
    agent.backed_up()
    agent.backed_up()
    [day] = agent.local.call("HistoryService/ListGrowth").growth
    assert (day.sesam_day, day.backups) == ("2026-03-04", 2)
    assert day.saved_bytes >= day.stored_bytes > 0
    assert not agent.local.call("HistoryService/ListGrowth", client="nobody").growth
    assert not agent.local.call("HistoryService/ListGrowth", last_sesam_day="2026-03-03").growth


@pytest.mark.parametrize("method", ["ListStoreHistory", "ListGrowth"])
def test_what_is_no_day_and_no_token_is_refused(agent: AgentRig, method: str) -> None:
    refused = agent.local.refused
    bad = refused(f"HistoryService/{method}", first_sesam_day="yesterday")
    assert (bad.reason, bad.metadata["field"]) == ("INVALID_ARGUMENT", "first_sesam_day")
    assert refused(f"HistoryService/{method}", page_token="x").reason == "PAGE_TOKEN_INVALID"
    assert refused(f"HistoryService/{method}", page_size=1001).reason == "INVALID_ARGUMENT"


def test_a_token_is_good_for_its_list_only(agent: AgentRig) -> None:
    enter(agent, 5)
    token = agent.local.call("HistoryService/ListStoreHistory", page_size=2).next_page_token
    refused = agent.local.refused(
        "HistoryService/ListStoreHistory", data_store="other", page_token=token
    )
    assert refused.reason == "PAGE_TOKEN_INVALID"


def test_a_data_store_says_when_it_will_be_full(agent: AgentRig) -> None:
    enter(agent, 30)
    agent.engine.full[b"/store"] = StoreSpace(1000, 200)
    [store] = agent.local.call("MediaService/ListDataStores").data_stores
    # 500 to 790 bytes of 1000 in thirty days, 10 a day, the mark is at 950.
    assert store.trend_bytes_per_day == 10
    assert date.fromisoformat(store.forecast_full_day) == START.date() + 15 * DAY
    assert store.forecast_note == ""


def test_one_without_a_history_says_so(agent: AgentRig) -> None:
    [store] = agent.local.call("MediaService/ListDataStores").data_stores
    assert store.forecast_full_day == ""
    assert store.forecast_note in ("no history yet", "1 day of history, 7 needed")
    assert not store.HasField("trend_bytes_per_day")


def test_scripts_read_it_to_its_end(agent: AgentRig) -> None:
    enter(agent, 3)
    agent.add_task()
    agent.backed_up()
    with connect(unix=agent.endpoint.socket) as location:
        days = [sample.sesam_day for sample in location.store_history("Store_1")]
        assert days[:3] == ["2026-03-01", "2026-03-02", "2026-03-03"]
        assert list(location.store_history("Store_1", days=("", "2026-03-01")))[-1].free == 500
        [grown] = location.growth(task="docs")
        assert (grown.backups, grown.sesam_day) == (1, "2026-03-04")
        assert list(location.growth(task="other")) == []
