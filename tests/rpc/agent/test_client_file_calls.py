"""ClientFileService, and reading saved files, over a real server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from server_agent.adapters.identity import Identity
from server_agent.domain.copies import Copy
from server_agent.domain.jobs import Phase, Progress
from server_agent.ports import Control, EngineError
from server_agent.ports.client_files import WalkEvent, WalkRequest
from server_agent.rpc import finding
from sesam_api.v1 import client_files_pb2 as pb
from sesam_api.v1 import savesets_pb2, tasks_pb2
from tests.agent.service.rig import START
from tests.fakes.engine import FakeEngine
from tests.rpc.agent.rig import AgentRig, refusal_of

BROWSE = "ClientFileService/ListClientDirectory"
TEST = "ClientFileService/TestExcludes"
READ = "FindingService/ReadEntry"


class LookingRig(AgentRig):
    """Over an engine that has files."""

    engine: FakeEngine  # type: ignore[assignment]


@pytest.fixture
def agent(short_path: Path, identity: Identity) -> Iterator[LookingRig]:
    """Its client has a directory of five files."""
    engine = FakeEngine()
    engine.client |= {b"/srv/docs/d/%d.tmp" % number: b"x" * number for number in range(5)}
    engine.client[b"/srv/docs/kept"] = b"kept"
    with LookingRig(short_path, identity, engine=engine) as rig:  # type: ignore[arg-type]
        rig.add_task()
        yield rig


def test_a_directory_comes_page_by_page_of_one_reading(agent: LookingRig) -> None:
    first = agent.local.call(BROWSE, client="host", directory=b"/srv/docs/d", page_size=2)
    assert [entry.name for entry in first.entries] == [b"0.tmp", b"1.tmp"]
    assert first.total == 5
    assert first.entries[0].kind == savesets_pb2.ENTRY_KIND_FILE
    assert first.entries[0].readable
    # What is made meanwhile does not shift what follows.
    agent.engine.client[b"/srv/docs/d/00.tmp"] = b""
    names: list[bytes] = []
    token = first.next_page_token
    while token:
        page = agent.local.call(
            BROWSE, client="host", directory=b"/srv/docs/d/", page_size=2, page_token=token
        )
        names += [entry.name for entry in page.entries]
        token = page.next_page_token
    assert names == [b"2.tmp", b"3.tmp", b"4.tmp"]
    again = agent.local.call(BROWSE, client="host", directory=b"/srv/docs/d")
    assert again.total == 6


def test_the_root_is_the_directory_of_nothing(agent: LookingRig) -> None:
    answer = agent.local.call(BROWSE, client="host")
    assert b"srv" in [entry.name for entry in answer.entries]


@pytest.mark.parametrize("directory", [b"srv", b"/srv/../etc", b"/srv//d", b"/nowhere", b"/a\0b"])
def test_what_is_no_directory_is_refused(agent: LookingRig, directory: bytes) -> None:
    refusal = agent.local.refused(BROWSE, client="host", directory=directory)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", "directory")


def test_clients_that_cannot_be_looked_at(agent: LookingRig) -> None:
    assert agent.local.refused(BROWSE, client="nobody").reason == "CLIENT_NOT_FOUND"
    with agent.catalogue.read() as view:
        client = view.client("host")
    assert client is not None
    agent.engine.unreachable.add(client.reach)
    assert agent.local.refused(BROWSE, client="host").reason == "CLIENT_UNUSABLE"


def test_a_token_is_good_for_its_directory_only(agent: LookingRig) -> None:
    first = agent.local.call(BROWSE, client="host", directory=b"/srv/docs/d", page_size=2)
    refusal = agent.local.refused(
        BROWSE, client="host", directory=b"/srv", page_token=first.next_page_token
    )
    assert refusal.reason == "PAGE_TOKEN_INVALID"


def walked(agent: LookingRig, **fields: Any) -> list[pb.TestExcludesResponse]:
    asked = {"client": "host", "sources": [b"/srv"], "excludes": ["*.tmp", "*.bak"]} | fields
    with agent.local.stream(TEST, **asked) as events:
        return list(events)


def test_excludes_are_tested(agent: LookingRig) -> None:
    *progress, temporary, bak, last = walked(agent)
    assert all(event.WhichOneof("event") == "progress" for event in progress)
    assert temporary.left_out.cause == pb.LEFT_OUT_CAUSE_EXCLUDE
    assert (temporary.left_out.pattern, temporary.left_out.hits) == ("*.tmp", 5)
    assert (temporary.left_out.files, temporary.left_out.bytes) == (5, 10)
    assert (bak.left_out.pattern, bak.left_out.hits) == ("*.bak", 0)
    assert last.result.kept_files == len(agent.engine.client) - 5
    assert last.result.HasField("end_time")


def test_why_a_walk_has_no_result_is_told(agent: LookingRig) -> None:
    last = walked(agent, sources=[b"/nowhere"])[-1]
    assert last.failure.code == "SOURCE_MISSING"
    assert "/nowhere" in last.failure.text


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"client": "nobody"}, "CLIENT_NOT_FOUND"),
        ({"sources": [b"srv"]}, "INVALID_ARGUMENT"),
        ({"excludes": [""]}, "INVALID_ARGUMENT"),
        ({"location_id": "other"}, "WRONG_LOCATION"),
        (
            {
                "excludes": ["(?i)x"],
                "options": tasks_pb2.TaskOptions(exclude_kind=tasks_pb2.EXCLUDE_KIND_REGEX),
            },
            "INVALID_ARGUMENT",
        ),
    ],
)
def test_what_no_task_could_have_is_refused(
    agent: LookingRig, fields: dict[str, Any], reason: str
) -> None:
    asked = {"client": "host", "sources": [b"/srv"]} | fields
    assert agent.local.refused(TEST, **asked).reason == reason


def test_a_cancelled_call_ends_the_walk(agent: LookingRig) -> None:
    lead = agent.engine.lead_next()
    with agent.local.stream(TEST, client="host", sources=[b"/srv"]) as events:
        next(events)
        lead.wait_begun()
        lead.say(Progress(Phase.SCAN, files_done=7))
        assert next(events).progress.entries == 7
    lead.wait_ended()


def test_only_a_few_walk_at_once(agent: LookingRig) -> None:
    leads = [agent.engine.lead_next() for _ in range(2)]
    with (
        agent.local.stream(TEST, client="host", sources=[b"/srv"]) as one,
        agent.local.stream(TEST, client="host", sources=[b"/srv"]) as two,
    ):
        assert not next(one).progress.waiting
        assert not next(two).progress.waiting
        for lead in leads:
            lead.wait_begun()
        with agent.local.stream(TEST, client="host", sources=[b"/srv"]) as three:
            assert next(three).progress.waiting
            # Others are served meanwhile.
            assert agent.local.call(BROWSE, client="host").total
            for lead in leads:
                lead.finish()
            assert [*three][-1].WhichOneof("event") == "result"


def test_a_walk_ends_with_the_agent(agent: LookingRig) -> None:
    lead = agent.engine.lead_next()
    with agent.local.stream(TEST, client="host", sources=[b"/srv"]) as events:
        next(events)
        lead.wait_begun()
        agent.stop()
        lead.wait_ended()
        with pytest.raises(grpc.RpcError) as ended:
            next(events)
    assert refusal_of(ended.value).reason == "SHUTTING_DOWN"


def read(agent: LookingRig, saveset: str, **fields: Any) -> list[Any]:
    with agent.local.stream(
        READ, saveset=saveset, **({"path": b"/srv/docs/kept"} | fields)
    ) as pieces:
        return list(pieces)


def test_a_saved_file_is_read(agent: LookingRig, monkeypatch: pytest.MonkeyPatch) -> None:
    saveset = agent.backed_up().saveset
    [piece] = read(agent, saveset)
    assert (piece.data, piece.size) == (b"kept", 4)
    [piece] = read(agent, saveset, first_byte=1, most_bytes=2)
    assert piece.data == b"ep"
    [piece] = read(agent, saveset, first_byte=4)
    assert (piece.data, piece.size) == (b"", 4)
    monkeypatch.setattr(finding, "MESSAGE_BYTES", 3)
    assert [piece.data for piece in read(agent, saveset)] == [b"kep", b"t"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"saveset": "none"}, "SAVESET_NOT_FOUND"),
        ({"path": b"/srv/docs/none"}, "PATH_NOT_FOUND"),
        ({"path": b"/srv/docs/d"}, "INVALID_ARGUMENT"),
        ({"first_byte": 5}, "INVALID_ARGUMENT"),
        ({"first_byte": -1}, "INVALID_ARGUMENT"),
        ({"most_bytes": 17 << 20}, "INVALID_ARGUMENT"),
        ({"most_bytes": -1}, "INVALID_ARGUMENT"),
    ],
)
def test_what_cannot_be_read(agent: LookingRig, fields: dict[str, Any], reason: str) -> None:
    asked = {"saveset": agent.backed_up().saveset, "path": b"/srv/docs/kept"} | fields
    assert agent.local.refused(READ, **asked).reason == reason


def test_damage_that_a_read_finds_is_entered(agent: LookingRig) -> None:
    saveset = agent.backed_up().saveset
    agent.engine.damage(saveset, "data")
    refusal = agent.local.refused(READ, saveset=saveset, path=b"/srv/docs/kept")
    assert (refusal.reason, refusal.metadata["saveset"]) == ("SAVESET_DAMAGED", saveset)
    known = agent.local.call("SavesetService/GetSaveset", name=saveset).saveset
    assert "damaged" in known.damage


def test_a_medium_that_is_away_is_no_damage(agent: LookingRig) -> None:
    job = agent.backed_up()
    agent.engine.unmounted.add(job.label)
    refusal = agent.local.refused(READ, saveset=job.saveset, path=b"/srv/docs/kept")
    assert refusal.reason == "SAVESET_UNREADABLE"
    known = agent.local.call("SavesetService/GetSaveset", name=job.saveset).saveset
    assert known.damage == ""


def test_an_engine_that_fails_in_the_middle_ends_the_stream(agent: LookingRig) -> None:
    lead = agent.engine.lead_next()
    with agent.local.stream(TEST, client="host", sources=[b"/srv"]) as events:
        next(events)
        lead.wait_begun()
        lead.fail(EngineError("CLIENT_LOST", "the connection to the client was lost"))
        assert next(events).failure.text == "the connection to the client was lost"


def test_a_directory_is_read_anew_after_a_while(agent: LookingRig) -> None:
    """It goes on behind the last name that was told."""
    first = agent.local.call(BROWSE, client="host", directory=b"/srv/docs/d", page_size=2)
    agent.engine.client[b"/srv/docs/d/00.tmp"] = b""
    agent.engine.client[b"/srv/docs/d/9.tmp"] = b""
    agent.clock.advance(timedelta(minutes=3))
    rest = agent.local.call(
        BROWSE, client="host", directory=b"/srv/docs/d", page_token=first.next_page_token
    )
    names = [entry.name for entry in rest.entries]
    assert names == [b"2.tmp", b"3.tmp", b"4.tmp", b"9.tmp"]


def test_what_is_compared_with(agent: LookingRig) -> None:
    """The newest saveset of the task, if its sources are these."""
    newest = agent.backed_up().saveset
    asked: list[str] = []
    walk = agent.engine.walk

    def noted(request: WalkRequest, control: Control) -> Iterator[WalkEvent]:
        asked.append(request.compare_with.name if request.compare_with else "")
        return walk(request, control)

    agent.engine.walk = noted  # type: ignore[method-assign]
    walked(agent, sources=[b"/srv/docs/"], task="docs")
    walked(agent, sources=[b"/srv"], task="docs")
    walked(agent, sources=[b"/srv/docs"])
    assert asked == [newest, "", ""]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("DATABASE", "there is no saveset of these sources to build on"),
        ("TIME_STAMP_FILE", "what has changed is known by a time stamp file"),
        ("ARCHIVE_BIT", "what has changed is known by archive bits"),
    ],
)
def test_why_nothing_is_compared(agent: LookingRig, reference: str, said: str) -> None:
    agent.backed_up()
    sources = [b"/srv" if reference == "DATABASE" else b"/srv/docs"]
    options = tasks_pb2.TaskOptions(
        time_reference=tasks_pb2.TimeReference.Value(f"TIME_REFERENCE_{reference}")
    )
    [*_, done] = walked(agent, sources=sources, task="docs", options=options)
    assert not done.result.HasField("compared_with")
    assert said in done.result.not_compared
    [*_, done] = walked(agent, sources=sources, options=options)
    assert done.result.not_compared == ""
    [*_, done] = walked(agent, sources=[b"/srv/docs"], task="docs")
    assert done.result.not_compared == ""


def test_a_copy_is_read_where_the_first_place_is_damaged(agent: LookingRig) -> None:
    saveset = agent.backed_up().saveset
    kept = agent.engine.savesets[saveset]
    agent.engine.copies[saveset, "OTHER00001"] = replace(kept, label="OTHER00001")
    with agent.catalogue.write() as tx:
        tx.add_copy(Copy(saveset, "OTHER00001", None, 4, START))
    agent.engine.damage(saveset, "data")
    [piece] = read(agent, saveset)
    assert piece.data == b"kept"
    known = agent.local.call("SavesetService/GetSaveset", name=saveset).saveset
    assert known.label == "OTHER00001"
