"""What watchers get: no gap, nothing twice, and nothing kept for those who sleep."""

import threading
from datetime import timedelta

import pytest

from server_agent.domain.calendar import EntryState
from server_agent.domain.errors import WatchOverflow
from server_agent.domain.jobs import JobState, Phase, Progress
from server_agent.domain.topology import Client
from server_agent.ports import Cell, CellKey, ObjectKey, ObjectKind
from server_agent.service import changes as module
from server_agent.service.changes import Subscription
from server_agent.service.watched import ChangeSet, LiveJob, Removed, Snapshot
from tests.agent.service.rig import Rig, request
from tests.agent.service.steered import DONE, Gate


def subscribed(rig: Rig) -> tuple[Subscription, threading.Event]:
    woken = threading.Event()
    return rig.changes.subscribe(woken.set), woken


def add_clients(rig: Rig, *names: str) -> None:
    for name in names:
        rig.clients.create(request(), Client(name))


def names(changed: ChangeSet) -> list[str]:
    return [item.name for item in changed.objects if isinstance(item, Client)]


def test_a_snapshot_and_then_what_came_after(idle_rig: Rig) -> None:
    add_clients(idle_rig, "a", "b")
    subscription, woken = subscribed(idle_rig)
    snapshot = subscription.begin(None)
    assert isinstance(snapshot, Snapshot)
    assert [client.name for client in snapshot.clients] == ["a", "b"]
    before = idle_rig.catalogue_revision()
    assert snapshot.revision == before
    assert subscription.take().objects == ()
    woken.clear()
    add_clients(idle_rig, "c")
    assert woken.is_set()
    taken = subscription.take()
    assert (taken.revision, names(taken)) == (before + 1, ["c"])
    assert subscription.take().objects == ()


def test_what_happens_between_subscribing_and_the_snapshot_is_in_the_snapshot(
    idle_rig: Rig,
) -> None:
    subscription, _ = subscribed(idle_rig)
    add_clients(idle_rig, "a")
    snapshot = subscription.begin(None)
    assert isinstance(snapshot, Snapshot)
    assert len(snapshot.clients) == 1
    assert subscription.take().objects == ()


def test_the_newest_value_only(idle_rig: Rig) -> None:
    idle_rig.add_task()
    subscription, _ = subscribed(idle_rig)
    subscription.begin(None)
    job = idle_rig.start_backup()
    idle_rig.jobs.cancel(request(), job.id)
    add_clients(idle_rig, "a")
    client = idle_rig.clients.list("a", False, None, 1).items[0]
    idle_rig.clients.delete(request(), client.name, None)
    taken = subscription.take()
    ended = idle_rig.job(job)
    assert taken.objects == (
        LiveJob(ended, None),
        Removed(ObjectKey(ObjectKind.JOB, job.id)),
        Cell(CellKey.of_job(ended), "host", EntryState.CANCELLED, 1),
        Removed(ObjectKey(ObjectKind.CLIENT, "a")),
    )


def test_one_that_comes_back_gets_what_it_missed(idle_rig: Rig) -> None:
    add_clients(idle_rig, "a")
    subscription, _ = subscribed(idle_rig)
    begun = subscription.begin(None)
    subscription.close()
    add_clients(idle_rig, "b", "c")
    again, _ = subscribed(idle_rig)
    resumed = again.begin(begun.revision)
    assert isinstance(resumed, ChangeSet)
    assert names(resumed) == ["b", "c"]


def test_one_that_was_away_too_long_or_knows_the_future_gets_a_snapshot(idle_rig: Rig) -> None:
    add_clients(idle_rig, *"abcde")
    with idle_rig.catalogue.write() as tx:
        tx.trim(2, idle_rig.clock.now())
    for revision in (1, 999):
        subscription, _ = subscribed(idle_rig)
        begun = subscription.begin(revision)
        assert isinstance(begun, Snapshot)
        assert begun.revision == idle_rig.catalogue_revision()
        assert subscription.take().objects == ()


def test_one_that_sleeps_longer_than_the_log_reaches_has_to_begin_anew(idle_rig: Rig) -> None:
    subscription, _ = subscribed(idle_rig)
    subscription.begin(None)
    add_clients(idle_rig, *"abcde")
    with idle_rig.catalogue.write() as tx:
        tx.trim(2, idle_rig.clock.now())
    with pytest.raises(WatchOverflow):
        subscription.take()


def test_a_closed_subscription_is_not_woken(idle_rig: Rig) -> None:
    subscription, woken = subscribed(idle_rig)
    subscription.close()
    subscription.close()
    add_clients(idle_rig, "a")
    assert not woken.is_set()


def test_a_transaction_that_fails_wakes_nobody(idle_rig: Rig) -> None:
    _, woken = subscribed(idle_rig)
    with pytest.raises(ZeroDivisionError), idle_rig.changes.write():
        raise ZeroDivisionError
    assert not woken.is_set()


def test_progress_comes_without_a_revision_of_its_own(rig: Rig) -> None:
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    job = rig.start_backup()
    gate.wait_until_reached()
    subscription, woken = subscribed(rig)
    revision = subscription.begin(None).revision
    progress = Progress(Phase.TRANSFER, 3)
    rig.changes.set_progress(job.id, progress)
    assert woken.is_set()
    taken = subscription.take()
    assert taken == ChangeSet(revision, (LiveJob(rig.job(job), progress),))
    assert subscription.take().objects == ()
    other, _ = subscribed(rig)
    begun = other.begin(None)
    assert isinstance(begun, Snapshot)
    assert begun.jobs == (LiveJob(rig.job(job), progress),)
    gate.open()
    ended = rig.ended(job)
    cell = Cell(CellKey.of_job(ended), "host", EntryState.OK, 1)
    assert subscription.take().objects == (LiveJob(ended, None), cell)
    other.close()
    subscription.close()


def test_a_snapshot_has_open_jobs_and_the_newest_ended_backup_of_each_task(rig: Rig) -> None:
    rig.backed_up()
    rig.clock.advance(timedelta(hours=1))
    newest = rig.backed_up()
    gate = Gate()
    rig.engine.scripts.append([gate, DONE])
    running = rig.start_backup()
    gate.wait_until_reached()
    subscription, _ = subscribed(rig)
    begun = subscription.begin(None)
    assert isinstance(begun, Snapshot)
    assert {live.job.id: live.job.state for live in begun.jobs} == {
        running.id: JobState.ACTIVE,
        newest.id: JobState.OK,
    }
    subscription.close()


def test_the_log_is_trimmed_now_and_then(idle_rig: Rig) -> None:
    answered = request("CreateClient")
    idle_rig.clients.create(answered, Client("first"))
    idle_rig.clock.advance(module.ANSWERS_KEPT + timedelta(seconds=1))
    for number in range(module.WRITES_PER_TRIM):
        add_clients(idle_rig, f"c{number}")
    with idle_rig.catalogue.read() as view:
        assert view.answered(answered.id) is None
        assert view.changes_since(0).keys is not None


def said(changed: ChangeSet) -> list[tuple[str, str]]:
    """Kind and name of each object but cells, in order; a removal has its kind in capitals."""
    told = []
    for item in changed.objects:
        match item:
            case LiveJob():
                told.append(("job", item.job.id))
            case Cell():
                pass
            case Removed():
                told.append((item.key.kind.value.upper(), item.key.id))
            case _:
                told.append((type(item).__name__.lower(), item.name))
    return told


def test_a_backup_that_ends_takes_the_place_of_the_one_before(rig: Rig) -> None:
    old = rig.backed_up()
    subscription, _ = subscribed(rig)
    subscription.begin(None)
    rig.clock.advance(timedelta(hours=1))
    new = rig.backed_up()
    assert said(subscription.take()) == [("JOB", old.id), ("job", new.id)]
    subscription.close()


def test_of_two_that_ended_meanwhile_the_newest_stays(rig: Rig) -> None:
    old = rig.backed_up()
    subscription, _ = subscribed(rig)
    begun = subscription.begin(None)
    subscription.close()
    rig.clock.advance(timedelta(hours=1))
    passed = rig.backed_up()
    rig.clock.advance(timedelta(hours=1))
    new = rig.backed_up()
    again, _ = subscribed(rig)
    resumed = again.begin(begun.revision)
    assert isinstance(resumed, ChangeSet)
    assert said(resumed) == [
        ("JOB", old.id),
        ("job", passed.id),
        ("JOB", passed.id),
        ("job", new.id),
    ]
    again.close()


@pytest.mark.logs_warnings
def test_the_last_result_stays_though_the_clock_was_set_back(rig: Rig) -> None:
    first = rig.backed_up()
    subscription, _ = subscribed(rig)
    subscription.begin(None)
    rig.clock.advance(timedelta(hours=-1))
    early = rig.backed_up()
    assert said(subscription.take()) == [("JOB", first.id), ("job", early.id)]
    subscription.close()


def test_a_restore_that_ends_is_told_and_removed(rig: Rig) -> None:
    saveset = rig.backed_up().saveset
    subscription, _ = subscribed(rig)
    subscription.begin(None)
    job = rig.ended(rig.starting.start_restore(request(), saveset, (), b"/tmp/out").job)
    assert said(subscription.take()) == [("job", job.id), ("JOB", job.id)]
    subscription.close()


def test_the_last_backup_goes_and_comes_back_with_its_task(rig: Rig) -> None:
    job = rig.backed_up()
    subscription, _ = subscribed(rig)
    subscription.begin(None)
    rig.tasks.delete(request(), "docs", None)
    assert said(subscription.take()) == [("TASK", "docs"), ("JOB", job.id)]
    rig.add_task()
    assert said(subscription.take()) == [("task", "docs"), ("job", job.id)]
    subscription.close()


@pytest.mark.logs_warnings
def test_whatever_happens_the_changes_come_to_the_same_as_a_snapshot(rig: Rig) -> None:
    rig.add_task("mail")
    subscription, _ = subscribed(rig)
    begun = subscription.begin(None)
    assert isinstance(begun, Snapshot)
    kept = {live.job.id for live in begun.jobs}

    def take() -> None:
        for kind, name in said(subscription.take()):
            if kind == "job":
                kept.add(name)
            elif kind == "JOB":
                kept.discard(name)

    steps = [
        lambda: rig.backed_up(task="docs"),
        lambda: rig.backed_up(task="mail"),
        lambda: rig.clock.advance(timedelta(hours=-2)),
        lambda: rig.backed_up(task="docs"),
        lambda: rig.tasks.delete(request(), "mail", None),
        lambda: rig.clock.advance(timedelta(hours=5)),
        lambda: rig.backed_up(task="docs"),
        lambda: rig.add_task("mail"),
        lambda: rig.backed_up(task="mail"),
        lambda: rig.tasks.delete(request(), "docs", None),
    ]
    for number, step in enumerate(steps):
        step()
        if number % 3 != 1:
            take()
    take()
    fresh, _ = subscribed(rig)
    now = fresh.begin(None)
    assert isinstance(now, Snapshot)
    assert kept == {live.job.id for live in now.jobs}
    fresh.close()
    subscription.close()
