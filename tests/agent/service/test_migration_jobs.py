"""Copying and moving savesets between media pools: what is entered, told, refused and undone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from server_agent.domain.access import Role
from server_agent.domain.errors import (
    DomainError,
    InvalidArgument,
    PoolNotFound,
    RoleRequired,
    SavesetNeeded,
    SavesetNotFound,
)
from server_agent.domain.events import MigrationAction
from server_agent.domain.jobs import Job, JobKind, JobState
from server_agent.domain.media import MediaPool, Retention
from server_agent.domain.queue import Drive
from server_agent.domain.retention import Fate
from server_agent.domain.savesets import BackupType
from server_agent.domain.self_backup import SELF_BACKUP
from server_agent.ports import EngineError, JobQuery, Removal
from server_agent.service.chains import KnownSaveset
from server_agent.service.forgetting import remove_files
from server_agent.service.recovery import Recovery, being_written
from server_agent.service.starting import MigrationOrder
from tests.agent.service.rig import LABEL, Rig, request
from tests.agent.service.steered import Gate

TAPE = "TAPE00001"
SIZE = 400


@pytest.fixture(autouse=True)
def tape(rig: Rig) -> None:
    rig.pools.create(request(), MediaPool("TAPE", "Drives", Retention(90, 0)))


@pytest.fixture
def chain(rig: Rig) -> tuple[str, str, str]:
    """A FULL and two INCs that build on it; the oldest first."""
    kinds = (BackupType.FULL, BackupType.INC, BackupType.INC)
    made = [rig.backed_up(kind).saveset for kind in kinds]
    return made[0], made[1], made[2]


def order(*savesets: str, source: str = "", move: bool = False) -> MigrationOrder:
    return MigrationOrder(MigrationAction(source, "TAPE", move), savesets)


def migrated(rig: Rig, *savesets: str, source: str = "", move: bool = False) -> Job:
    return rig.ended(
        rig.starting.start_migration(request(), order(*savesets, source=source, move=move)).job
    )


def known(rig: Rig, name: str) -> KnownSaveset:
    return rig.savesets.get(name)


def labels(rig: Rig, name: str) -> list[str]:
    found = known(rig, name)
    return [found.saveset.label, *(copy.label for copy in found.copies)]


def removals(rig: Rig) -> list[Removal]:
    with rig.changes.read() as view:
        return view.removals()


def removed(rig: Rig) -> set[tuple[str, str]]:
    return {(each.name, each.label) for each in rig.engine.removed}


def copied(rig: Rig) -> list[tuple[str, str, str]]:
    return [(each.saveset.name, each.saveset.label, each.label) for each in rig.engine.copied]


def test_what_a_saveset_builds_on_is_copied_before_it(rig: Rig, chain: tuple[str, ...]) -> None:
    full, first, _ = chain
    job = migrated(rig, first)
    assert (job.kind, job.state, job.message) == (
        JobKind.MIGRATION,
        JobState.OK,
        f"2 savesets copied to {TAPE}",
    )
    assert (job.pool, job.label, job.move, job.saveset) == ("TAPE", TAPE, False, first)
    assert (job.files, job.stored_bytes, job.skipped) == (2, 2 * SIZE, 0)
    assert copied(rig) == [(full, LABEL, TAPE), (first, LABEL, TAPE)]
    assert [labels(rig, name) for name in chain] == [[LABEL, TAPE], [LABEL, TAPE], [LABEL]]
    assert removals(rig) == []
    assert rig.codes(job) == ["EVENT", "TYPE", "COPIED", "COPIED", "RESULT"]
    [copy] = known(rig, full).copies
    now = rig.clock.now()
    assert copy.eol == copy.sesam_day + timedelta(90)
    assert (copy.stored_bytes, copy.made_time, copy.verify_time) == (SIZE, now, now)


def test_what_lies_there_is_not_copied_again(rig: Rig, chain: tuple[str, ...]) -> None:
    migrated(rig, chain[1])
    job = migrated(rig, chain[2])
    assert copied(rig)[2:] == [(chain[2], LABEL, TAPE)]
    assert job.message == f"1 saveset copied to {TAPE}"
    again = migrated(rig, chain[2])
    assert (again.state, again.files) == (JobState.OK, 0)
    assert again.message == f"0 savesets copied to {TAPE}, 1 lay there before"


def test_what_was_given_up_while_the_medium_was_away_is_removed_first(
    rig: Rig, chain: tuple[str, ...]
) -> None:
    migrated(rig, chain[0])
    migrated(rig, chain[0])  # before it, it was seen that the medium has come
    with rig.changes.write() as tx:  # as a move from there leaves it, whose medium goes just then
        [copy] = tx.copies([chain[0]])[chain[0]]
        tx.remove_place(chain[0], TAPE)
    assert [each.saveset for each in removals(rig)] == [chain[0]]
    job = migrated(rig, chain[0])
    assert (job.state, job.message) == (JobState.OK, f"1 saveset copied to {TAPE}")
    assert (removed(rig), removals(rig)) == ({(copy.saveset, TAPE)}, [])


def test_a_move_gives_up_what_is_named_and_keeps_what_it_needs(
    rig: Rig, chain: tuple[str, ...]
) -> None:
    full, first, _ = chain
    job = migrated(rig, first, move=True)
    assert (job.state, job.move) == (JobState.OK, True)
    assert job.message == f"2 savesets copied to {TAPE}, 1 given up where they were"
    assert labels(rig, full) == [LABEL, TAPE]
    assert labels(rig, first) == [TAPE]
    assert removed(rig) == {(first, LABEL)}
    assert removals(rig) == []
    assert known(rig, chain[2]).damage == ""


def test_a_pool_is_moved_as_it_is_by_then(rig: Rig, chain: tuple[str, ...]) -> None:
    migrated(rig, chain[0])
    job = migrated(rig, source="DISK", move=True)
    assert job.message == (
        f"2 savesets copied to {TAPE}, 3 given up where they were, 1 lay there before"
    )
    assert [labels(rig, name) for name in chain] == [[TAPE]] * 3
    assert removed(rig) == {(name, LABEL) for name in chain}
    assert [each.savesets for each in rig.engine.verified] == [
        (each.savesets[0],) for each in rig.engine.verified if each.savesets[0].label == TAPE
    ]
    assert len(rig.engine.verified) == 1  # of what lay there before
    nothing = migrated(rig, source="DISK")
    assert (nothing.state, nothing.message) == (JobState.OK, f"0 savesets copied to {TAPE}")


def test_an_event_migrates_what_has_come(rig: Rig, chain: tuple[str, ...]) -> None:
    rig.add_event("nightly", MigrationAction("DISK", "TAPE"))
    job = rig.ended(rig.start_event("nightly"))
    assert (job.kind, job.event, job.files) == (JobKind.MIGRATION, "nightly", 3)
    newest = rig.backed_up(BackupType.INC).saveset
    assert rig.ended(rig.start_event("nightly")).files == 1
    assert labels(rig, newest) == [LABEL, TAPE]
    with pytest.raises(DomainError):
        rig.pools.delete(request(), "TAPE", None)


def test_what_is_damaged_is_refused_by_name_and_the_others_go_on(
    rig: Rig, chain: tuple[str, ...]
) -> None:
    full, first, last = chain
    other = rig.backed_up().saveset
    rig.engine.copy_scripts.append([])
    rig.engine.copy_scripts.append([EngineError("SAVESET_DAMAGED", "frame 3 is cut", first)])
    job = migrated(rig, source="DISK")
    assert (job.state, job.files, job.skipped) == (JobState.WARNING, 2, 2)
    assert f"{first} is not copied: frame 3 is cut" in job.message
    assert f"{last} is not copied: it builds on {first}, which could not be copied" in job.message
    assert [labels(rig, name) for name in (full, other)] == [[LABEL, TAPE]] * 2
    assert known(rig, first).damage == "Frame 3 is cut"
    assert removals(rig) == []
    only = migrated(rig, last)
    assert (only.state, only.skipped) == (JobState.ERROR, 2)


def test_nothing_copied_is_an_error(rig: Rig, chain: tuple[str, ...]) -> None:
    rig.engine.copy_scripts.append([EngineError("SAVESET_MISSING", "it is gone", chain[0])])
    job = migrated(rig, chain[0])
    assert (job.state, job.skipped) == (JobState.ERROR, 1)
    assert labels(rig, chain[0]) == [LABEL]


def test_another_place_is_read_if_the_first_is_damaged(rig: Rig, chain: tuple[str, ...]) -> None:
    full = chain[0]
    migrated(rig, full)
    rig.pools.create(request(), MediaPool("VAULT", "Drives"))
    rig.engine.copy_scripts.append([EngineError("SAVESET_DAMAGED", "frame 3 is cut", full)])
    action = MigrationAction("", "VAULT")
    job = rig.ended(rig.starting.start_migration(request(), MigrationOrder(action, (full,))).job)
    assert job.state is JobState.OK
    assert [source for _, source, target in copied(rig) if target == "VAULT00001"] == [LABEL, TAPE]
    assert known(rig, full).damage == ""
    assert labels(rig, full)[0] == TAPE  # what is whole is read from now on
    assert [copy.fault for copy in known(rig, full).copies if copy.label == LABEL] == [
        "Frame 3 is cut"
    ]


def test_a_damaged_copy_is_written_anew(rig: Rig, chain: tuple[str, ...]) -> None:
    full = chain[0]
    migrated(rig, full)
    with rig.changes.write() as tx:
        [copy] = tx.copies([full])[full]
        tx.put_copy(replace(copy, damage="It was cut"))
    job = migrated(rig, full)
    assert job.message == f"1 saveset copied to {TAPE}"
    assert removed(rig) == {(full, TAPE)}
    assert [each.fault for each in known(rig, full).copies] == [""]


@pytest.mark.parametrize("code", ["NO_SPACE", "WRITE_DAMAGED"])
def test_a_full_or_broken_target_ends_the_job(rig: Rig, chain: tuple[str, ...], code: str) -> None:
    rig.engine.copy_scripts += [[], [EngineError(code, "the disk says no")]]
    job = migrated(rig, chain[2])
    assert job.state is JobState.ERROR
    assert job.message == f"The disk says no; 1 saveset copied to {TAPE}"
    assert [labels(rig, name) for name in chain] == [[LABEL, TAPE], [LABEL], [LABEL]]
    assert (removals(rig), removed(rig)) == ([], {(chain[1], TAPE)})
    assert rig.codes(job)[-1] == code


def test_nothing_is_begun_that_has_no_room(rig: Rig, chain: tuple[str, ...]) -> None:
    [store] = rig.engine.stores
    rig.engine.full[store] = replace(rig.engine.space(store, "Store_1"), free_bytes=SIZE - 1)
    with rig.changes.write() as tx:
        [known_store] = tx.data_stores()
        tx.put_data_store(replace(known_store, high_water_mark=100))
    job = migrated(rig, chain[0])
    assert job.state is JobState.ERROR
    assert "room for 399" in job.message
    assert copied(rig) == []


def test_the_high_water_mark_holds(rig: Rig, chain: tuple[str, ...]) -> None:
    [store] = rig.engine.stores
    space = rig.engine.space(store, "Store_1")
    rig.engine.full[store] = replace(space, free_bytes=0)
    job = migrated(rig, chain[0])
    assert job.state is JobState.ERROR
    assert "high-water mark" in job.message


@pytest.mark.logs_warnings
def test_a_medium_that_is_away_is_told(rig: Rig, chain: tuple[str, ...]) -> None:
    rig.engine.labels_away.add(LABEL)
    job = migrated(rig, chain[0])
    assert job.state is JobState.ERROR
    assert LABEL in job.message
    assert copied(rig) == []


def test_a_cancel_keeps_what_was_copied(rig: Rig, chain: tuple[str, ...]) -> None:
    gate = Gate()
    rig.engine.copy_scripts += [[], [gate]]
    job = rig.starting.start_migration(request(), order(chain[2])).job
    gate.wait_until_reached()
    assert removals(rig) == [Removal(chain[1], TAPE, date(2026, 3, 4), job.id)]
    rig.jobs.cancel(request(), job.id)
    ended = rig.ended(job)
    assert ended.state is JobState.CANCELLED
    assert ended.message == f"Cancelled by the admin; 1 saveset copied to {TAPE}"
    assert labels(rig, chain[0]) == [LABEL, TAPE]
    assert labels(rig, chain[1]) == [LABEL]
    assert (removals(rig), removed(rig)) == ([], {(chain[1], TAPE)})
    assert "KEPT" in rig.codes(job)


def test_what_is_being_copied_is_neither_deleted_nor_removed(
    rig: Rig, chain: tuple[str, ...]
) -> None:
    gate = Gate()
    rig.engine.copy_scripts.append([gate])
    job = rig.starting.start_migration(request(), order(chain[1])).job
    gate.wait_until_reached()
    assert remove_files(rig.changes, rig.engine) == 0
    with pytest.raises(SavesetNeeded):
        rig.forgetting.delete(request(), [chain[2], chain[1]])
    assert being_written(rig.changes) >= {chain[0]}
    gate.open()
    assert rig.ended(job).state is JobState.OK
    assert removed(rig) == set()


def test_what_is_left_of_a_copy_on_a_medium_that_went_goes_later(
    rig: Rig, chain: tuple[str, ...]
) -> None:
    gate = Gate()
    rig.engine.copy_scripts.append([gate, EngineError("STORE_MISSING", "There is no TAPE00001")])
    job = rig.starting.start_migration(request(), order(chain[0])).job
    gate.wait_until_reached()
    rig.engine.labels_away.add(TAPE)
    gate.open()
    assert rig.ended(job).state is JobState.ERROR
    assert [each.label for each in removals(rig)] == [TAPE]
    refused = migrated(rig, chain[0])
    assert refused.state is JobState.ERROR
    rig.engine.labels_away.clear()
    assert remove_files(rig.changes, rig.engine) == 0
    assert (removals(rig), removed(rig)) == ([], {(chain[0], TAPE)})
    assert migrated(rig, chain[0]).state is JobState.OK


def test_a_kill_leaves_no_copy_that_nobody_knows(rig: Rig, chain: tuple[str, ...]) -> None:
    gate = Gate()
    rig.engine.copy_scripts += [[], [gate]]
    job = rig.starting.start_migration(request(), order(chain[2])).job
    gate.wait_until_reached()
    # What the catalogue says at this instant is what the next start finds.
    begun = removals(rig)
    [broken] = Recovery(
        rig.changes, rig.engine, rig.protocols, rig.clock, lambda _tx, _job: None
    ).at_start()
    assert (broken.id, broken.state) == (job.id, JobState.BROKEN)
    assert broken.message.endswith("what it had copied as a whole stays")
    assert removals(rig) == begun
    assert remove_files(rig.changes, rig.engine) == 0
    assert removed(rig) == {(chain[1], TAPE)}
    assert labels(rig, chain[0]) == [LABEL, TAPE]
    gate.open()
    rig.runner.stop()


def test_the_self_backup_stays_where_its_report_leads(rig: Rig) -> None:
    rig.add_task(SELF_BACKUP)
    saveset = rig.backed_up(task=SELF_BACKUP).saveset
    job = migrated(rig, source="DISK", move=True)
    assert (job.state, job.files) == (JobState.OK, 1)
    assert labels(rig, saveset) == [LABEL, TAPE]
    assert "STAYS" in rig.codes(job)
    assert migrated(rig, source="DISK", move=True).files == 0
    named = migrated(rig, saveset, move=True)
    assert named.state is JobState.WARNING
    assert "how the location is put back" in named.message
    assert labels(rig, saveset) == [LABEL, TAPE]


def test_what_must_stay_stays_and_is_told(rig: Rig, chain: tuple[str, ...]) -> None:
    with rig.changes.write() as tx:
        medium = tx.medium(LABEL)
        assert medium is not None
        tx.put_medium(replace(medium, write_protected=True))
    job = migrated(rig, chain[0], move=True)
    assert job.state is JobState.WARNING
    assert f"{chain[0]} stays on {LABEL} too: the medium is write protected" in job.message
    assert labels(rig, chain[0]) == [LABEL, TAPE]
    assert "STAYS" in rig.codes(job)


def test_what_another_job_reads_is_not_given_up(rig: Rig, chain: tuple[str, ...]) -> None:
    rig.drives.create(request(), Drive("Off", active=False))
    with rig.changes.write() as tx:
        waiting = tx.add_job(
            replace(
                rig.job(rig_job(rig)),
                kind=JobKind.RESTORE,
                state=JobState.QUEUED,
                drive="Off",
                saveset=chain[1],
                end_time=None,
            )
        )
    job = migrated(rig, chain[0], chain[2], move=True)
    assert job.state is JobState.WARNING
    assert f"{chain[0]} stays on {LABEL} too: a job works with it" in job.message
    assert labels(rig, chain[2]) == [TAPE]
    rig.jobs.cancel(request(), waiting.id)


def rig_job(rig: Rig) -> Job:
    with rig.changes.read() as view:
        found = view.job("1")
    assert found is not None
    return found


def test_nothing_is_copied_from_a_directory_to_repositories(
    rig: Rig, chain: tuple[str, ...]
) -> None:
    """It is said before a medium is made for nothing."""
    with rig.changes.write() as tx:
        [store] = tx.data_stores()
        tx.put_data_store(replace(store, name="Repo", path=b"restic:/srv/repo"))
        tx.put_drive(Drive("Drive_R", group="R", store="Repo"))
        pool = tx.pool("TAPE")
        assert pool is not None
        tx.put_pool(replace(pool, drive_group="R"))
    job = migrated(rig, chain[0])
    assert job.state is JobState.ERROR
    assert job.message.startswith("The pool TAPE is written to repositories of restic")
    assert "lies in directories" in job.message
    assert copied(rig) == []


def test_encrypted_and_plain_do_not_mix(rig: Rig, chain: tuple[str, ...]) -> None:
    with rig.changes.write() as tx:
        pool = tx.pool("TAPE")
        assert pool is not None
        tx.put_pool(replace(pool, encrypted=True, key_id="k"))
    job = migrated(rig, chain[0])
    assert job.state is JobState.ERROR
    assert "it is not encrypted, and savesets of the pool TAPE are" in job.message


def test_a_copy_has_the_eol_of_its_pool_and_goes_by_it(rig: Rig, chain: tuple[str, ...]) -> None:
    rig.scheduler.look()
    migrated(rig, source="DISK")
    with rig.changes.write() as tx:
        for pool in tx.pools():
            tx.put_pool(replace(pool, retention=replace(pool.retention, keep_newest=0)))
    day = known(rig, chain[0]).saveset.sesam_day + timedelta(60)
    page = rig.forgetting.preview(day, False, None, 100)
    assert (page.deleted, page.deleted_copies, page.deleted_bytes) == (0, 3, 3 * SIZE)
    told = {(fate.saveset.name, fate.saveset.label) for fate in page.fates.items}
    gone: list[Fate] = []
    left = rig.forgetting.expire(day, gone.extend)
    assert {(fate.saveset.name, fate.saveset.label) for fate in gone} == told
    assert (left, removed(rig)) == (0, {(name, LABEL) for name in chain})
    assert [labels(rig, name) for name in chain] == [[TAPE]] * 3
    rig.forgetting.expire(day + timedelta(60), gone.extend)
    assert rig.saveset_list() == []
    assert removed(rig) == {(name, label) for name in chain for label in (LABEL, TAPE)}


@pytest.mark.logs_warnings
def test_a_saveset_is_missing_for_people_when_no_copy_is_there(
    rig: Rig, chain: tuple[str, ...]
) -> None:
    full = chain[0]
    migrated(rig, full)
    rig.work.look_at_store()
    rig.engine.labels_away.add(LABEL)
    rig.work.look_at_store()
    assert (known(rig, full).damage, labels(rig, full)) == ("", [TAPE, LABEL])
    [lost] = known(rig, full).copies
    assert "is it mounted" in lost.fault
    assert "is it mounted" in known(rig, chain[1]).damage
    rig.engine.labels_away.add(TAPE)
    rig.work.look_at_store()
    assert "is it mounted" in known(rig, full).damage
    rig.engine.labels_away.clear()
    rig.work.look_at_store()
    assert all(known(rig, name).damage == "" for name in chain)
    assert [copy.fault for copy in known(rig, full).copies] == [""]


def test_a_verify_compares_every_copy_that_is_there(rig: Rig, chain: tuple[str, ...]) -> None:
    full = chain[0]
    migrated(rig, full)
    job = rig.ended(rig.starting.start_verify(request(), full, False).job)
    assert (job.state, job.files) == (JobState.OK, 2)
    assert [each.label for each in rig.engine.verified[-1].savesets] == [LABEL, TAPE]
    rig.engine.labels_away.add(TAPE)
    job = rig.ended(rig.starting.start_verify(request(), full, False).job)
    assert [each.label for each in rig.engine.verified[-1].savesets] == [LABEL]


def test_a_restore_reads_from_where_it_can(rig: Rig, chain: tuple[str, ...]) -> None:
    migrated(rig, chain[1])
    rig.engine.labels_away.add(LABEL)
    job = rig.ended(rig.starting.start_restore(request(), chain[1], (), b"/back").job)
    assert job.state is JobState.OK
    assert [each.label for each in rig.engine.restores[-1].chain] == [TAPE, TAPE]
    lines = [line.text for line in rig.protocol(job) if line.code == "READ_FROM"]
    assert len(lines) == 2
    assert all(f"is read from {TAPE}; on {LABEL}: Its files" in line for line in lines)


def test_a_restore_that_meets_damage_goes_on_with_a_copy(rig: Rig, chain: tuple[str, ...]) -> None:
    full = chain[0]
    migrated(rig, full)
    rig.engine.scripts.append([EngineError("SAVESET_DAMAGED", "frame 3 is cut", full)])
    job = rig.ended(rig.starting.start_restore(request(), full, (), b"/back").job)
    assert job.state is JobState.OK
    assert [each.chain[0].label for each in rig.engine.restores] == [LABEL, TAPE]
    assert known(rig, full).damage == ""
    rig.engine.scripts.append([EngineError("SAVESET_DAMAGED", "frame 4 is cut", full)])
    job = rig.ended(rig.starting.start_restore(request(), full, (), b"/back").job)
    assert job.state is JobState.ERROR
    assert known(rig, full).damage


def test_an_inc_goes_on_with_the_copy_of_its_base(rig: Rig, chain: tuple[str, ...]) -> None:
    migrated(rig, chain[2])
    rig.engine.scripts.append([EngineError("BASE_DAMAGED", "it is cut", chain[1])])
    made = rig.backed_up(BackupType.INC)
    assert (made.type, made.state) == (BackupType.INC, JobState.OK)
    assert [each.label for each in rig.engine.backups[-1].base] == [LABEL, TAPE, LABEL]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (MigrationOrder(MigrationAction("", "TAPE")), InvalidArgument),
        (MigrationOrder(MigrationAction("DISK", "TAPE"), ("x",)), InvalidArgument),
        (MigrationOrder(MigrationAction("", ""), ("x",)), InvalidArgument),
        (MigrationOrder(MigrationAction("TAPE", "TAPE")), InvalidArgument),
        (MigrationOrder(MigrationAction("", "TAPE"), ("x",) * 1001), InvalidArgument),
        (MigrationOrder(MigrationAction("", "TAPE"), ("x",)), SavesetNotFound),
        (MigrationOrder(MigrationAction("GONE", "TAPE")), PoolNotFound),
        (MigrationOrder(MigrationAction("DISK", "GONE")), PoolNotFound),
    ],
)
def test_what_is_refused_at_once(rig: Rig, wrong: MigrationOrder, error: type[DomainError]) -> None:
    with pytest.raises(error):
        rig.starting.start_migration(request(), wrong)


def test_only_an_administrator_moves(rig: Rig, chain: tuple[str, ...]) -> None:
    operator = request()
    operator = replace(operator, caller=replace(operator.caller, role=Role.OPERATOR))
    with pytest.raises(RoleRequired):
        rig.starting.start_migration(operator, order(chain[0], move=True))
    assert rig.ended(rig.starting.start_migration(operator, order(chain[0])).job).files == 1


def test_a_repeated_request_copies_once(rig: Rig, chain: tuple[str, ...]) -> None:
    asked = request()
    first = rig.starting.start_migration(asked, order(chain[0])).job
    assert rig.starting.start_migration(asked, order(chain[0])).job.id == first.id


def test_delete_takes_all_places(rig: Rig, chain: tuple[str, ...]) -> None:
    migrated(rig, chain[2])
    rig.forgetting.delete(request(), [chain[2]])
    assert removed(rig) == {(chain[2], LABEL), (chain[2], TAPE)}


def test_a_newday_that_is_held_back_says_so_of_copies_alone(
    rig: Rig, chain: tuple[str, ...]
) -> None:
    rig.scheduler.look()
    migrated(rig, chain[1])
    with rig.changes.write() as tx:
        for pool in tx.pools():
            tx.put_pool(replace(pool, retention=replace(pool.retention, keep_newest=0)))
        tx.set_eol(chain[2], known(rig, chain[0]).saveset.sesam_day + timedelta(900))
    rig.clock.advance(timedelta(800))
    rig.scheduler.look()
    [job] = [
        live.job
        for live in rig.jobs.find(JobQuery(), None, 9, False).jobs.items
        if live.job.kind is JobKind.NEWDAY
    ]
    job = rig.ended(job)
    assert job.state is JobState.WARNING
    assert "2 copies have come to their EOL. Nothing is deleted before" in job.message
    assert "NOT_EXPIRED" in rig.codes(job)
