"""Limits, codes and four eyes as a person meets them: commands, the Python client, and an agent."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyotp
import pytest

from sesam_api.access_records import AccessRules, Scope
from sesam_api.client import Location, connect
from sesam_api.errors import SesamError
from tests.e2e.agent_process import SECONDS, AgentProcess, run

Enrol = Callable[..., Location]


@pytest.fixture
def agent() -> Iterator[AgentProcess]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        process = AgentProcess(Path(directory) / "root", Path(directory))
        process.start()
        yield process
        process.close()


@pytest.fixture
def enrolled(agent: AgentProcess) -> Iterator[Enrol]:
    """Makes a token by the command, with its options, and exchanges it as that holder."""
    fingerprint = said(agent, "fingerprint")
    with ExitStack() as stack:

        def enrol(holder: str, *options: str) -> Location:
            token = said(agent, "token", *options)
            return stack.enter_context(
                connect(agent.address, token=token, fingerprint=fingerprint, holder=holder)
            )

        yield enrol


def said(agent: AgentProcess, *arguments: str) -> str:
    done = run(agent.root, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def reason(work: Callable[[], object]) -> str:
    with pytest.raises(SesamError) as refused:
        work()
    return refused.value.reason


def backed_up(agent: AgentProcess, admin: Location, *names: str) -> dict[str, str]:
    """Clients and tasks of these names; the saveset of each."""
    for name in names:
        tree = agent.root.parent / name
        tree.mkdir()
        (tree / "file").write_text(name)
        admin.add_client(name)
        admin.add_task(name, name, [bytes(tree)])
        job = admin.wait(admin.start_backup(name, "FULL"), timeout=SECONDS)
        assert job.state == "ok"
    return {saveset.task: saveset.name for saveset in admin.savesets()}


def test_who_is_limited_restores_what_is_theirs(agent: AgentProcess, enrolled: Enrol) -> None:
    admin = enrolled("desk", "--role", "admin")
    savesets = backed_up(agent, admin, "web1", "db1")
    night = enrolled("night", "--role", "restore", "--client", "web*", "--credential-life", "8h")
    target = agent.root.parent / "out"
    target.mkdir()
    assert {each.task for each in night.savesets()} == {"web1", "db1"}
    with pytest.raises(SesamError) as refused:
        night.restore(savesets["db1"], target=target)
    text = 'The credential is limited to client: web*. "db1" is not of these.'
    assert str(refused.value) == text
    assert reason(lambda: list(night.entries(savesets["db1"]))) == "OUT_OF_SCOPE"
    job = night.wait(night.restore(savesets["web1"], target=target), timeout=SECONDS)
    assert job.state == "ok"
    assert [path.read_text() for path in target.rglob("file")] == ["web1"]
    [mine] = admin.credentials("night")
    assert (mine.scope, mine.last_address) == (Scope(clients=("web*",)), "ipv4:127.0.0.1")
    assert "web*" in said(agent, "credentials")
    admin.revoke(mine)
    assert reason(lambda: list(night.savesets())) == "NOT_AUTHENTICATED"


def test_a_scoped_administrator_makes_no_tokens(enrolled: Enrol) -> None:
    limited = enrolled("limited", "--role", "admin", "--pool", "*")
    with pytest.raises(SesamError) as refused:
        limited.create_token("admin")
    assert "This is about no pool, or about all of them" in str(refused.value)


def test_four_eyes(agent: AgentProcess, enrolled: Enrol) -> None:
    first, second = (enrolled(name, "--role", "admin") for name in ("first", "second"))
    savesets = backed_up(agent, first, "web1")
    assert "Four eyes: on" in said(agent, "rules", "--four-eyes", "on")
    assert reason(lambda: first.delete_savesets([savesets["web1"]])) == "APPROVAL_NEEDED"
    listed = said(agent, "approvals")
    assert savesets["web1"] in listed
    [waiting] = second.approvals()
    assert reason(lambda: first.approve(waiting)) == "APPROVER_NEEDED"
    assert second.approve(waiting).state == "done"
    assert list(first.savesets()) == []
    with pytest.raises(SesamError) as refused:
        first.create_token("admin", comment="third")
    approval = refused.value.metadata["approval"]
    assert f"{approval} is done" in said(agent, "approve", approval)
    assert first.create_token("admin", comment="third", approved=approval).token
    asked = run(agent.root, "token", "--role", "admin")
    assert asked.returncode == 1
    [mine] = [each for each in first.approvals() if each.requester == "local"]
    assert second.approve(mine).state == "done"
    assert re.fullmatch(
        r"(\w{4}-){3}\w{4}", said(agent, "token", "--role", "admin", "--approved", mine.id)
    )
    assert first.access_rules() == AccessRules(four_eyes=True)
    agent.end()
    agent.start()
    assert "Four eyes: off" in said(agent, "rules", "--four-eyes", "off")
    assert "refused" not in said(agent, "approvals", "--all")


def test_codes(agent: AgentProcess, enrolled: Enrol) -> None:
    admin = enrolled("desk", "--role", "admin")
    savesets = backed_up(agent, admin, "web1")
    assert "delete, stop" in said(agent, "rules", "--otp", "delete", "--otp", "stop")
    assert reason(lambda: admin.delete_savesets([savesets["web1"]])) == "OTP_REQUIRED"
    [mine] = admin.credentials()
    secret, uri = said(agent, "otp", mine.id).splitlines()
    assert pyotp.parse_uri(uri).secret == secret
    file = agent.root / f"var/ini/secrets/pools/otp/{mine.id}.json"
    assert file.stat().st_mode & 0o777 == 0o600
    admin.otp = "000000"
    assert reason(lambda: admin.delete_savesets([savesets["web1"]])) == "OTP_WRONG"
    admin.otp = pyotp.TOTP(secret).now
    admin.delete_savesets([savesets["web1"]])
    assert list(admin.savesets()) == []
    [mine] = admin.credentials()
    assert mine.has_otp
    assert "no secret" in said(agent, "otp", mine.id, "--remove")
    assert not file.exists()


def test_the_secrets_of_codes_are_in_no_saveset(agent: AgentProcess, enrolled: Enrol) -> None:
    admin = enrolled("desk", "--role", "admin")
    [mine] = admin.credentials()
    said(agent, "otp", mine.id)
    admin.add_client("here")
    admin.add_task("ini", "here", [bytes(agent.root / "var/ini")])
    job = admin.wait(admin.start_backup("ini", "FULL"), timeout=SECONDS)
    top = bytes(agent.root / "var/ini/secrets")
    names = [each.name for each in admin.entries(job.saveset, top)]
    assert b"pools" not in names


def test_locks_are_listed(agent: AgentProcess) -> None:
    fingerprint = said(agent, "fingerprint")

    def guess() -> None:
        with connect(agent.address, token="sesam_" + "x" * 43, fingerprint=fingerprint):
            pass

    reasons = [reason(guess) for _ in range(11)]
    assert reasons == ["NOT_AUTHENTICATED"] * 10 + ["LOCKED_OUT"]
    assert "ipv4:127.0.0.1" in said(agent, "lock-outs")
