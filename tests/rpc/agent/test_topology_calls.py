"""TopologyService and TaskService."""

import grpc
import pytest

from sesam_api.v1 import tasks_pb2, topology_pb2
from tests.rpc.agent.rig import AgentRig

CREATE, DELETE, LIST = (
    "TopologyService/CreateClient",
    "TopologyService/DeleteClient",
    "TopologyService/ListClients",
)
ADD, UPDATE, REMOVE, TASKS = (
    "TaskService/CreateTask",
    "TaskService/UpdateTask",
    "TaskService/DeleteTask",
    "TaskService/ListTasks",
)


def test_clients(agent: AgentRig) -> None:
    local = agent.local
    client = local.call(CREATE, name="host", comment="the server").client
    assert (client.name, client.access, client.comment) == (
        "host",
        topology_pb2.ACCESS_LOCAL,
        "the server",
    )
    assert client.create_time.ToJsonString() == "2026-03-04T12:00:00Z"
    assert local.refused(CREATE, name="host").code is grpc.StatusCode.ALREADY_EXISTS
    assert local.refused(CREATE, name="").reason == "INVALID_ARGUMENT"
    strange = local.refused(CREATE, name="b", access=9)
    assert strange.metadata == {"field": "access", "value": "9", "expected": "one of LOCAL, SSH"}
    assert list(local.call(LIST).clients) == [client]
    change = "TopologyService/UpdateClient"
    changed = local.call(change, name="host", etag=client.etag, comment="new").client
    assert (changed.comment, changed.create_time) == ("new", client.create_time)
    assert local.refused(change, name="host", etag=client.etag).reason == "CHANGED_MEANWHILE"
    assert local.refused(change, name="nobody").reason == "CLIENT_NOT_FOUND"
    client = changed
    assert local.refused(DELETE, name="nobody").reason == "CLIENT_NOT_FOUND"
    stale = local.refused(DELETE, name="host", etag="")
    assert (stale.code, stale.reason) == (grpc.StatusCode.ABORTED, "CHANGED_MEANWHILE")
    assert stale.metadata == {"kind": "client", "name": "host"}
    local.call(ADD, name="docs", client="host", sources=[b"/srv"])
    in_use = local.refused(DELETE, name="host")
    assert (in_use.reason, in_use.metadata) == (
        "CLIENT_IN_USE",
        {"client": "host", "tasks": "docs"},
    )
    local.call(REMOVE, name="docs")
    local.call(DELETE, name="host", etag=client.etag)
    assert list(local.call(LIST).clients) == []


def test_commands_of_tasks(agent: AgentRig) -> None:
    local = agent.local
    local.call(CREATE, name="host")
    dump = tasks_pb2.CommandSource(name="shop.sql", argv=[b"pg_dump", b"\xff"])
    task = local.call(ADD, name="db", client="host", commands=[dump]).task
    assert (list(task.sources), list(task.commands)) == ([], [dump])
    kept = local.call(UPDATE, name="db", etag=task.etag, comment="c").task
    assert list(kept.commands) == [dump]
    none = tasks_pb2.CommandSources()
    refusal = local.refused(UPDATE, name="db", etag=kept.etag, commands=none)
    assert refusal.metadata["field"] == "sources"
    gone = local.call(UPDATE, name="db", etag=kept.etag, sources=[b"/a"], commands=none).task
    assert list(gone.commands) == []
    twice = tasks_pb2.CommandSources(commands=[dump, dump])
    refusal = local.refused(UPDATE, name="db", etag=gone.etag, commands=twice)
    assert (refusal.reason, refusal.metadata["field"]) == ("INVALID_ARGUMENT", "commands")
    assert refusal.metadata["value"] == "shop.sql"


def test_tasks(agent: AgentRig) -> None:
    local = agent.local
    local.call(CREATE, name="host")
    asked = {"client": "host", "sources": [b"/srv/\xff"], "excludes": ["*.tmp"], "comment": "c"}
    task = local.call(ADD, name="docs", **asked).task
    assert (task.name, task.client, task.comment) == ("docs", "host", "c")
    assert (list(task.sources), list(task.excludes)) == ([b"/srv/\xff"], ["*.tmp"])
    assert local.refused(ADD, name="docs", **asked).reason == "ALREADY_EXISTS"
    assert local.refused(ADD, name="mail", **asked | {"client": "x"}).reason == "CLIENT_NOT_FOUND"
    inside = local.refused(ADD, name="mail", **asked | {"sources": [b"/srv", b"/srv/a"]})
    assert (inside.reason, inside.metadata["field"]) == ("INVALID_ARGUMENT", "sources")
    updated = local.call(UPDATE, name="docs", etag=task.etag, sources=[b"/b"]).task
    assert (list(updated.sources), list(updated.excludes), updated.comment) == ([b"/b"], [], "")
    stale = local.refused(UPDATE, name="docs", etag=task.etag, sources=[b"/b"])
    assert stale.reason == "CHANGED_MEANWHILE"
    assert local.refused(UPDATE, name="x", sources=[b"/b"]).reason == "TASK_NOT_FOUND"
    assert local.refused(UPDATE, name="docs", etag=updated.etag).reason == "INVALID_ARGUMENT"
    assert local.refused(REMOVE, name="x").reason == "TASK_NOT_FOUND"
    assert local.refused(REMOVE, name="docs", etag=task.etag).reason == "CHANGED_MEANWHILE"
    assert list(local.call(TASKS).tasks) == [updated]
    local.call(REMOVE, name="docs", etag=updated.etag)
    assert list(local.call(TASKS).tasks) == []


@pytest.mark.parametrize("method", [LIST, TASKS])
def test_lists_are_paged(agent: AgentRig, method: str) -> None:
    local = agent.local
    for name in ("a", "b", "c"):
        local.call(CREATE, name=name)
        local.call(ADD, name=name, client=name, sources=[b"/srv"])

    def names(**fields: object) -> tuple[list[str], str]:
        answer = local.call(method, **fields)
        items = answer.clients if method == LIST else answer.tasks
        return [item.name for item in items], answer.next_page_token

    found, token = names(page_size=2)
    assert (found, names(page_size=2, page_token=token)) == (["a", "b"], (["c"], ""))
    assert names(order_by="name desc", page_size=1)[0] == ["c"]
    assert names(filter="B") == (["b"], "")
    for wrong in ({"order_by": "name desc"}, {"filter": "b"}):
        refusal = local.refused(method, page_token=token, **wrong)
        assert (refusal.code, refusal.reason) == (
            grpc.StatusCode.INVALID_ARGUMENT,
            "PAGE_TOKEN_INVALID",
        )
    assert local.refused(method, page_token="rubbish").reason == "PAGE_TOKEN_INVALID"
    for size in (-1, 1001):
        refusal = local.refused(method, page_size=size)
        assert refusal.metadata["expected"] == "1 to 1000, or 0 for 256"
    refusal = local.refused(method, order_by="size")
    assert refusal.metadata == {
        "field": "order_by",
        "value": "size",
        "expected": 'one of name, with or without " desc"',
    }
