"""How savesets go: by NEWDAY, by a person, and only those that nothing needs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from server_agent.domain.errors import (
    DomainError,
    InvalidArgument,
    PageTokenInvalid,
    SavesetNeeded,
    SavesetNotFound,
)
from server_agent.domain.events import BackupAction
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.media import MediaPool, Retention
from server_agent.domain.retention import Reason
from server_agent.domain.savesets import BackupType
from server_agent.ports import CatalogueTransaction, EngineError
from server_agent.service.forgetting import MOST_AT_ONCE, remove_files
from server_agent.service.recovery import Recovery
from server_agent.service.starting import BackupOrder
from tests.agent.service.rig import LABEL, Rig, request
from tests.agent.service.steered import DONE, RESTORED, Gate
from tests.agent.service.test_newday_jobs import newday

DAY = timedelta(days=1)
FIRST_DAY = date(2026, 3, 4)


@pytest.fixture(autouse=True)
def short(rig: Rig) -> None:
    """Savesets of the usual pool are kept for their own day, and none for being the newest."""
    keep(rig, Retention(eol_days=0, keep_newest=0))
    rig.scheduler.look()


def keep(rig: Rig, retention: Retention) -> None:
    with rig.changes.write() as tx:
        [pool] = tx.pools()
        tx.put_pool(replace(pool, retention=retention))


def names(rig: Rig) -> set[str]:
    return {saveset.name for saveset in rig.saveset_list()}


def removed(rig: Rig) -> set[str]:
    return {each.name for each in rig.engine.removed}


def waiting(rig: Rig) -> list[str]:
    with rig.changes.read() as view:
        return [each.saveset for each in view.removals()]


def expected(rig: Rig, day: date) -> set[str]:
    page = rig.forgetting.preview(day, False, None, 1000)
    assert page.deleted == len(page.fates.items)
    return {fate.saveset.name for fate in page.fates.items}


def seen_days(rig: Rig) -> None:
    """A NEWDAY before those that the test is about."""
    newday(rig)
    rig.clock.advance(timedelta(hours=1))


def test_newday_deletes_what_its_preview_has_told(rig: Rig) -> None:
    seen_days(rig)
    old = rig.backed_up().saveset
    keep(rig, Retention(eol_days=1, keep_newest=0))
    new = rig.backed_up().saveset
    assert expected(rig, FIRST_DAY + DAY) == set()
    assert expected(rig, FIRST_DAY + 2 * DAY) == {old}
    assert expected(rig, FIRST_DAY + 3 * DAY) == {old, new}
    job = newday(rig, DAY)
    assert job.state is JobState.OK
    assert (names(rig), removed(rig), waiting(rig)) == ({new}, {old}, [])
    lines = {line.code: line.text for line in rig.protocol(job)}
    assert lines["EXPIRED"].startswith(f"{old} of task docs, 400 bytes on {LABEL}")
    assert lines["RETENTION"] == "1 saveset has come to its EOL: 400 bytes"


def test_a_chain_stays_while_its_youngest_member_does(rig: Rig) -> None:
    seen_days(rig)
    full = rig.backed_up().saveset
    keep(rig, Retention(eol_days=2, keep_newest=0))
    inc = rig.backed_up(BackupType.INC).saveset
    for _ in range(2):
        newday(rig, DAY)
        assert names(rig) == {full, inc}
    newday(rig, DAY)
    assert (names(rig), removed(rig)) == (set(), {full, inc})


def test_the_newest_that_can_be_restored_outlives_its_eol(rig: Rig) -> None:
    keep(rig, Retention(eol_days=0, keep_newest=1))
    seen_days(rig)
    whole, lost = rig.backed_up().saveset, rig.backed_up().saveset
    rig.engine.absent = {lost}  # nobody has looked yet
    newday(rig, DAY)
    assert names(rig) == {whole, lost}
    assert removed(rig) == set()


def test_a_clock_that_leaps_ahead_deletes_nothing_at_first(rig: Rig) -> None:
    seen_days(rig)
    saveset = rig.backed_up().saveset
    leap = timedelta(days=3 * 365)
    job = newday(rig, leap)
    assert names(rig) == {saveset}
    assert job.state is JobState.WARNING
    assert "1 saveset has come to its EOL. Nothing is deleted before" in job.message
    page = rig.forgetting.preview(None, False, None, 1000)
    assert (page.deleted, page.held_back.startswith("Nothing is deleted before")) == (1, True)
    tomorrow = rig.forgetting.preview(rig.clock.now().date() + DAY, False, None, 1000)
    assert (tomorrow.deleted, tomorrow.held_back) == (1, "")
    [said] = [line.text for line in rig.protocol(job) if line.code == "NOT_EXPIRED"]
    assert said.startswith(
        "1 saveset has come to its EOL. Nothing is deleted before the next NEWDAY"
    )
    assert newday(rig, DAY).state is JobState.OK
    assert names(rig) == set()


def test_the_first_newday_of_all_deletes_nothing(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    newday(rig)
    assert names(rig) == {saveset}


def test_what_a_job_reads_or_may_build_on_stays(rig: Rig) -> None:
    rig.add_task("mail")
    seen_days(rig)
    base, read, free = (rig.backed_up(task=task).saveset for task in ("docs", "mail", "mail"))
    gates = Gate(), Gate()
    rig.engine.scripts.extend([[gates[0], DONE], [gates[1], RESTORED]])
    backup = rig.start_backup(BackupType.INC)
    gates[0].wait_until_reached()
    restore = rig.starting.start_restore(request(), read, (), b"/target").job
    gates[1].wait_until_reached()
    newday(rig, DAY)
    assert names(rig) == {base, read}
    for name in (base, read):
        with pytest.raises(SavesetNeeded) as refused:
            rig.forgetting.delete(request(), [name])
        assert refused.value.metadata["users"] == "a job works with it"
    for gate in gates:
        gate.open()
    rig.ended(backup)
    rig.ended(restore)
    assert removed(rig) == {free}


def test_a_full_that_runs_at_newday_keeps_nothing_of_its_task(rig: Rig) -> None:
    seen_days(rig)
    old = rig.backed_up().saveset
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    backup = rig.start_backup(BackupType.FULL)
    gate.wait_until_reached()
    newday(rig, DAY)
    assert old not in names(rig)
    gate.open()
    rig.ended(backup)


@pytest.mark.logs_warnings
def test_files_on_a_medium_that_is_away_go_when_it_is_back(rig: Rig) -> None:
    seen_days(rig)
    saveset = rig.backed_up().saveset
    rig.work.look_at_store()
    rig.engine.store_is_there = False
    newday(rig, DAY)
    # Nobody knows whether it is the last that can be restored.
    assert names(rig) == {saveset}
    rig.forgetting.delete(request(), [saveset])
    assert (names(rig), removed(rig), waiting(rig)) == (set(), set(), [saveset])
    rig.engine.store_is_there = True
    rig.work.look_at_store()
    rig.engine.store_is_there = False
    rig.work.look_at_store()
    rig.engine.store_is_there = True
    rig.work.look_at_store()
    assert (removed(rig), waiting(rig)) == ({saveset}, [])


def test_nothing_goes_from_a_write_protected_medium(rig: Rig) -> None:
    seen_days(rig)
    kept, chosen = rig.backed_up().saveset, rig.backed_up().saveset
    rig.engine.store_is_there = False
    rig.forgetting.delete(request(), [chosen])
    rig.engine.store_is_there = True
    protect(rig, True)
    assert remove_files(rig.changes, rig.engine) == 1
    with pytest.raises(SavesetNeeded) as refused:
        rig.forgetting.delete(request(), [kept])
    assert "write protected" in refused.value.metadata["users"]
    newday(rig, DAY)
    assert (names(rig), removed(rig)) == ({kept}, set())
    protect(rig, False)
    newday(rig, DAY)
    assert (names(rig), removed(rig), waiting(rig)) == (set(), {kept, chosen}, [])


def protect(rig: Rig, on: bool) -> None:
    with rig.changes.write() as tx:
        medium = tx.medium(LABEL)
        assert medium is not None
        tx.put_medium(replace(medium, write_protected=on))


def test_a_person_deletes_all_or_none(rig: Rig) -> None:
    full, inc, other = rig.backed_up(), rig.backed_up(BackupType.INC), rig.backed_up()
    refusals: dict[tuple[str, ...], type[DomainError]] = {
        (): InvalidArgument,
        (other.saveset, "nobody"): SavesetNotFound,
        (other.saveset, full.saveset): SavesetNeeded,
        tuple(f"s{number}" for number in range(MOST_AT_ONCE + 1)): InvalidArgument,
    }
    for wanted, kind in refusals.items():
        with pytest.raises(kind):
            rig.forgetting.delete(request(), wanted)
    assert names(rig) == {full.saveset, inc.saveset, other.saveset}
    once = request("DeleteSavesets")
    for _ in range(2):  # the second time it is answered without acting
        rig.forgetting.delete(once, [full.saveset, inc.saveset, inc.saveset])
    assert (names(rig), removed(rig)) == ({other.saveset}, {full.saveset, inc.saveset})


def test_an_eol_set_by_a_person_counts(rig: Rig) -> None:
    seen_days(rig)
    saveset = rig.backed_up().saveset
    found = rig.forgetting.set_eol(request(), saveset, FIRST_DAY + 2 * DAY)
    assert found.saveset.eol == FIRST_DAY + 2 * DAY
    newday(rig, DAY)
    assert names(rig) == {saveset}
    newday(rig, DAY)
    assert names(rig) == set()
    with pytest.raises(SavesetNotFound):
        rig.forgetting.set_eol(request(), saveset, FIRST_DAY)


def test_the_preview_says_why_and_comes_page_by_page(rig: Rig) -> None:
    made = [rig.backed_up().saveset for _ in range(4)]
    inc = rig.backed_up(BackupType.INC).saveset
    rig.forgetting.set_eol(request(), inc, FIRST_DAY + 9 * DAY)
    day = FIRST_DAY + DAY
    found: list[tuple[str, Reason, str]] = []
    token: str | None = None
    while True:
        page = rig.forgetting.preview(day, True, token, 2)
        assert (page.deleted, page.deleted_bytes) == (3, 1200)
        found += [(each.saveset.name, each.reason, each.by) for each in page.fates.items]
        token = page.fates.next_position
        if token is None:
            break
    assert found == [
        *((name, Reason.EXPIRED, "") for name in made[:3]),
        (made[3], Reason.NEEDED, inc),
        (inc, Reason.EOL, ""),
    ]
    first = rig.forgetting.preview(day, True, None, 2).fates.next_position
    with pytest.raises(PageTokenInvalid):
        rig.forgetting.preview(day, False, first, 2)


class Killed(BaseException):
    """The agent ends here."""


def kill_in_remove(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def remove(savesets: object, listed: object) -> list[str]:
        raise Killed

    monkeypatch.setattr(rig.engine, "remove", remove)


def kill_in_forget(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(tx: CatalogueTransaction, label: str, savesets: object) -> None:
        raise Killed

    with rig.changes.write() as tx:
        monkeypatch.setattr(type(tx), "forget_removals", forget)


@pytest.mark.parametrize("kill", [kill_in_remove, kill_in_forget])
def test_after_a_kill_at_any_step_the_rest_is_done_and_nothing_is_named(
    rig: Rig,
    kill: Callable[[Rig, pytest.MonkeyPatch], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saveset = rig.backed_up().saveset
    with monkeypatch.context() as patched:
        kill(rig, patched)
        with pytest.raises(Killed):
            rig.forgetting.delete(request(), [saveset])
    assert (names(rig), waiting(rig)) == (set(), [saveset])
    # The next start: what is left of it is no saveset that nobody knows.
    Recovery(rig.changes, rig.engine, rig.protocols, rig.clock, lambda _tx, _job: None).at_start()
    [(_, known)] = rig.engine.recovered
    assert saveset in known
    assert remove_files(rig.changes, rig.engine) == 0
    assert (removed(rig), waiting(rig)) == ({saveset}, [])


def test_a_pool_of_its_own_keeps_its_own_newest(rig: Rig) -> None:
    keep(rig, Retention(eol_days=0, keep_newest=1))
    rig.pools.create(request(), MediaPool("WEEK", "Drives", Retention(0, 1)))
    seen_days(rig)
    usual = rig.backed_up().saveset
    week = backed_up_to(rig, "WEEK").saveset
    newday(rig, DAY)
    assert names(rig) == {usual, week}
    newer = backed_up_to(rig, "WEEK").saveset
    newday(rig, DAY)
    assert names(rig) == {usual, newer}


def backed_up_to(rig: Rig, pool: str) -> Job:
    action = BackupAction(BackupType.FULL, task="docs", pool=pool)
    [live] = rig.starting.start_backup(request("StartBackup"), BackupOrder(action)).jobs
    return rig.ended(live.job)


def test_a_look_that_fails_deletes_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    seen_days(rig)
    saveset = rig.backed_up().saveset

    def present(savesets: object) -> set[str]:
        raise EngineError("STORE_MISSING", "It hangs.")

    monkeypatch.setattr(rig.engine, "present", present)
    with pytest.raises(EngineError):
        rig.forgetting.expire(FIRST_DAY + 9 * DAY, lambda _gone: None)
    assert names(rig) == {saveset}
