"""What a scope admits, and what a token is worth at a moment."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.access import Limit, Scope, Touched, check_token
from server_agent.domain.access_errors import OutOfScope, TokenExpired, TokenRevoked, TokenUsed
from tests.fakes.records import CREDENTIAL, START, TOKEN

HOUR = timedelta(hours=1)


def touched(**names: str) -> Touched:
    """Blanks between the names of a kind."""
    return {Limit(kind): frozenset(text.split()) for kind, text in names.items()}


@pytest.mark.parametrize(
    ("scope", "what"),
    [
        (Scope(), {}),
        (Scope(), {"client": "any", "pool": "any"}),
        (Scope(clients=("web*",)), {"client": "web1 web22"}),
        (Scope(clients=("web?",)), {"client": "web1"}),
        (Scope(clients=("a", "b")), {"client": "a b", "task": "any"}),
        (Scope(clients=("web*",), pools=("DISK",)), {"client": "web1", "pool": "DISK"}),
        (Scope(tasks=("[[]x]",)), {"task": "[x]"}),
    ],
)
def test_what_is_admitted(scope: Scope, what: dict[str, str]) -> None:
    scope.check(touched(**what))


@pytest.mark.parametrize(
    ("scope", "what", "limit", "name"),
    [
        (Scope(clients=("web*",)), {}, "client", ""),
        (Scope(clients=("web*",)), {"task": "web"}, "client", ""),
        (Scope(clients=("web*",)), {"client": "web1 db1"}, "client", "db1"),
        (Scope(clients=("web*",)), {"client": "Web1"}, "client", "Web1"),
        (Scope(clients=("web",)), {"client": "web1"}, "client", "web1"),
        (Scope(clients=("a",), pools=("DISK",)), {"client": "a"}, "pool", ""),
        (Scope(schedules=("*",)), {"client": "a"}, "schedule", ""),
    ],
)
def test_what_is_not(scope: Scope, what: dict[str, str], limit: str, name: str) -> None:
    with pytest.raises(OutOfScope) as refused:
        scope.check(touched(**what))
    assert (refused.value.metadata["limit"], refused.value.metadata["name"]) == (limit, name)


def test_what_is_named_is_compared_also_where_something_is_missing() -> None:
    scope = Scope(clients=("web*",))
    scope.check(touched(), may_lack=True)
    with pytest.raises(OutOfScope):
        scope.check(touched(client="db1"), may_lack=True)


def test_a_token_at_a_moment() -> None:
    token = replace(TOKEN, uses=2)
    check_token(token, START)
    check_token(replace(token, used=1, used_time=START), START)
    with pytest.raises(TokenUsed):
        check_token(replace(token, used=2, used_time=START), START)
    with pytest.raises(TokenExpired):
        check_token(token, token.expire_time)
    with pytest.raises(TokenRevoked):
        check_token(replace(token, revoke_time=START), START)


def test_a_credential_at_a_moment() -> None:
    ends = replace(CREDENTIAL, expire_time=START + HOUR)
    assert CREDENTIAL.is_good(START + 9999 * HOUR)
    assert ends.is_good(START + HOUR - timedelta(microseconds=1))
    assert not ends.is_good(START + HOUR)
    assert not replace(ends, revoke_time=START).is_good(START)
