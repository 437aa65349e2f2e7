"""Figures of a real agent, as Prometheus reads them."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.agent_process import SECONDS, AgentProcess
from tests.e2e.test_life_cycle import until


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[AgentProcess]:
    agent = AgentProcess(tmp_path / "root", tmp_path)
    try:
        yield agent
    finally:
        agent.close()


def address(agent: AgentProcess) -> str:
    [log] = (agent.root / "var/log/lgc").glob("agent_*.log")
    line = next(line for line in log.read_text().splitlines() if "serving metrics on " in line)
    return line.rpartition(" ")[2]


def read(url: str) -> dict[tuple[str, str], float]:
    """Each value by its name and labels."""
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:
        text = answer.read().decode()
    return {
        (sample.name, ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_has_happened_is_counted(tmp_path: Path, agent: AgentProcess) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/file").write_bytes(b"12345")
    with (agent.root / "var/ini/sm.ini").open("a") as ini:
        ini.write("[METRICS]\nhost = 127.0.0.1\nport = 0\n")
    agent.start()
    url = f"http://{address(agent)}/metrics"
    with agent.connected() as location:
        location.add_client("here")
        location.add_task("docs", "here", [str(tmp_path / "data")])
        job = location.wait(location.start_backup("docs", "FULL"), SECONDS)
        assert job.state in ("ok", "warning")
        until(lambda: ("sesam_store_free_bytes", "store=Store_1") in read(url))
        found = read(url)
    task = "client=here,task=docs"
    assert found["sesam_last_backup_ok", task] == 1
    assert found["sesam_last_backup_size_bytes", task] == 5
    assert job.end_time is not None
    assert found["sesam_last_backup_end_time_seconds", task] == pytest.approx(
        job.end_time.timestamp(), abs=0.001
    )
    assert found["sesam_part_online", "part=qm"] == 1
    assert found["sesam_licence_may_back_up", ""] == 1
    calls = {key[1]: value for key, value in found.items() if key[0] == "sesam_calls_total"}
    assert calls["method=JobService/StartBackup,outcome=OK"] == 1
    [info] = [key for key in found if key[0] == "sesam_agent_info"]
    assert "location=Alpha" in info[1]


def test_nothing_is_served_where_nobody_asks_for_it(agent: AgentProcess) -> None:
    agent.start()
    [log] = (agent.root / "var/log/lgc").glob("agent_*.log")
    assert "serving metrics" not in log.read_text()


def test_an_address_that_is_taken(agent: AgentProcess) -> None:
    ini = agent.root / "var/ini/sm.ini"
    ini.write_text(ini.read_text() + "[METRICS]\nhost = 192.0.2.1\n")
    with pytest.raises(
        AssertionError, match=r"Cannot serve metrics on 192\.0\.2\.1:9401: .*METRICS"
    ):
        agent.start()
