"""What every catalogue does when several threads use it at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from server_agent.ports import Catalogue, JobQuery
from tests.fakes.records import CLIENT, JOB, TASK

DEADLINE_SECONDS = 20


def test_a_reader_sees_one_moment_while_a_writer_commits(catalogue: Catalogue) -> None:
    with catalogue.write() as writer:
        writer.put_client(CLIENT)
    with ThreadPoolExecutor(1) as writing, catalogue.read() as view:
        assert view.revision() == 1

        def commit() -> None:
            with catalogue.write() as writer:
                writer.put_client(replace(CLIENT, comment="new"))
                writer.put_task(TASK)
                writer.add_job(JOB)

        writing.submit(commit).result(DEADLINE_SECONDS)
        assert view.revision() == 1
        assert view.clients() == [CLIENT]
        assert view.tasks() == []
        assert view.jobs(JobQuery(), None, 5).items == ()
        assert len(view.changes_since(0).keys or ()) == 1
        with catalogue.read() as later:
            assert later.revision() == 4
            assert later.client("alpha") == replace(CLIENT, comment="new")


def test_a_view_is_of_its_beginning_even_before_its_first_question(catalogue: Catalogue) -> None:
    with ThreadPoolExecutor(1) as writing, catalogue.read() as view:

        def commit() -> None:
            with catalogue.write() as writer:
                writer.put_client(CLIENT)

        writing.submit(commit).result(DEADLINE_SECONDS)
        assert view.clients() == []


def test_readers_do_not_see_or_wait_for_an_open_transaction(catalogue: Catalogue) -> None:
    with ThreadPoolExecutor(1) as reading, catalogue.write() as writer:
        writer.put_client(CLIENT)

        def names() -> list[str]:
            with catalogue.read() as view:
                return [client.name for client in view.clients()]

        assert reading.submit(names).result(DEADLINE_SECONDS) == []
    with catalogue.read() as view:
        assert view.clients() == [CLIENT]


def test_two_writers_take_turns(catalogue: Catalogue) -> None:
    entered = threading.Event()
    order: list[str] = []

    def second() -> None:
        with catalogue.write() as writer:
            order.append("second")
            assert writer.client("alpha") == CLIENT
            writer.put_task(TASK)

    with ThreadPoolExecutor(1) as other:
        with catalogue.write() as writer:

            def begin() -> None:
                entered.set()
                second()

            ended = other.submit(begin)
            assert entered.wait(DEADLINE_SECONDS)
            writer.put_client(CLIENT)
            order.append("first")
        ended.result(DEADLINE_SECONDS)
    assert order == ["first", "second"]


def test_many_writers_lose_nothing(catalogue: Catalogue) -> None:
    def add_ten() -> list[str]:
        ids = []
        for _ in range(10):
            with catalogue.write() as writer:
                ids.append(writer.add_job(JOB).id)
        return ids

    def counted_and_revision() -> tuple[int, int]:
        with catalogue.read() as view:
            return sum(view.job_counts(JobQuery()).values()), view.revision()

    with ThreadPoolExecutor(8) as pool:
        adding = [pool.submit(add_ten) for _ in range(4)]
        watching = [pool.submit(counted_and_revision) for _ in range(40)]
        ids = [job_id for future in adding for job_id in future.result(DEADLINE_SECONDS)]
        for future in watching:
            counted, revision = future.result(DEADLINE_SECONDS)
            assert counted == revision
    assert sorted(map(int, ids)) == list(range(1, 41))
    with catalogue.read() as view:
        assert view.revision() == 40
