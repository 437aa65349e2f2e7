"""The agent starts without data stores that do not answer, and does later what is to be done."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from server_agent.domain.events import BackupAction
from server_agent.domain.jobs import Job, JobState
from server_agent.domain.media import MediaPool, Medium
from server_agent.domain.queue import FIRST_DRIVE, Drive
from server_agent.domain.savesets import BackupType
from server_agent.ports import BackupDone, Removal
from server_agent.service.first_look import FirstLook, look_for_media
from server_agent.service.forgetting import remove_files
from server_agent.service.recovery import Recovery, being_written
from server_agent.service.starting import BackupOrder
from server_agent.service.writing_place import tell_homes, tell_media
from tests.agent.service.rig import Rig, request
from tests.agent.service.silent import NFS, SOON, SilentEngine
from tests.agent.service.steered import DEADLINE, DONE

LABEL, POOL = "NFS00001", "NFS"


class Site:
    """A location with a second data store, which may not answer when the agent starts."""

    def __init__(self, engine: SilentEngine) -> None:
        self.engine = engine
        self.rig = Rig(engine=engine, patience=SOON)
        rig = self.rig
        rig.add_task()
        rig.add_task("other", (b"/other",))
        rig.stores.create(request(), NFS)
        engine.make_medium(NFS.path, NFS.name, LABEL)
        with rig.changes.write() as tx:
            tx.put_drive(Drive("Nfs_1", group="Nfs", store=NFS.name))
            tx.put_pool(MediaPool(POOL, "Nfs"))
            tx.put_medium(Medium(LABEL, POOL, NFS.name, init_time=rig.clock.now()))
        tell_media(rig.changes, rig.patient)
        self.job = self.active("docs", "Nfs_1", POOL)

    def active(self, task: str, drive: str, pool: str = "") -> Job:
        """A backup that the catalogue believes to be active, though nothing runs."""
        order = BackupOrder(BackupAction(BackupType.INC, task=task, pool=pool))
        [live] = self.rig.starting.start_backup(request(), order).jobs
        plan = self.rig.work.start(live.job.id, drive)
        assert plan is not None
        return plan.job

    def start(self) -> list[Job]:
        """What the agent does before it listens. Returns the jobs that have ended."""
        rig = self.rig
        tell_homes(rig.changes, rig.patient)
        first = FirstLook(
            *(rig.changes, self.engine, rig.looking),
            *(rig.recovery.late, rig.runner.look_soon, SOON),
        )
        silent = first.silent()
        assert [store.name for store in silent] == ([NFS.name] if self.engine.silent else [])
        rig.work.put_off(silent)
        tell_media(rig.changes, rig.patient)
        look_for_media(rig.changes, rig.patient)
        ended = rig.recovery.at_start(silent, first.attempt)
        remove_files(rig.changes, rig.patient)
        return ended

    def wait_until_free(self) -> None:
        """Until what was put off has been tried."""
        pause = threading.Event()
        for _ in range(int(DEADLINE / SOON)):
            if not self.rig.stores.state(NFS).fault:
                return
            pause.wait(SOON)
        raise AssertionError("it does not answer")

    def answer(self) -> None:
        self.engine.silent.clear()
        self.engine.opened.set()


@pytest.fixture
def site() -> Iterator[Site]:
    engine = SilentEngine()
    site = Site(engine)
    engine.silent.add(NFS.path)
    yield site
    site.answer()
    site.rig.runner.stop()


@pytest.mark.logs_warnings
def test_what_needs_a_silent_store_is_put_off_and_the_rest_is_done(site: Site) -> None:
    rig, engine = site.rig, site.engine
    here = site.active("other", FIRST_DRIVE)
    engine.interrupted |= {here.saveset: DONE, site.job.saveset: DONE}
    with rig.changes.write() as tx:
        for label in ("DISK00001", LABEL):
            tx.put_removal(Removal(f"SF2@{label}", label, here.sesam_day))
    [ended] = site.start()
    assert (ended.id, ended.state) == (here.id, JobState.OK)
    assert [ref.name for ref in engine.recovered[0][0]] == [here.saveset]
    assert site.job.saveset in engine.recovered[0][1]  # known, so that nothing of it is touched
    assert [ref.label for ref in engine.removed] == ["DISK00001"]
    put_off = rig.job(site.job)
    assert put_off.state is JobState.ACTIVE
    assert put_off.message.endswith("whether its saveset is whole is seen when Nfs answers")
    assert [each.name for each in rig.saveset_list()] == [here.saveset]
    assert being_written(rig.changes) == {site.job.saveset}
    assert "/mnt/nfs does not answer since 04 Mar" in rig.stores.state(NFS).fault

    rig.runner.start()
    site.answer()
    assert rig.ended(site.job).state is JobState.OK
    assert {each.name for each in rig.saveset_list()} == {here.saveset, site.job.saveset}
    removed = rig.eventually(lambda: None if removals(rig) else engine.removed)
    assert [ref.label for ref in removed] == ["DISK00001", LABEL]
    assert rig.stores.state(NFS).fault == ""


def removals(rig: Rig) -> list[Removal]:
    with rig.changes.read() as view:
        return view.removals()


@pytest.mark.logs_warnings
@pytest.mark.parametrize(("found", "state"), [(DONE, JobState.OK), (None, JobState.BROKEN)])
def test_it_is_settled_by_a_later_start(
    site: Site, found: BackupDone | None, state: JobState
) -> None:
    rig = site.rig
    if found is not None:
        site.engine.interrupted[site.job.saveset] = found
    assert site.start() == []
    site.engine.silent.clear()  # the agent is started anew; the old thread hangs still
    again = Recovery(rig.changes, site.engine, rig.protocols, rig.clock, rig.scheduler.follow)
    [ended] = again.at_start()
    assert (ended.id, ended.state) == (site.job.id, state)
    assert len(rig.saveset_list()) == (1 if found is not None else 0)
    site.answer()
    site.wait_until_free()
    assert rig.job(site.job) == ended  # what comes late finds it settled
    assert len(rig.saveset_list()) == (1 if found is not None else 0)


@pytest.mark.logs_warnings
def test_other_backups_of_the_task_go_on_and_it_keeps_its_base(site: Site) -> None:
    rig, engine = site.rig, site.engine
    engine.interrupted[site.job.saveset] = replace(DONE)
    site.start()
    rig.runner.start()
    other = rig.backed_up()
    assert other.state is JobState.OK
    site.answer()
    assert rig.ended(site.job).state is JobState.OK
    [late] = [each for each in rig.saveset_list() if each.name == site.job.saveset]
    assert late.base is None  # and not the one that was made meanwhile


@pytest.mark.logs_warnings
def test_a_person_need_not_wait(site: Site) -> None:
    """Nothing of it ever becomes a saveset, and what it has written is removed."""
    rig, engine = site.rig, site.engine
    engine.interrupted[site.job.saveset] = DONE
    site.start()
    rig.runner.start()
    ended = rig.jobs.cancel(request(), site.job.id).job
    assert (ended.state, ended.message) == (JobState.CANCELLED, "Cancelled by the admin")
    assert [each.saveset for each in removals(rig)] == [site.job.saveset]
    site.answer()
    assert rig.eventually(lambda: None if removals(rig) else "removed")
    assert [ref.name for ref in engine.removed] == [site.job.saveset]
    assert rig.saveset_list() == []
    assert rig.job(site.job).state is JobState.CANCELLED


@pytest.mark.logs_warnings
@pytest.mark.parametrize("is_cancelled", [False, True])
def test_a_restore_whose_target_does_not_answer_is_put_in_order_later(
    site: Site, is_cancelled: bool
) -> None:
    rig, engine = site.rig, site.engine
    engine.silent.clear()
    engine.interrupted[site.job.saveset] = DONE
    [made] = site.start()
    restore = rig.starting.start_restore(request(), made.saveset, (), b"/mnt/target").job
    assert rig.work.start(restore.id, FIRST_DRIVE) is not None
    engine.silent_targets.add(restore.id)
    assert site.start() == []
    held = rig.job(restore)
    assert held.state is JobState.ACTIVE
    assert held.message.endswith("what it has left is put in order when its target answers")
    if is_cancelled:
        rig.jobs.cancel(request(), restore.id)
    engine.opened.set()
    state = JobState.CANCELLED if is_cancelled else JobState.BROKEN
    assert rig.ended(restore).state is state
    assert engine.put_back_done.wait(DEADLINE)
