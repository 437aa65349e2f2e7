"""Tokens, credentials, approvals and one-time codes of a real agent, at a desk."""

import tempfile
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from sesam_api.access_records import AccessRules
from sesam_api.client import connect
from sesam_master.core.access import ApprovalState, Scope, TokenOrder
from sesam_master.core.errors import LocationError
from sesam_master.core.records import Role
from tests.desk.remote.rig import PATIENT, HubRig
from tests.e2e.agent_process import AgentProcess, run
from tests.e2e.test_components_of_an_agent import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="sm") as directory:
        place = Path(directory)
        agent = AgentProcess(place / "root", place)
        agent.start()
        try:
            with HubRig(PATIENT) as rig:
                yield Site(rig, agent, place)
        finally:
            agent.close()


def new_id() -> str:
    return str(uuid.uuid4())


def test_a_token_of_the_desk_lets_somebody_in_until_the_desk_revokes_it(site: Site) -> None:
    here, ask, gateway = site.here, site.rig.ask, site.gateway
    order = TokenOrder(
        Role.RESTORE,
        timedelta(hours=1),
        Scope(clients=("web*",)),
        uses=2,
        credential_life=timedelta(hours=8),
        comment="nights",
    )
    made = ask(gateway.make_token(here, order, new_id()))
    fingerprint = run(site.agent.root, "fingerprint").stdout.strip()
    with connect(
        site.agent.address, token=made.token, fingerprint=fingerprint, holder="night"
    ) as location:
        assert location.role == "restore"
    found = ask(gateway.access(here))
    [token] = [each for each in found.tokens if each.comment == "nights"]
    assert (token.uses, token.used, token.scope) == (2, 1, Scope(clients=("web*",)))
    [night] = [each for each in found.credentials if each.holder == "night"]
    assert (night.role, night.scope) == (Role.RESTORE, Scope(clients=("web*",)))
    assert night.expire_time == night.create_time + timedelta(hours=8)
    ask(gateway.revoke_token(here, token.id, new_id()))
    ask(gateway.revoke_credential(here, night.id, new_id()))
    found = ask(gateway.access(here))
    assert all(each.revoke_time for each in found.tokens if each.comment == "nights")
    assert all(each.revoke_time for each in found.credentials if each.holder == "night")


def test_a_desk_approves_what_another_administrator_asks_for(site: Site) -> None:
    here, ask, gateway = site.here, site.rig.ask, site.gateway
    with site.agent.connected() as local:
        local.set_access_rules(AccessRules(four_eyes=True))
    assert run(site.agent.root, "token", "--role", "admin").returncode == 1
    found = ask(gateway.access(here))
    assert found.four_eyes
    [waiting] = found.approvals
    assert (waiting.requester, waiting.state) == ("local", ApprovalState.PENDING)
    done = ask(gateway.decide_approval(here, waiting.id, True, new_id()))
    assert done.state is ApprovalState.DONE


def test_a_code_that_was_given_goes_with_the_next_change(site: Site) -> None:
    here, ask, gateway = site.here, site.rig.ask, site.gateway
    [mine] = [each for each in ask(gateway.access(here)).credentials if not each.revoke_time]
    secret = run(site.agent.root, "otp", mine.id).stdout.splitlines()[0]
    assert run(site.agent.root, "rules", "--otp", "access").returncode == 0
    order = TokenOrder(Role.MONITOR, timedelta(hours=1))
    with pytest.raises(LocationError) as refused:
        ask(gateway.make_token(here, order, new_id()))
    assert refused.value.reason == "OTP_REQUIRED"
    totp = pyotp.TOTP(secret)
    ask(gateway.give_code(here, totp.now()))
    assert ask(gateway.make_token(here, order, new_id())).token
    with pytest.raises(LocationError):
        ask(gateway.make_token(here, order, new_id()))
