"""The section [ENVIRONMENT] of sm.ini reaches the programs that a real agent starts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sesam_api.command_records import shell_command
from tests.e2e.agent_process import SECONDS, AgentProcess

SHOWN = "printf '%s\\n' \"$DB_SID|$Db_Home|$TZ|$SESAM_TASK|$PATH\""


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "root", tmp_path)
    try:
        yield agent
    finally:
        agent.close()


def set_variables(agent: AgentProcess, *lines: str) -> None:
    file = agent.root / "var/ini/sm.ini"
    file.write_text(file.read_text().rstrip() + "\n" + "\n".join(lines) + "\n")


def seen(agent: AgentProcess, tmp_path: Path) -> tuple[str, str]:
    """What sbc_pre and a command of a task are given."""
    with agent.connected() as location:
        if not any(task.name == "db" for task in location.tasks()):
            location.add_client("here")
            commands = [shell_command("seen", SHOWN)]
            location.add_task("db", "here", [], commands=commands)
        job = location.wait(location.start_backup("db", "FULL"), SECONDS)
        assert job.state == "ok", job.message
        [said, _] = [line.text for line in location.protocol(job, "pre") if line.code == "OUTPUT"]
        target = tmp_path / job.id
        back = location.restore(job.saveset, str(target), without_interfaces=True)
        assert location.wait(back, SECONDS).state == "ok"
    return said, (target / ".commands/seen").read_text().strip()


def test_programs_are_given_the_variables_of_the_ini(tmp_path: Path, agent: AgentProcess) -> None:
    program = agent.root / "bin/sesam/sbc_pre"
    program.write_text(f"#!/bin/sh\n{SHOWN}\necho STATUS:OK\n")
    program.chmod(0o755)
    set_variables(agent, "DB_SID = orcl", "Db_Home = /opt/a b", "PATH = /opt/db:/usr/bin:/bin")
    agent.start()
    pre, dump = seen(agent, tmp_path)
    assert pre.endswith(f"|db|{agent.root}/bin/sesam:/opt/db:/usr/bin:/bin")
    assert pre.startswith("orcl|/opt/a b|")
    assert dump == "orcl|/opt/a b|||/opt/db:/usr/bin:/bin"
    # They are read when the agent starts.
    set_variables(agent, "TZ = Asia/Tokyo")
    assert seen(agent, tmp_path)[1] == dump
    agent.end()
    agent.start()
    pre, dump = seen(agent, tmp_path)
    assert pre.startswith("orcl|/opt/a b|Asia/Tokyo|")
    assert dump.startswith("orcl|/opt/a b|Asia/Tokyo|")


def test_an_agent_does_not_start_with_a_variable_that_cannot_be_one(agent: AgentProcess) -> None:
    set_variables(agent, "SESAM_JOB = 1")
    with pytest.raises(AssertionError, match=r"SESAM_JOB in section .ENVIRONMENT. begins with"):
        agent.start()
