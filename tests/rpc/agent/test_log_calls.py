"""LogService over a real server."""

from datetime import date

import grpc
import pytest

from server_agent.domain.access import EVERY_ROLE, Role
from server_agent.domain.logs import LogKey, LogKind
from sesam_api.v1 import jobs_pb2
from sesam_api.v1 import logs_pb2 as pb
from tests.rpc.agent.rig import AgentRig

DAY, NEXT = date(2026, 3, 4), date(2026, 3, 5)
STATE, DAY_LOG = LogKey(LogKind.STATE), LogKey(LogKind.DAY)
CALLS = LogKey(LogKind.PART, "sm_gui_server_requests")
PART = {"kind": pb.LOG_KIND_PART, "name": CALLS.name}


@pytest.fixture
def site(agent: AgentRig) -> AgentRig:
    agent.logs.say(STATE, DAY, "state\tstart", "0\t2026-03-04 13:00:00+01:00\t\tbackup")
    agent.logs.say(DAY_LOG, DAY, "2026-03-04 13:00:00+01:00\tERROR\tended")
    agent.logs.say(CALLS, DAY, *[f"call {number}" for number in range(9)])
    return agent


def texts(lines: list[pb.LogLine]) -> list[str]:
    return [line.text for line in lines]


def test_they_are_listed_for_whom_they_are(site: AgentRig) -> None:
    answer = site.local.call("LogService/ListLogs")
    assert [(log.kind, log.name, log.sesam_day) for log in answer.logs] == [
        (pb.LOG_KIND_STATE, "", "2026-03-04"),
        (pb.LOG_KIND_DAY, "", "2026-03-04"),
        (pb.LOG_KIND_ERROR, "", "2026-03-04"),
        (pb.LOG_KIND_PART, CALLS.name, "2026-03-04"),
    ]
    page = site.local.call("LogService/ListLogs", page_size=3)
    rest = site.local.call("LogService/ListLogs", page_token=page.next_page_token)
    assert [log.name for log in rest.logs] == [CALLS.name]
    monitor = site.enrolled(Role.MONITOR)
    assert len(monitor.call("LogService/ListLogs").logs) == 3


def test_lines_are_read(site: AgentRig) -> None:
    ask = {"sesam_day": "2026-03-04", "kind": pb.LOG_KIND_STATE}
    head, line = site.local.call("LogService/ReadLog", **ask).lines
    assert not head.HasField("time")
    assert line.time.seconds == 1772625600
    assert (line.position, line.level) == (12, jobs_pb2.LEVEL_INFO)
    ask = {**PART, "sesam_day": "2026-03-04", "backward": True, "page_size": 2}
    page = site.local.call("LogService/ReadLog", **ask)
    assert texts(page.lines) == ["call 7", "call 8"]
    page = site.local.call("LogService/ReadLog", **ask, position=page.begin_position)
    assert (texts(page.lines), page.at_begin) == (["call 5", "call 6"], False)
    found = site.local.call("LogService/SearchLogs", **PART, filter="CALL 3")
    assert [(line.sesam_day, line.line.text) for line in found.lines] == [("2026-03-04", "call 3")]


def test_what_cannot_be_read(site: AgentRig) -> None:
    day = {"sesam_day": "2026-03-04"}
    for fields in (
        {"kind": 0, **day},
        {"kind": pb.LOG_KIND_STATE, "sesam_day": "yesterday"},
        {"kind": pb.LOG_KIND_STATE, "name": "agent", **day},
        {"kind": pb.LOG_KIND_PART, "name": "../ini/sm.ini", **day},
        {"kind": pb.LOG_KIND_STATE, "position": -1, **day},
        {"kind": pb.LOG_KIND_STATE, "least_level": 9, **day},
        {"kind": pb.LOG_KIND_STATE, "page_size": 9999, **day},
        {"kind": pb.LOG_KIND_STATE, "filter": "x" * 1001, **day},
    ):
        assert site.local.refused("LogService/ReadLog", **fields).reason == "INVALID_ARGUMENT"
    gone = site.local.refused("LogService/ReadLog", kind=pb.LOG_KIND_DAY, sesam_day="2020-01-01")
    assert (gone.reason, gone.metadata) == (
        "LOG_NOT_FOUND",
        {"log": "day", "sesam_day": "2020-01-01"},
    )
    refused = site.local.refused("LogService/SearchLogs", **PART, page_token="x")
    assert refused.reason == "PAGE_TOKEN_INVALID"
    refused = site.local.refused("LogService/FollowLog", **PART, last_lines=1001)
    assert refused.reason == "INVALID_ARGUMENT"


def test_the_logs_of_parts_are_for_admin_and_operator(site: AgentRig) -> None:
    for role in sorted(EVERY_ROLE):
        caller = site.enrolled(role)
        state = {"kind": pb.LOG_KIND_STATE, "sesam_day": "2026-03-04"}
        assert len(caller.call("LogService/ReadLog", **state).lines) == 2
        if role in (Role.ADMIN, Role.OPERATOR):
            assert len(caller.call("LogService/SearchLogs", **PART).lines) == 9
            continue
        for method, more in (
            ("ReadLog", {"sesam_day": "2026-03-04"}),
            ("SearchLogs", {}),
            ("FollowLog", {}),
        ):
            refused = caller.refused(f"LogService/{method}", **PART, **more)
            assert (refused.reason, refused.code) == (
                "ROLE_REQUIRED",
                grpc.StatusCode.PERMISSION_DENIED,
            )


def test_new_lines_come_as_they_are_written(site: AgentRig) -> None:
    with site.local.stream("LogService/FollowLog", **PART, last_lines=2) as answers:
        first = next(answers)
        assert (texts(first.lines), first.sesam_day) == (["call 7", "call 8"], "2026-03-04")
        site.logs.say(CALLS, DAY, "call 9")
        second = next(answers)
        assert texts(second.lines) == ["call 9"]
        site.logs.say(CALLS, NEXT, "of the next day")
        third = next(answers)
        assert (texts(third.lines), third.sesam_day) == (["of the next day"], "2026-03-05")
    after = {"after_sesam_day": "2026-03-04", "after_position": first.end_position}
    with site.local.stream("LogService/FollowLog", **PART, **after) as answers:
        assert texts(next(answers).lines) == ["call 9"]
        assert texts(next(answers).lines) == ["of the next day"]


def test_a_stream_says_at_once_that_there_is_nothing(site: AgentRig) -> None:
    fields = {"kind": pb.LOG_KIND_PART, "name": "agent"}
    with site.local.stream("LogService/FollowLog", **fields) as answers:
        answer = next(answers)
        assert (answer.sesam_day, list(answer.lines)) == ("", [])


def test_a_stream_ends_with_its_credential_and_with_the_agent(site: AgentRig) -> None:
    desk = site.enrolled(Role.MONITOR)
    [credential] = site.local.call("AccessService/ListCredentials").credentials
    with desk.stream("LogService/FollowLog", kind=pb.LOG_KIND_STATE) as answers:
        next(answers)
        site.local.call("AccessService/RevokeCredential", credential_id=credential.credential_id)
        with pytest.raises(grpc.RpcError) as ended:
            next(answers)
        assert ended.value.code() is grpc.StatusCode.UNAUTHENTICATED
    with site.local.stream("LogService/FollowLog", **PART) as answers:
        next(answers)
        site.begin_to_stop()
        with pytest.raises(grpc.RpcError) as ended:
            for _ in answers:
                pass
        assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
