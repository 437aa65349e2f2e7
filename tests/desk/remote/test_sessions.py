"""What the desk is told of its locations, over real gRPC."""

import contextlib
import dataclasses
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sesam_api.v1 import jobs_pb2
from sesam_master.core.fleet import ConnectionChanged, PictureArrived
from sesam_master.core.registry import RegistrationChange
from sesam_master.core.states import Connection, JobState
from tests.desk.remote.rig import QUICK, HubRig
from tests.fakes.agent_server import FakeAgent
from tests.fakes.certificates import make_certificate


@pytest.fixture
def agent() -> Iterator[FakeAgent]:
    with FakeAgent("Alpha") as running:
        running.location.put_client("fs-01")
        running.location.put_task("docs", "fs-01", [b"/srv/docs\xff"])
        yield running


def queued_job(agent: FakeAgent) -> str:
    job = agent.location.new_job(
        kind=jobs_pb2.JOB_KIND_BACKUP,
        task="docs",
        client="fs-01",
        requested_type=jobs_pb2.BACKUP_TYPE_FULL,
    )
    return job.job_id


def test_picture_arrives_and_changes_follow(agent: FakeAgent) -> None:
    job_id = queued_job(agent)
    rig = HubRig()
    location_id = rig.register(agent)
    with rig:
        state = rig.until(location_id, Connection.ON)
        assert state.picture is not None
        assert state.picture.identity.name == "Alpha"
        assert state.picture.tasks["docs"].sources == (b"/srv/docs\xff",)
        assert state.picture.jobs[job_id].state is JobState.QUEUED
        assert state.picture.states == {JobState.QUEUED: 1}
        assert state.picture.role.value == "admin"

        agent.location.start_job(job_id)
        rig.wait(lambda: rig.state(location_id).picture.jobs[job_id].state is JobState.ACTIVE)
        progress = rig.state(location_id).picture.jobs[job_id].progress
        assert progress is not None
        assert progress.fraction == 0.5
        agent.location.put_task("mail", "fs-01", [b"/srv/mail"])
        rig.wait(lambda: "mail" in rig.state(location_id).picture.tasks)


def test_heartbeats_prove_a_quiet_location(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    with rig:
        first = rig.until(location_id, Connection.ON).proof_time
        rig.wait(lambda: (rig.state(location_id).proof_time - first).total_seconds() > 2 * 0.9)
        assert rig.connections(location_id) == [Connection.ON]
        assert abs(rig.state(location_id).clock_offset_seconds) < 1


def test_a_killed_agent_is_broken_at_tcp_and_comes_back(agent: FakeAgent) -> None:
    rig = HubRig(dataclasses.replace(QUICK, proof=30.0))
    location_id = rig.register(agent)
    with rig:
        rig.until(location_id, Connection.ON)
        agent.stop()
        trouble = rig.until(location_id, Connection.BROKEN, "tcp").trouble
        assert trouble is not None
        assert "refuses connections" in trouble.detail
        agent.start()
        assert rig.until(location_id, Connection.ON).trouble is None
        watches = [request for name, request in agent.calls if name == "Watch"]
        assert watches[-1].HasField("after_revision")
        assert watches[-1].epoch == agent.location.epoch
        arrived = [event for event in rig.events if isinstance(event, PictureArrived)]
        assert len(arrived) == 1, "it goes on from the last revision, without a new picture"


def test_revisions_of_another_epoch_are_not_gone_on_from(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    with rig:
        rig.until(location_id, Connection.ON)
        agent.stop()
        rig.until(location_id, Connection.BROKEN, "tcp")
        agent.location.epoch = "another"  # a catalogue put back from a copy: same revisions
        agent.location.tasks.clear()
        agent.start()
        rig.until(location_id, Connection.ON)
        state = rig.state(location_id)
        assert state.picture is not None
        assert not state.picture.tasks


def test_without_an_epoch_nothing_is_gone_on_from(agent: FakeAgent) -> None:
    agent.location.epoch = ""
    rig = HubRig()
    location_id = rig.register(agent)
    with rig:
        rig.until(location_id, Connection.ON)
        agent.stop()
        rig.until(location_id, Connection.BROKEN, "tcp")
        agent.start()
        rig.until(location_id, Connection.ON)
        watches = [request for name, request in agent.calls if name == "Watch"]
        assert not watches[-1].HasField("after_revision")


def test_a_frozen_stream_is_stale_until_it_goes_on(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    with rig:
        rig.until(location_id, Connection.ON)
        with agent.location.changed:  # the watch streams wait for it
            state = rig.until(location_id, Connection.STALE)
            assert state.trouble is None
            assert state.picture is not None
        rig.until(location_id, Connection.ON)


class Witness(FakeAgent):
    """Notes what callers send to prove who they are."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.sent: list[object] = []

    def role_of(self, context: Any) -> int:
        self.sent.append(dict(context.invocation_metadata()).get("authorization"))
        return super().role_of(context)


def test_a_changed_certificate_gets_nothing_until_it_is_accepted() -> None:
    rig = HubRig()
    with Witness(name="Alpha") as agent:
        location_id = rig.register(agent)
        agent.stop()
        agent.certificate = make_certificate()
        agent.start()
        with rig:
            trouble = rig.until(location_id, Connection.BROKEN, "fingerprint").trouble
            assert trouble is not None
            assert agent.fingerprint.upper() in trouble.detail
            assert agent.sent == []
            gateway = rig.hub.gateway
            diagnosis = rig.ask(gateway.diagnose(location_id))
            assert diagnosis.failed is not None
            assert diagnosis.failed.step.value == "fingerprint"
            assert agent.sent == []
            presented = rig.ask(gateway.look("127.0.0.1", rig.registry.kept[0].port))
            rig.ask(gateway.accept_certificate(location_id, presented))
            rig.until(location_id, Connection.ON)
            assert rig.registry.kept[0].fingerprint == agent.fingerprint.upper()


def test_another_location_at_the_address_is_not_shown(agent: FakeAgent) -> None:
    rig = HubRig()
    other = "11111111-2222-4333-8444-555555555555"
    rig.register(agent, location_id=other)
    with rig:
        trouble = rig.until(other, Connection.BROKEN, "identity").trouble
        assert trouble is not None
        assert agent.location.location_id in trouble.detail
        assert rig.state(other).picture is None


def test_a_revoked_credential_is_its_own_step(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    with rig:
        rig.until(location_id, Connection.ON)
        agent.location.credentials.clear()
        agent.stop()
        agent.start()
        rig.until(location_id, Connection.BROKEN, "credential")


def test_a_desk_without_the_credential_says_so(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    rig.credentials.kept.clear()
    with rig:
        rig.until(location_id, Connection.BROKEN, "credential")
        assert agent.calls == []


def test_a_dark_location_is_shown_as_remembered(agent: FakeAgent) -> None:
    first = HubRig()
    location_id = first.register(agent)
    job_id = queued_job(agent)
    with first:
        proof = first.until(location_id, Connection.ON).proof_time
    agent.stop()
    second = HubRig()
    second.over(first.registry, first.credentials, first.pictures)
    with second:
        second.until(location_id, Connection.BROKEN, "tcp")
        second.wait(lambda: second.state(location_id).picture is not None)
        state = second.state(location_id)
        assert state.proof_time is not None
        assert proof is not None
        assert state.proof_time >= proof
        assert state.shown_state(state.picture.jobs[job_id]) is JobState.UNKNOWN
        assert any(isinstance(e, PictureArrived) and e.is_remembered for e in second.events)
    agent.start()


def test_off_and_on(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent, is_on=False)
    with rig:
        rig.until(location_id, Connection.OFF)
        assert agent.calls == []
        gateway = rig.hub.gateway
        rig.ask(gateway.change_registration(location_id, RegistrationChange(is_on=True)))
        rig.until(location_id, Connection.ON)
        rig.ask(gateway.change_registration(location_id, RegistrationChange(is_on=False)))
        rig.until(location_id, Connection.OFF)
        assert rig.farms.load().control(location_id).off_by == ""


def test_a_new_name_does_not_touch_the_connection(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    with rig:
        rig.until(location_id, Connection.ON)
        renamed = RegistrationChange(name="Vienna", farm="EMEA / DACH")
        rig.ask(rig.hub.gateway.change_registration(location_id, renamed))
        rig.wait(lambda: rig.state(location_id).registration.name == "Vienna")
        assert [name for name, _ in agent.calls] == ["Watch"]


def test_a_removed_location_is_forgotten(agent: FakeAgent) -> None:
    rig = HubRig()
    location_id = rig.register(agent)
    with rig:
        rig.until(location_id, Connection.ON)
        rig.ask(rig.hub.gateway.remove_registration(location_id))
        rig.wait(lambda: not rig.fleet.locations)
        assert rig.registry.kept == []
        assert rig.credentials.kept == {}
        assert rig.pictures.kept == {}


def test_two_locations_with_the_same_job_ids(agent: FakeAgent) -> None:
    with FakeAgent("Beta") as beta:
        beta.location.put_task("docs", "fs-01", [b"/srv"])
        assert queued_job(agent) == queued_job(beta) == "1"
        rig = HubRig()
        ids = [rig.register(agent), rig.register(beta)]
        with rig:
            for location_id in ids:
                rig.until(location_id, Connection.ON)
            beta.location.start_job("1")
            rig.wait(lambda: rig.state(ids[1]).picture.jobs["1"].state is JobState.ACTIVE)
            assert rig.state(ids[0]).picture.jobs["1"].state is JobState.QUEUED
            assert rig.state(ids[1]).picture.jobs["1"].key == (ids[1], "1")


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as listener:
        yield listener.getsockname()[1]


def test_silent_addresses_delay_nobody(agent: FakeAgent) -> None:
    rig = HubRig(dataclasses.replace(QUICK, connect=4.0, probe=1.0, silence=30.0, proof=30.0))
    with silent_port() as port:
        silent = [
            rig.register(agent, location_id=f"{number:08d}-0000-4000-8000-000000000000", port=port)
            for number in range(20)
        ]
        location_id = rig.register(agent)
        start = time.monotonic()
        with rig:
            rig.until(location_id, Connection.ON)
            assert time.monotonic() - start < 3.0, "the others have not even timed out"
            assert {rig.state(i).connection for i in silent} == {Connection.STALE}
            rig.until(silent[0], Connection.BROKEN, "tls")
            assert rig.state(location_id).connection is Connection.ON


def test_a_local_agent_needs_no_credential(tmp_path: Path) -> None:
    path = tmp_path / "agent.sock"
    with FakeAgent("Local", socket=path) as agent:
        rig = HubRig()
        location_id = rig.register(agent, socket=f"unix:{path}", certificate=b"", fingerprint="")
        rig.credentials.kept.clear()
        with rig:
            rig.until(location_id, Connection.ON)
            diagnosis = rig.ask(rig.hub.gateway.diagnose(location_id))
            assert diagnosis.failed is None
            agent.stop()
            rig.until(location_id, Connection.BROKEN, "tcp")
            agent.start()


def test_stop_leaves_nothing_and_comes_at_once_from_a_frozen_agent(agent: FakeAgent) -> None:
    rig = HubRig(dataclasses.replace(QUICK, silence=60.0, proof=60.0))
    location_id = rig.register(agent)
    rig.hub.start()
    rig.until(location_id, Connection.ON)
    with agent.location.changed:
        start = time.monotonic()
        assert rig.hub.stop(10.0)
        assert time.monotonic() - start < 3.0
    assert "hub-io" not in {thread.name for thread in threading.enumerate()}
    assert rig.hub.stop(1.0), "a second stop changes nothing"
    assert location_id in rig.pictures.kept


def test_reconnect_does_not_wait_for_the_pause(agent: FakeAgent) -> None:
    rig = HubRig(dataclasses.replace(QUICK, first_pause=60.0, longest_pause=60.0))
    location_id = rig.register(agent)
    agent.stop()
    with rig:
        rig.until(location_id, Connection.BROKEN, "tcp")
        agent.start()
        rig.ask(rig.hub.gateway.reconnect(location_id))
        rig.until(location_id, Connection.ON)
        assert isinstance(rig.events[-1], ConnectionChanged)


def test_a_dropped_connection_request_is_broken_at_tcp(agent: FakeAgent) -> None:
    rig = HubRig()
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):  # the queue is full: the kernel drops every further SYN
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        location_id = rig.register(agent, port=listener.getsockname()[1])
        with rig:
            trouble = rig.until(location_id, Connection.BROKEN, "tcp").trouble
            assert trouble is not None
            assert "does not answer at port" in trouble.detail


def test_a_clock_that_is_wrong_is_told_and_breaks_nothing(agent: FakeAgent) -> None:
    agent.location.clock_ahead_seconds = -7200
    rig = HubRig()
    location_id = rig.register(agent)
    with rig:
        state = rig.until(location_id, Connection.ON)
        assert state.clock_offset_seconds is not None
        assert abs(state.clock_offset_seconds + 7200) < 5
        assert state.proof_time is not None
        assert abs((datetime.now(UTC) - state.proof_time).total_seconds()) < 60
        failed = rig.ask(rig.hub.gateway.diagnose(location_id)).failed
        assert failed is not None
        assert failed.step.value == "clock"
        assert "behind" in failed.found


def test_streams_that_end_at_once_are_not_asked_for_without_a_pause(agent: FakeAgent) -> None:
    asked: list[float] = []
    agent.on_call["Watch"] = lambda: asked.append(time.monotonic())
    agent.location.stopping = True  # each watch is told the state, and then ended
    rig = HubRig(dataclasses.replace(QUICK, longest_pause=30.0))
    rig.register(agent)
    with rig:
        rig.wait(lambda: len(asked) >= 5)
    gaps = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert gaps[3] > 2 * gaps[0], gaps
