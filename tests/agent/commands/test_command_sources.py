"""Commands and the time reference of a task, and the access of a client, by sm_cmd."""

from sesam_api.v1 import tasks_pb2, topology_pb2
from tests.agent.commands.conftest import SmCmd
from tests.fakes.agent_server import FakeAgent

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBqpqqpqqqpqqpqqpqqpqqpqqpqqpqqpqqpqqpqqpqqq"


def commands(agent: FakeAgent, task: str) -> list[tuple[str, list[bytes]]]:
    held = agent.location.tasks[task].commands
    return [(command.name, list(command.argv)) for command in held]


def test_a_program_and_a_line_of_bash(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    added = sm_cmd(
        *("add", "task", "db", "-c", "local"),
        *("--command", "shop.sql=pg_dump --no-owner 'the shop' a=b"),
        *("--shell-command", "all.sql.gz=mysqldump --all-databases | gzip"),
    )
    assert (added.status, added.out) == (0, 'STATUS=SUCCESS MSG="db"\n')
    line = b"mysqldump --all-databases | gzip"
    assert commands(agent, "db") == [
        ("shop.sql", [b"pg_dump", b"--no-owner", b"the shop", b"a=b"]),
        ("all.sql.gz", [b"bash", b"-o", b"pipefail", b"-c", line]),
    ]
    shown = dict(sm_cmd("show", "task", "db").rows)["commands"]
    assert "name=shop.sql argv=pg_dump" in shown

    sm_cmd("modify", "task", "db", "--comment", "stay")
    assert len(commands(agent, "db")) == 2
    sm_cmd("modify", "task", "db", "--command", "one=\udcff")
    assert commands(agent, "db") == [("one", [b"\xff"])]
    sm_cmd("modify", "task", "db", "-s", "/a", "--command", "")
    assert commands(agent, "db") == []


def test_a_task_of_nothing(sm_cmd: SmCmd) -> None:
    result = sm_cmd("add", "task", "db", "-c", "local")
    assert result.status == 1
    assert "give -s, --command or --shell-command" in result.out


def test_the_time_reference(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    sm_cmd("modify", "task", "docs", "--time-reference", "archive-bit")
    task = agent.location.tasks["docs"]
    assert task.options.time_reference == tasks_pb2.TIME_REFERENCE_ARCHIVE_BIT
    assert dict(sm_cmd("show", "task", "docs").rows)["options"].count("archive_bit") == 1


def test_a_client_goes_to_ssh_and_back(sm_cmd: SmCmd, agent: FakeAgent) -> None:
    login = ("--ssh", "fs-01", "--key", "/k", "--host-key", KEY)
    assert sm_cmd("modify", "client", "local", *login).status == 0
    assert agent.location.clients["local"].access == topology_pb2.ACCESS_SSH
    both = sm_cmd("modify", "client", "local", "--local", "--user", "backup")
    assert "either --local or reached by SSH" in both.out
    assert sm_cmd("modify", "client", "local", "--local").status == 0
    client = agent.location.clients["local"]
    assert client.access == topology_pb2.ACCESS_LOCAL
    assert not client.HasField("ssh")
    again = sm_cmd("modify", "client", "local", "--local")
    assert "nothing to change" in again.out
