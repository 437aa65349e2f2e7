"""Tokens and credentials for the command line: asked of the agent if it runs, else made by its
own service on its catalogue."""

import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Protocol

from server_agent import app
from server_agent.adapters.instance_lock import AlreadyRunning
from server_agent.domain import access as domain
from server_agent.installation import Installation, socket_address
from server_agent.service.access import LOCAL_CALLER, Access
from server_agent.service.requests import Request
from sesam_api.access_records import Credential, EnrolmentToken, Scope, Token
from sesam_api.client import connect
from sesam_api.errors import Unreachable

PATIENCE_SECONDS = 10.0  # an agent that starts holds its root before it can be called
RETRY_SECONDS = 0.05
_PAGE = 1000


class AccessOffice(Protocol):
    """Gives and ends credentials; `sesam_api.client.Location` is one."""

    def create_token(
        self,
        role: str,
        time_to_live: timedelta,
        *,
        scope: Scope,
        uses: int,
        credential_life: timedelta | None,
        comment: str,
        approved: str,
    ) -> EnrolmentToken: ...

    def tokens(self) -> Iterable[Token]: ...

    def revoke_token(self, token: str) -> Token: ...

    def credentials(self, text: str = "") -> Iterable[Credential]: ...

    def revoke(self, credential: str) -> Credential: ...


@contextmanager
def access_office(installation: Installation) -> Iterator[AccessOffice]:
    """The office of an agent, whether it runs or not.

    Raises:
        Unreachable: it runs and does not answer.
        CatalogueError, IdentityError: it does not run, and something of it cannot be used.
    """
    with ExitStack() as stack:
        yield _entered(installation, stack)


def _entered(installation: Installation, stack: ExitStack) -> AccessOffice:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return OfflineOffice(stack.enter_context(app.opened_access(installation)))
        except AlreadyRunning:
            pass
        try:
            address = stack.enter_context(socket_address(installation))
            return stack.enter_context(connect(unix=address))
        except Unreachable as error:
            # It may be about to start or to end.
            if error.step != "socket" or time.monotonic() > deadline:
                raise
        time.sleep(RETRY_SECONDS)


class OfflineOffice:
    """The office of an agent that does not run."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def create_token(
        self,
        role: str,
        time_to_live: timedelta,
        *,
        scope: Scope,
        uses: int,
        credential_life: timedelta | None,
        comment: str,
        approved: str,
    ) -> EnrolmentToken:
        limits = domain.Scope(scope.clients, scope.tasks, scope.pools, scope.schedules)
        terms = domain.Terms(limits, uses, credential_life, comment)
        text, token = self._access.create_token(
            _request("CreateToken", approved), domain.Role(role), time_to_live, terms
        )
        return EnrolmentToken(text, token.expire_time, token.id)

    def tokens(self) -> Iterator[Token]:
        position: str | None = None
        while True:
            page = self._access.list_tokens(True, position, _PAGE)
            yield from map(_token_record, page.items)
            position = page.next_position
            if position is None:
                return

    def revoke_token(self, token: str) -> Token:
        return _token_record(self._access.revoke_token(_request("RevokeToken"), token))

    def credentials(self, text: str = "") -> Iterator[Credential]:
        position: str | None = None
        while True:
            page = self._access.list_credentials(text, True, position, _PAGE)
            yield from map(_record, page.items)
            position = page.next_position
            if position is None:
                return

    def revoke(self, credential: str) -> Credential:
        return _record(self._access.revoke(_request("RevokeCredential"), credential))


def _request(method: str, request_id: str = "") -> Request:
    return Request(request_id or str(uuid.uuid4()), f"AccessService/{method}", LOCAL_CALLER)


def _record(credential: domain.Credential) -> Credential:
    return Credential(
        id=credential.id,
        holder=credential.holder,
        role=credential.role.value,
        create_time=credential.create_time,
        revoke_time=credential.revoke_time,
        last_used_time=credential.last_used_time,
        scope=_scope(credential.scope),
        expire_time=credential.expire_time,
        last_address=credential.last_address,
    )


def _token_record(token: domain.Token) -> Token:
    return Token(
        id=token.id,
        role=token.role.value,
        scope=_scope(token.scope),
        create_time=token.create_time,
        expire_time=token.expire_time,
        uses=token.uses,
        used=token.used,
        used_time=token.used_time,
        revoke_time=token.revoke_time,
        credential_life=token.credential_life,
        comment=token.comment,
        made_by=token.made_by,
    )


def _scope(scope: domain.Scope) -> Scope:
    return Scope(scope.clients, scope.tasks, scope.pools, scope.schedules)
