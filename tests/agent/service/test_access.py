"""Tokens and credentials."""

import re
from datetime import timedelta

import pytest

from server_agent.domain.access import Caller, Role
from server_agent.domain.access_errors import (
    CredentialNotFound,
    TokenExpired,
    TokenUnknown,
    TokenUsed,
)
from server_agent.domain.errors import InvalidArgument, NotAuthenticated
from server_agent.service.access import LOCAL_CALLER, Enrolled
from tests.agent.service.rig import START, Rig, request


def enrolled(rig: Rig, role: Role = Role.OPERATOR, holder: str = "desk on host fs-01") -> Enrolled:
    token, _ = rig.access.create_token(request("CreateToken"), role, None)
    return rig.access.enrol(request("Enrol"), token, holder)


def test_a_token_can_be_read_aloud_and_a_credential_cannot_be_guessed(idle_rig: Rig) -> None:
    token, kept = idle_rig.access.create_token(request(), Role.ADMIN, None)
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", token, re.ASCII)
    assert kept.expire_time == START + timedelta(hours=1)
    secret = enrolled(idle_rig).secret
    assert re.fullmatch(r"sesam_[\w-]{43}", secret, re.ASCII)


def test_secrets_differ(idle_rig: Rig) -> None:
    tokens = {idle_rig.access.create_token(request(), Role.ADMIN, None)[0] for _ in range(50)}
    assert len(tokens) == 50
    assert len({enrolled(idle_rig).secret for _ in range(50)}) == 50


def test_no_secret_is_stored(idle_rig: Rig) -> None:
    secret = enrolled(idle_rig).secret
    with idle_rig.catalogue.read() as view:
        [credential] = view.credentials("", True, None, 10).items
    assert secret.encode() not in credential.digest
    assert secret not in repr(credential)


def test_a_credential_is_its_holder(idle_rig: Rig) -> None:
    given = enrolled(idle_rig)
    caller = idle_rig.access.authenticate(given.secret)
    assert caller == Caller("desk on host fs-01", Role.OPERATOR, given.credential.id)
    assert idle_rig.access.known(given.secret) == caller


@pytest.mark.parametrize("secret", ["", "sesam_", "sesam_" + "A" * 43, "ü"])
def test_an_unknown_credential_is_nobody(idle_rig: Rig, secret: str) -> None:
    enrolled(idle_rig)
    assert idle_rig.access.known(secret) is None
    with pytest.raises(NotAuthenticated):
        idle_rig.access.authenticate(secret)


def test_a_token_of_another_agent_is_unknown(idle_rig: Rig) -> None:
    token, _ = Rig().access.create_token(request(), Role.ADMIN, None)
    with pytest.raises(TokenUnknown):
        idle_rig.access.enrol(request("Enrol"), token, "desk")


def test_a_token_is_used_once(idle_rig: Rig) -> None:
    token, _ = idle_rig.access.create_token(request(), Role.ADMIN, None)
    idle_rig.clock.advance(timedelta(microseconds=624_778))
    idle_rig.access.enrol(request("Enrol"), f" {token}\n", "desk")
    with pytest.raises(TokenUsed) as refused:
        idle_rig.access.enrol(request("Enrol"), token, "desk")
    used = START.isoformat(timespec="seconds")
    assert refused.value.metadata == {"used_time": used}, "to the second: people read it"


def test_a_token_has_its_time(idle_rig: Rig) -> None:
    token, _ = idle_rig.access.create_token(request(), Role.ADMIN, timedelta(minutes=1))
    idle_rig.clock.advance(timedelta(minutes=1))
    with pytest.raises(TokenExpired, match="2026-03-04T12:01"):
        idle_rig.access.enrol(request("Enrol"), token, "desk")


@pytest.mark.parametrize("life", [timedelta(seconds=59), timedelta(days=7, seconds=1)])
def test_the_time_of_a_token_has_limits(idle_rig: Rig, life: timedelta) -> None:
    with pytest.raises(InvalidArgument, match="between 1 minute and 7 days"):
        idle_rig.access.create_token(request(), Role.ADMIN, life)


@pytest.mark.parametrize("holder", ["", " ", "a\nb", "x" * 201])
def test_a_holder_is_one_line(idle_rig: Rig, holder: str) -> None:
    token, _ = idle_rig.access.create_token(request(), Role.ADMIN, None)
    with pytest.raises(InvalidArgument, match="holder"):
        idle_rig.access.enrol(request("Enrol"), token, holder)


def test_a_revoked_credential_is_nobody_at_once(idle_rig: Rig) -> None:
    given = enrolled(idle_rig)
    other = enrolled(idle_rig)
    caller = idle_rig.access.authenticate(given.secret)
    idle_rig.access.authenticate(other.secret)
    assert idle_rig.access.in_force(caller)
    ask = request("RevokeCredential")
    revoked = idle_rig.access.revoke(ask, given.credential.id)
    assert revoked.revoke_time == START
    assert idle_rig.access.known(given.secret) is None
    assert not idle_rig.access.in_force(caller)
    with pytest.raises(NotAuthenticated):
        idle_rig.access.authenticate(given.secret)
    assert idle_rig.access.authenticate(other.secret).role is Role.OPERATOR
    idle_rig.clock.advance(timedelta(hours=1))
    assert idle_rig.access.revoke(ask, given.credential.id) == revoked
    assert idle_rig.access.revoke(request("RevokeCredential"), given.credential.id) == revoked
    with pytest.raises(CredentialNotFound):
        idle_rig.access.revoke(request("RevokeCredential"), "nobody")


def test_a_repeated_revocation_ends_nothing_else(idle_rig: Rig) -> None:
    first, second = enrolled(idle_rig), enrolled(idle_rig)
    ask = request("RevokeCredential")
    idle_rig.access.revoke(ask, first.credential.id)
    answered = idle_rig.access.revoke(ask, second.credential.id)
    assert answered.id == first.credential.id
    assert idle_rig.access.authenticate(second.secret).credential_id == second.credential.id


def test_a_lost_answer_of_a_credential_since_revoked_gives_no_way_in(idle_rig: Rig) -> None:
    token, _ = idle_rig.access.create_token(request(), Role.ADMIN, None)
    ask = request("Enrol")
    given = idle_rig.access.enrol(ask, token, "desk")
    idle_rig.access.revoke(request(), given.credential.id)
    again = idle_rig.access.enrol(ask, token, "desk")
    assert again.secret == given.secret
    with pytest.raises(NotAuthenticated):
        idle_rig.access.authenticate(again.secret)


def test_the_time_of_use_is_kept_to_the_minute(idle_rig: Rig) -> None:
    given = enrolled(idle_rig)
    caller = idle_rig.access.authenticate(given.secret)
    assert idle_rig.access.use_is_due(caller)
    idle_rig.access.note_use(caller, "ipv4:192.0.2.7")
    assert not idle_rig.access.use_is_due(caller)
    idle_rig.clock.advance(timedelta(minutes=1))
    assert idle_rig.access.use_is_due(caller)
    [credential] = idle_rig.access.list_credentials("FS-01", True, None, 10).items
    assert credential.last_used_time == START


def test_the_local_caller_has_no_credential(idle_rig: Rig) -> None:
    assert idle_rig.access.in_force(LOCAL_CALLER)
    assert not idle_rig.access.use_is_due(LOCAL_CALLER)
    idle_rig.access.note_use(LOCAL_CALLER, "unix")
    assert idle_rig.access.list_credentials("", True, None, 10).items == ()
