"""What every catalogue knows of savesets that cannot be restored, and of backups that ended."""

from dataclasses import replace
from datetime import timedelta

from server_agent.domain.jobs import JobKind, JobState
from server_agent.ports import Catalogue
from tests.fakes.records import JOB, SAVESET, START, TOKEN

HOUR = timedelta(hours=1)


def add_chain(catalogue: Catalogue, *names: str) -> None:
    base = None
    with catalogue.write() as writer:
        for number, name in enumerate(names):
            start = START + number * HOUR
            writer.add_saveset(replace(SAVESET, name=name, base=base, start_time=start))
            base = name


def faulty(catalogue: Catalogue, *names: str) -> dict[str, str]:
    with catalogue.read() as view:
        return {top: found.name for top, found in view.nearest_faulty(names).items()}


def test_the_nearest_faulty_one_of_each_chain(catalogue: Catalogue) -> None:
    add_chain(catalogue, "a0", "a1", "a2", "a3")
    add_chain(catalogue, "b0", "b1")
    everything = ("a0", "a1", "a2", "a3", "b0", "b1", "unknown")
    assert faulty(catalogue, *everything) == {}
    with catalogue.write() as writer:
        writer.set_missing(["a0", "unknown"], True)
        writer.set_damage("a2", "It was cut")
        writer.set_damage("a2", "Said later")
        writer.set_damage("unknown", "It is not")
    assert faulty(catalogue, *everything) == {"a0": "a0", "a1": "a0", "a2": "a2", "a3": "a2"}
    assert faulty(catalogue, "a3") == {"a3": "a2"}
    assert faulty(catalogue, "b1") == {}
    assert faulty(catalogue) == {}
    with catalogue.write() as writer:
        assert writer.nearest_faulty(["a3"])["a3"].damage == "It was cut"
        assert [saveset.name for saveset in writer.missing_savesets()] == ["a0"]
        writer.set_missing(["a0"], True, lacks_listing=True)
        assert [saveset.lacks_listing for saveset in writer.missing_savesets()] == [True]
        writer.set_missing(["a0", "b0"], False)
    assert faulty(catalogue, *everything) == {"a2": "a2", "a3": "a2"}
    with catalogue.read() as view:
        saveset = view.saveset("a0")
        assert saveset is not None
        assert (saveset.missing, saveset.damage, saveset.fault) == (False, "", "")
        assert not saveset.lacks_listing


def test_ended_backups_of_a_task(catalogue: Catalogue) -> None:
    ended = replace(JOB, state=JobState.OK, start_time=START)
    with catalogue.write() as writer:
        for job in (
            replace(ended, end_time=START + 3 * HOUR),
            replace(ended, end_time=START + 4 * HOUR, kind=JobKind.RESTORE),
            replace(ended, end_time=START + HOUR),
            replace(ended, end_time=START + HOUR),
            replace(ended, end_time=START + 5 * HOUR, task="etc"),
            JOB,
            replace(JOB, state=JobState.CANCELLED, end_time=START + 9 * HOUR),  # never started
        ):
            writer.add_job(job)
    with catalogue.read() as view:
        assert [job.id for job in view.ended_backups(JOB.task, 9)] == ["4", "3", "1"]
        assert [job.id for job in view.ended_backups(JOB.task, 2)] == ["4", "3"]
        assert view.ended_backups("gone", 9) == []


def test_digests_of_tokens(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        writer.put_token(TOKEN)
        writer.put_token(replace(TOKEN, digest=b"other", used_time=START))
    with catalogue.read() as view:
        assert view.token_digests() == {TOKEN.digest, b"other"}
