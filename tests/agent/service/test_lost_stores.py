"""Data stores that are lost for good, and what leaves the catalogue with them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.copies import Copy
from server_agent.domain.errors import ChangedMeanwhile, StoreInUse
from server_agent.domain.savesets import BackupType
from server_agent.service.collection import etag
from server_agent.service.lost_stores import Forgotten
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import RESTORED, Gate
from tests.agent.service.test_media import add_second, backed_up, media


@pytest.fixture
def lost(rig: Rig) -> str:
    """A saveset in Store_2, which no drive writes any more."""
    add_second(rig)
    saveset = backed_up(rig, drive="Drive_2").saveset
    rig.drives.delete(request(), "Drive_2", None)
    rig.engine.away.add(b"/mnt/second")
    return saveset


def stores(rig: Rig) -> list[str]:
    with rig.changes.read() as view:
        return [store.name for store in view.data_stores()]


def test_media_and_savesets_leave_the_catalogue(rig: Rig, lost: str) -> None:
    kept = backed_up(rig).saveset
    asked = request()
    assert rig.stores.forget(asked, "Store_2", None) == Forgotten(media=1, savesets=1)
    assert stores(rig) == ["Store_1"]
    assert [saveset.name for saveset in rig.saveset_list()] == [kept]
    assert [medium.label for medium in media(rig)] == ["DISK00001"]
    with rig.changes.read() as view:
        assert view.removals() == []
    assert rig.engine.removed == []
    assert rig.stores.forget(asked, "Store_2", None) == Forgotten(1, 1), "a repeat"


def test_without_that_it_is_refused(rig: Rig, lost: str) -> None:
    with pytest.raises(StoreInUse) as refused:
        rig.stores.delete(request(), "Store_2", None)
    assert refused.value.metadata["users"] == "medium DISK00002"


def test_all_that_is_to_be_deleted_before_is_named_at_once(rig: Rig, lost: str) -> None:
    above = [rig.backed_up(BackupType.INC).saveset for _ in range(23)]
    with pytest.raises(StoreInUse) as refused:
        rig.stores.forget(request(), "Store_2", None)
    named = ", ".join(above[:20])
    assert refused.value.metadata["users"].startswith(f"{named} and 3 more on other media, which")
    rig.forgetting.delete(request(), above)
    assert rig.stores.forget(request(), "Store_2", None).savesets == 1


def test_what_others_build_on_is_named(rig: Rig, lost: str) -> None:
    above = rig.backed_up(BackupType.INC).saveset
    with pytest.raises(StoreInUse) as refused:
        rig.stores.forget(request(), "Store_2", None)
    assert refused.value.metadata["users"].startswith(f"{above} on other media, which build")
    assert stores(rig) == ["Store_1", "Store_2"]
    rig.forgetting.delete(request(), [above])
    assert rig.stores.forget(request(), "Store_2", None).savesets == 1


def test_what_lies_elsewhere_too_stays(rig: Rig, lost: str) -> None:
    own = backed_up(rig).saveset
    with rig.changes.write() as tx:
        for name, label in ((lost, "DISK00001"), (own, "DISK00002")):
            tx.add_copy(Copy(name, label, None, 100, rig.clock.now()))
    assert rig.stores.forget(request(), "Store_2", None) == Forgotten(media=1, savesets=0)
    assert {(each.name, each.label) for each in rig.saveset_list()} == {
        (lost, "DISK00001"),
        (own, "DISK00001"),
    }
    with rig.changes.read() as view:
        assert view.copies([lost, own]) == {}
        assert view.removals() == []


def test_a_drive_keeps_it(rig: Rig) -> None:
    add_second(rig)
    with pytest.raises(StoreInUse) as refused:
        rig.stores.forget(request(), "Store_2", None)
    assert refused.value.metadata["users"] == "drive Drive_2"


def test_the_only_one_stays(rig: Rig) -> None:
    with pytest.raises(StoreInUse):
        rig.stores.forget(request(), "Store_1", None)


def test_a_job_keeps_it(rig: Rig, lost: str) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, RESTORED])
    restore = rig.starting.start_restore(request(), lost, (), b"/target").job
    gate.wait_until_reached()
    with pytest.raises(StoreInUse, match="works with"):
        rig.stores.forget(request(), "Store_2", None)
    gate.open()
    rig.ended(restore)
    assert rig.stores.forget(request(), "Store_2", None).savesets == 1


def test_another_version_is_refused(rig: Rig, lost: str) -> None:
    with pytest.raises(ChangedMeanwhile):
        rig.stores.forget(request(), "Store_2", "an etag of before")


def test_what_was_deleted_before_is_not_waited_for_any_more(rig: Rig, lost: str) -> None:
    rig.engine.unremovable = {lost}
    rig.forgetting.delete(request(), [lost])
    rig.clock.advance(timedelta(hours=1))
    assert rig.stores.forget(request(), "Store_2", None) == Forgotten(media=1, savesets=0)
    with rig.changes.read() as view:
        assert view.removals() == []


def test_a_label_that_may_come_back_is_not_given_again(rig: Rig, lost: str) -> None:
    rig.stores.forget(request(), "Store_2", None)
    add_second(rig)
    job = backed_up(rig, drive="Drive_2")
    assert job.label == "DISK00003"
    with rig.changes.read() as view:
        pool = view.pool("DISK")
    assert pool is not None
    changed = rig.pools.update(request(), replace(pool, comment="x", last_number=0), etag(pool))
    assert changed.last_number == 2
