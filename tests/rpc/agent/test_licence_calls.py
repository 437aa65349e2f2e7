"""LicenceService, and what a licence lets the agent do: over the wire, on a clock that is set."""

import uuid
from datetime import timedelta
from typing import Any

import grpc
import pytest

from server_agent.domain.access import Role
from server_agent.domain.interfaces import ALARM, NOTIFY
from sesam_api.client import connect
from sesam_api.errors import SesamError
from sesam_api.v1 import calendar_pb2, jobs_pb2
from sesam_api.v1 import licence_pb2 as pb
from tests.agent.service.rig import START
from tests.agent.service.steered import DONE, Gate
from tests.fakes.licence import SERVER, SIGNER, Signer, altered, with_broken_signature
from tests.rpc.agent.plan import FULL, add_schedule, moment
from tests.rpc.agent.rig import AgentRig, request_of

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
GET, INSTALL = "LicenceService/GetLicence", "LicenceService/InstallLicence"
START_BACKUP = "JobService/StartBackup"
warns = pytest.mark.logs_warnings


def licence(agent: AgentRig) -> pb.Licence:
    found = agent.local.call(GET).licence
    assert isinstance(found, pb.Licence)
    return found


def set_to(agent: AgentRig, after: timedelta) -> None:
    """So long after the first start."""
    agent.clock.advance(START + after - agent.clock.now())


def facts(found: pb.Licence) -> tuple[int, int, bool]:
    return found.state, found.days_left, found.may_back_up


@warns
def test_a_trial_day_by_day(agent: AgentRig) -> None:
    agent.add_task()
    made = agent.backed_up()
    assert facts(licence(agent)) == (pb.LICENCE_STATE_TRIAL, 30, True)
    for after, expected in (
        (DAY, (pb.LICENCE_STATE_TRIAL, 29, True)),
        (23 * DAY - MINUTE, (pb.LICENCE_STATE_TRIAL, 8, True)),
        (23 * DAY, (pb.LICENCE_STATE_ENDING, 7, True)),
        (29 * DAY, (pb.LICENCE_STATE_ENDING, 1, True)),
        (30 * DAY - MINUTE, (pb.LICENCE_STATE_ENDING, 1, True)),
    ):
        set_to(agent, after)
        assert facts(licence(agent)) == expected
        assert agent.backed_up().state == jobs_pb2.JOB_STATE_OK
    for after in (30 * DAY, 31 * DAY, 5 * DAY, -400 * DAY):
        set_to(agent, after)
        found = licence(agent)
        assert facts(found) == (pb.LICENCE_STATE_EXPIRED, 0, False)
        assert found.is_clock_set_back is (after < 30 * DAY)
        refused = agent.local.refused(START_BACKUP, task="docs", type=FULL)
        assert (refused.code, refused.reason) == (
            grpc.StatusCode.FAILED_PRECONDITION,
            "LICENCE_NEEDED",
        )
        assert "the trial ended on 2026-04-03" in refused.metadata["detail"]
        restored = agent.local.call(
            "SavesetService/StartRestore", saveset=made.saveset, target=b"/srv"
        )
        assert agent.ended(restored.job.job_id).state == jobs_pb2.JOB_STATE_OK
        verified = agent.local.call("SavesetService/StartVerify", saveset=made.saveset)
        assert agent.ended(verified.job.job_id).state == jobs_pb2.JOB_STATE_OK


@warns
def test_the_end_outlasts_the_agent(agent: AgentRig) -> None:
    set_to(agent, 31 * DAY)
    licence(agent)
    agent.stop()
    set_to(agent, DAY)
    again = AgentRig(agent.directory, agent.identity, agent.catalogue, clock=agent.clock)
    with again:
        assert facts(licence(again)) == (pb.LICENCE_STATE_EXPIRED, 0, False)


@warns
def test_what_the_plan_starts_fails_by_name_and_stands_in_the_calendar(agent: AgentRig) -> None:
    agent.add_task()
    span = {"from_time": moment(2026, 4, 4, 19), "to_time": moment(2026, 4, 4, 21)}
    later = moment(2026, 4, 4, 20)
    agent.local.call(START_BACKUP, task="docs", type=FULL, start_time=later)
    set_to(agent, 32 * DAY)
    add_schedule(agent.local)  # whoever changes the plan has what is due decided first
    [seen] = agent.local.call("CalendarService/ListCalendar", task="docs", **span).occurrences
    job = agent.ended(seen.job_id)
    assert job.state == jobs_pb2.JOB_STATE_ERROR
    assert job.message.startswith("Not backed up: the trial ended on 2026-04-03")
    assert "sm_licence install" in job.message
    [seen] = agent.local.call("CalendarService/ListCalendar", task="docs", **span).occurrences
    assert (seen.state, seen.text) == (calendar_pb2.OCCURRENCE_STATE_ERROR, job.message)


@warns
def test_what_runs_at_the_end_ends_as_ever(agent: AgentRig) -> None:
    agent.add_task()
    gate = Gate()
    agent.engine.scripts.append([gate, DONE])
    job_id = agent.start_backup()
    gate.wait_until_reached()
    set_to(agent, 31 * DAY)
    assert not licence(agent).may_back_up
    gate.open()
    assert agent.ended(job_id).state == jobs_pb2.JOB_STATE_OK


# --- installing -----------------------------------------------------------------------------------


def test_one_is_installed_and_the_one_before_kept(agent: AgentRig) -> None:
    first = agent.local.call(INSTALL, content=SIGNER.licence())
    assert (first.licence.state, first.kept_as) == (pb.LICENCE_STATE_VALID, "")
    terms = first.licence.terms
    assert (terms.number, terms.customer, terms.clients, terms.volume_bytes) == (
        "2026-0007",
        "Hafen Logistik",
        25,
        10 * 10**12,
    )
    assert (terms.valid_until, list(terms.addresses)) == ("2027-02-28", ["192.0.2.10"])
    assert not first.licence.is_trial
    second = agent.local.call(INSTALL, content=SIGNER.licence(number="2026-0008"))
    assert agent.licence.copies == {second.kept_as: SIGNER.licence()}
    assert licence(agent).terms.number == "2026-0008"


def test_a_repeat_installs_nothing_twice(agent: AgentRig) -> None:
    agent.local.call(INSTALL, content=SIGNER.licence())
    request_id = str(uuid.uuid4())
    again = SIGNER.licence(number="2026-0008")
    answers = [
        agent.local.call(INSTALL, content=again, request_id=request_id).kept_as for _ in range(2)
    ]
    assert answers[0] == answers[1] != ""
    assert len(agent.licence.copies) == 1


@warns
@pytest.mark.parametrize(
    ("content", "field", "said"),
    [
        (Signer("a stranger").licence(), "key", "not trusted"),
        (altered(SIGNER.licence()), "signature", "altered"),
        (with_broken_signature(SIGNER.licence()), "signature", "altered"),
        (SIGNER.licence(server_name="fs-02"), "server_name", "fs-02, and this one is fs-01"),
        (SIGNER.licence(addresses="198.51.100.1"), "addresses", "198.51.100.1, and this"),
        (SIGNER.licence(valid_until="2026-03-03"), "valid_until", "ended with 2026-03-03"),
        (SIGNER.licence(valid_from="2026-03-05"), "valid_from", "begins on 2026-03-05"),
        (b"Dear customer", "file", "cannot be used"),
        (SIGNER.licence(clients="all"), "file", "clients"),
    ],
)
def test_what_does_not_count_is_refused_with_what_differs(
    agent: AgentRig, content: bytes, field: str, said: str
) -> None:
    agent.local.call(INSTALL, content=SIGNER.licence())
    refused = agent.local.refused(INSTALL, content=content)
    assert (refused.code, refused.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "LICENCE_REFUSED",
    )
    assert set(refused.metadata) == {"detail", field}
    assert said in refused.metadata["detail"]
    assert agent.licence.content == SIGNER.licence()
    assert agent.licence.copies == {}
    assert licence(agent).state == pb.LICENCE_STATE_VALID


def test_all_that_differs_is_named_at_once(agent: AgentRig) -> None:
    foreign = Signer("a stranger").licence(server_name="fs-02", valid_until="2026-01-01")
    refused = agent.local.refused(INSTALL, content=foreign)
    assert set(refused.metadata) == {"detail", "key", "server_name", "valid_until"}
    assert refused.metadata["server_name"] == "fs-02 | fs-01"


@warns
def test_with_one_backups_start_again(agent: AgentRig) -> None:
    agent.add_task()
    set_to(agent, 40 * DAY)
    assert agent.local.refused(START_BACKUP, task="docs", type=FULL).reason == "LICENCE_NEEDED"
    agent.local.call(INSTALL, content=SIGNER.licence())
    assert agent.backed_up().state == jobs_pb2.JOB_STATE_OK


@warns
def test_a_clock_set_back_makes_no_old_licence_count(agent: AgentRig) -> None:
    agent.local.call(INSTALL, content=SIGNER.licence(valid_until="2026-04-30"))
    set_to(agent, 60 * DAY)
    assert licence(agent).state == pb.LICENCE_STATE_EXPIRED
    set_to(agent, 10 * DAY)
    assert licence(agent).state == pb.LICENCE_STATE_EXPIRED
    same = SIGNER.licence(valid_until="2026-04-30")
    assert "valid_until" in agent.local.refused(INSTALL, content=same).metadata


@warns
def test_a_clock_that_was_far_ahead_is_mended_by_a_later_licence(agent: AgentRig) -> None:
    agent.local.call(INSTALL, content=SIGNER.licence())
    set_to(agent, 9000 * DAY)
    licence(agent)
    set_to(agent, 10 * DAY)
    assert not licence(agent).may_back_up
    agent.local.call(INSTALL, content=SIGNER.licence(issued="2026-03-10T00:00:00Z"))
    found = licence(agent)
    assert (found.state, found.is_clock_set_back) == (pb.LICENCE_STATE_VALID, False)


@warns
def test_a_file_put_there_by_hand_is_seen_and_judged(agent: AgentRig) -> None:
    agent.licence.content = SIGNER.licence(number="by hand")
    assert licence(agent).terms.number == "by hand"
    agent.licence.content = SIGNER.licence(server_name="fs-02")
    found = licence(agent)
    # The trial goes on.
    assert (found.state, found.may_back_up) == (pb.LICENCE_STATE_TRIAL, True)
    assert [(f.field, f.licensed, f.here) for f in found.faults] == [
        ("server_name", "fs-02", "fs-01")
    ]
    agent.licence.fault = "sm_lic.ini: Permission denied"
    found = licence(agent)
    assert [fault.here for fault in found.faults] == ["sm_lic.ini: Permission denied"]
    assert not found.HasField("terms")
    refused = agent.local.refused(INSTALL, content=SIGNER.licence())
    assert "Permission denied" in refused.metadata["detail"]


# --- telling --------------------------------------------------------------------------------------


@warns
def test_watchers_have_it_from_the_first_moment_and_learn_of_changes(agent: AgentRig) -> None:
    with agent.local.stream("LocationService/Watch") as answers:
        first = next(answers).snapshot
        assert facts(first.licence) == (pb.LICENCE_STATE_TRIAL, 30, True)
        set_to(agent, 24 * DAY)
        licence(agent)
        changed = _next_licence(answers)
        assert facts(changed) == (pb.LICENCE_STATE_ENDING, 6, True)
        agent.local.call(INSTALL, content=SIGNER.licence())
        assert _next_licence(answers).state == pb.LICENCE_STATE_VALID


def _next_licence(answers: Any) -> pb.Licence:
    for answer in answers:
        for change in answer.changes.changes:
            if change.HasField("licence"):
                found = change.licence
                assert isinstance(found, pb.Licence)
                return found
    raise AssertionError("the stream has ended")


@warns
def test_it_is_told_once_a_day_and_as_an_alarm_when_it_is_over(agent: AgentRig) -> None:
    for name in (NOTIFY, ALARM):
        agent.programs.put(name)
    for hours in (22 * 24, 23 * 24, 23 * 24 + 1, 24 * 24, 30 * 24, 30 * 24 + 2, 31 * 24):
        set_to(agent, timedelta(hours=hours))
        licence(agent)
    agent.stop()
    told = [(run.program, *run.arguments) for run in agent.programs.runs]
    assert [(program, module) for program, module, _ in told] == [
        (NOTIFY, "LICENSE"),
        (NOTIFY, "LICENSE"),
        (ALARM, "LICENSE"),
        (ALARM, "LICENSE"),
    ]
    assert "the trial ends in 7 days, on 2026-04-03" in told[0][2]
    assert "IP addresses: 192.0.2.10, 2001:db8::10" in told[0][2]
    assert "no backup starts" in told[2][2]


def test_the_order_has_what_is_needed(agent: AgentRig) -> None:
    order = agent.enrolled(Role.MONITOR).call("LicenceService/GetLicenceOrder", delivery_note="L 7")
    assert not order.is_change
    assert order.subject == "Licence for fs-01"
    for line in (
        "Server name: fs-01",
        "IP addresses: 192.0.2.10, 2001:db8::10",
        f"Platform: {SERVER.platform}",
        "Delivery note: L 7",
        "Clients: 0",
    ):
        assert line in order.text.splitlines()
    refused = agent.local.refused("LicenceService/GetLicenceOrder", delivery_note="a\nb")
    assert refused.metadata["field"] == "delivery_note"


@warns
def test_a_server_with_another_name_asks_for_a_change(agent: AgentRig) -> None:
    agent.local.call(INSTALL, content=SIGNER.licence())
    agent.licence.here = type(SERVER)("fs-09", SERVER.addresses, SERVER.platform)
    set_to(agent, 35 * DAY)
    found = licence(agent)
    assert facts(found)[::2] == (pb.LICENCE_STATE_INVALID, True)
    assert found.grace_end_time.ToDatetime() == (START + 42 * DAY).replace(tzinfo=None)
    order = agent.local.call("LicenceService/GetLicenceOrder")
    assert order.is_change
    assert "Server name: fs-01 becomes fs-09" in order.text
    assert "Number: 2026-0007" in order.text
    set_to(agent, 42 * DAY)
    assert not licence(agent).may_back_up


def test_more_than_a_licence_may_be_is_refused(agent: AgentRig) -> None:
    refused = agent.local.refused(INSTALL, request_of(INSTALL, content=bytes(64 * 1024 + 1)))
    assert (refused.reason, refused.metadata["field"]) == ("INVALID_ARGUMENT", "content")


def test_scripts_see_and_install_it(agent: AgentRig) -> None:
    agent.add_task()
    agent.backed_up()
    with connect(unix=agent.endpoint.socket) as location:
        before = location.licence()
        assert (before.state, before.terms, before.used_clients) == ("trial", None, 1)
        assert before.used_volume_size > 0
        installed, kept = location.install_licence(SIGNER.licence())
        assert (installed.state, kept) == ("valid", "")
        assert installed.terms is not None
        assert installed.terms.modules == ("backup", "restore")
        assert location.licence_order().subject == "Licence for fs-01"
        with pytest.raises(SesamError, match="was altered") as caught:
            location.install_licence(altered(SIGNER.licence()))
        assert caught.value.reason == "LICENCE_REFUSED"
        snapshot = next(location.watch())
        assert getattr(snapshot, "licence", None) == location.licence()
