"""Of which moment retention is: one for all pages of a preview, and none that is over when savesets
go."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import pytest

from server_agent.domain.errors import PageTokenInvalid
from server_agent.domain.media import Retention
from server_agent.domain.retention import Fate
from server_agent.domain.savesets import BackupType
from server_agent.service import fates as all_of_them
from server_agent.service import forgetting
from server_agent.service.paging import seal
from tests.agent.service.rig import Rig, request
from tests.agent.service.test_forgetting import DAY, FIRST_DAY, keep, names

LATER = FIRST_DAY + 9 * DAY
CHAIN = (BackupType.FULL, BackupType.INC, BackupType.INC)


@pytest.fixture(autouse=True)
def short(rig: Rig) -> None:
    """Nothing is kept beyond its own day."""
    keep(rig, Retention(eol_days=0, keep_newest=0))
    rig.scheduler.look()


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The days that were worked out."""
    seen: list[date] = []
    work_out = all_of_them.fates

    def counted(places: object, day: date, keeping: object) -> list[Fate]:
        seen.append(day)
        return work_out(places, day, keeping)  # type: ignore[arg-type]

    monkeypatch.setattr(all_of_them, "fates", counted)
    return seen


def read(rig: Rig, day: date = LATER, limit: int = 1) -> Iterator[tuple[list[str], int]]:
    """A preview, page by page: which are named, and how many in all."""
    token: str | None = None
    while True:
        page = rig.forgetting.preview(day, True, token, limit)
        yield [fate.saveset.name for fate in page.fates.items], page.deleted
        token = page.fates.next_position
        if token is None:
            return


def test_all_pages_are_of_one_moment(rig: Rig, looks: list[date]) -> None:
    made = [rig.backed_up().saveset for _ in range(4)]
    pages = read(rig)
    assert [next(pages), next(pages)] == [([made[0]], 4), ([made[1]], 4)]
    rig.forgetting.delete(request("DeleteSavesets"), [made[0]])
    assert [*pages] == [([made[2]], 4), ([made[3]], 4)]
    assert looks == [LATER]
    assert [*read(rig)] == [([name], 3) for name in made[1:]]
    assert looks == [LATER] * 2


def test_an_answer_is_shared_until_something_is_written(rig: Rig, looks: list[date]) -> None:
    made = [rig.backed_up().saveset for _ in range(2)]
    one, other = read(rig), read(rig)
    assert next(one) == next(other) == ([made[0]], 2)
    assert looks == [LATER]
    rig.forgetting.set_eol(request("UpdateSaveset"), made[0], LATER)
    assert next(read(rig)) == ([made[0]], 1)
    assert looks == [LATER] * 2
    assert next(other) == ([made[1]], 2)


def test_a_list_goes_on_where_it_was_when_others_have_displaced_it(
    rig: Rig, looks: list[date]
) -> None:
    made = [rig.backed_up().saveset for _ in range(3)]
    pages = read(rig)
    assert next(pages) == ([made[0]], 3)
    for later in range(1, 4):
        next(read(rig, LATER + later * DAY))
    assert [*pages] == [([made[1]], 3), ([made[2]], 3)]
    assert len(looks) == 5


def test_a_list_goes_on_with_its_own_day_when_the_agent_was_restarted(rig: Rig) -> None:
    made = [rig.backed_up().saveset for _ in range(2)]
    pages = read(rig)
    assert next(pages) == ([made[0]], 2)
    rig.forgetting = forgetting.Forgetting(rig.changes, rig.engine, rig.clock)
    assert next(read(rig, FIRST_DAY)) == ([made[0]], 0)
    assert [*pages] == [([made[1]], 2)]


def test_an_answer_that_nobody_reads_on_is_let_go(rig: Rig, looks: list[date]) -> None:
    made = [rig.backed_up().saveset for _ in range(3)]
    pages = read(rig)
    assert next(pages) == ([made[0]], 3)
    rig.clock.advance(timedelta(minutes=9))
    assert next(pages) == ([made[1]], 3)
    rig.clock.advance(timedelta(minutes=9))
    assert rig.forgetting.let_go() == 1, "it was read since"
    rig.clock.advance(timedelta(minutes=2))
    assert rig.forgetting.let_go() == 0
    assert [*pages] == [([made[2]], 3)]
    assert looks == [LATER] * 2


@pytest.mark.parametrize("position", ["7", "", "a b", "1 2 3"])
def test_a_position_that_is_none_is_refused(rig: Rig, position: str) -> None:
    with pytest.raises(PageTokenInvalid):
        rig.forgetting.preview(LATER, True, seal(f"retention {LATER} True", position), 1)


def expired(rig: Rig, meanwhile: object = None) -> list[list[str]]:
    """What goes, portion by portion; `meanwhile` is done after the first."""
    portions: list[list[str]] = []

    def tell(gone: Sequence[Fate]) -> None:
        portions.append([fate.saveset.name for fate in gone])
        if callable(meanwhile) and len(portions) == 1:
            meanwhile()

    assert rig.forgetting.expire(LATER, tell) == 0
    return portions


def test_savesets_go_in_portions_and_none_before_what_builds_on_it(
    rig: Rig, looks: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "_EXPIRED_AT_ONCE", 2)
    made = [rig.backed_up(each).saveset for each in (*CHAIN, *CHAIN[1:])]
    assert expired(rig) == [made[:2:-1], made[2:0:-1], made[:1]]
    assert (names(rig), looks) == (set(), [LATER])


def test_what_was_kept_between_two_portions_stays(
    rig: Rig, looks: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "_EXPIRED_AT_ONCE", 1)
    full, inc, last = (rig.backed_up(each).saveset for each in CHAIN)

    def change_of_mind() -> None:
        rig.forgetting.set_eol(request("UpdateSaveset"), inc, LATER)

    assert expired(rig, change_of_mind) == [[last]]
    assert names(rig) == {full, inc}
    assert looks == [LATER] * 2


def test_who_writes_all_the_time_holds_nothing_up(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {rig.backed_up().saveset for _ in range(2)}
    monkeypatch.setattr(rig.changes, "is_unchanged", lambda _seen: False)
    assert sorted(name for portion in expired(rig) for name in portion) == sorted(made)
    assert names(rig) == set()


def test_what_was_written_since_a_look_is_noticed(rig: Rig) -> None:
    seen = rig.changes.seen()
    with rig.changes.write():
        assert rig.changes.is_unchanged(seen)
        assert rig.changes.seen() == seen
    with rig.changes.write():
        assert not rig.changes.is_unchanged(seen)
    with pytest.raises(RuntimeError), rig.changes.write():
        raise RuntimeError
    seen = rig.changes.seen()
    with rig.changes.write():
        assert rig.changes.is_unchanged(seen)
