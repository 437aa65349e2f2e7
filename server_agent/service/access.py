"""Who may talk to the agent: enrolment tokens, credentials, and what a caller is.

Tokens and credentials are derived from the agent's own secret and the id of the request that asks
for them. So a request that is repeated, because its answer was lost, gets the same answer although
only digests are stored.
"""

import base64
import hashlib
import hmac
import string
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server_agent.domain.access import (
    DEFAULT_TOKEN_LIFE,
    Caller,
    Credential,
    Role,
    Terms,
    Token,
    check_token,
    checked_terms,
    checked_token_life,
)
from server_agent.domain.access_errors import (
    CredentialNotFound,
    CredentialUnknown,
    TokenNotFound,
    TokenUnknown,
)
from server_agent.domain.errors import InvalidArgument, NotAuthenticated, RequestIdReused
from server_agent.domain.quoting import printable
from server_agent.ports import CatalogueView, Clock, Page
from server_agent.service.changes import Changes
from server_agent.service.requests import Request, first_answer, remember

LOCAL_CALLER = Caller("local", Role.ADMIN, None)

TOKEN_LETTERS = string.digits + string.ascii_letters
TOKEN_LENGTH = 16  # 62 ** 16 is more than 2 ** 95
LONGEST_HOLDER = 200  # characters
USE_INTERVAL = timedelta(minutes=1)  # how exactly the last use is kept
CACHE_SIZE = 1024  # callers known without asking the catalogue
ONE_USE = Terms()


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a token was exchanged for. `secret` is shown here and never again."""

    secret: str
    credential: Credential


class Access:
    """Gives, knows and ends credentials. Any thread may call any method."""

    def __init__(self, changes: Changes, clock: Clock, secret: bytes) -> None:
        self._changes = changes
        self._clock = clock
        self._secret = secret
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, tuple[Caller, datetime | None]] = OrderedDict()
        self._used: dict[str, datetime] = {}
        self._revocations = 0
        with changes.read() as view:
            self._tokens = view.token_digests()

    def create_token(
        self, request: Request, role: Role, life: timedelta | None, terms: Terms = ONE_USE
    ) -> tuple[str, Token]:
        """The token's text, and what is kept of it."""
        life = checked_token_life(life if life is not None else DEFAULT_TOKEN_LIFE)
        checked_terms(terms)
        text = _token_text(self._derived("token", request.id))
        now = self._clock.now()
        token = Token(
            id=_digest(text).hex()[:16],
            digest=_digest(text),
            role=role,
            create_time=now,
            expire_time=now + life,
            scope=terms.scope,
            uses=terms.uses,
            credential_life=terms.credential_life,
            comment=terms.comment,
            made_by=request.caller.name,
        )
        with self._changes.write() as tx:
            if first_answer(tx, request) is not None:
                token = tx.token(token.digest) or token
            else:
                tx.put_token(token)
                remember(tx, request, "", now)
        with self._lock:
            self._tokens.add(token.digest)
        return text, token

    def list_tokens(self, descending: bool, position: str | None, limit: int) -> Page[Token]:
        """By time of creation."""
        with self._changes.read() as view:
            return view.tokens(descending, position, limit)

    def revoke_token(self, request: Request, token_id: str) -> Token:
        """Ends a token; the credentials that it was exchanged for stay. Raises TokenNotFound."""
        now = self._clock.now()
        with self._changes.write() as tx:
            answered = first_answer(tx, request)
            token = tx.token_by_id(token_id if answered is None else answered)
            if token is None:
                raise TokenNotFound(token=printable(token_id))
            if answered is None:
                if token.revoke_time is None:
                    token = replace(token, revoke_time=now)
                    tx.put_token(token)
                remember(tx, request, token_id, now)
        return token

    def knows_token(self, token_text: str) -> bool:
        """Whether this is a token that was made here, used or not. Does not block."""
        with self._lock:
            return _digest(token_text.strip()) in self._tokens

    def enrol(self, request: Request, token_text: str, holder: str) -> Enrolled:
        """Exchanges a token. The only thing that somebody unknown can do here."""
        check_holder(holder)
        now = self._clock.now()
        token_digest = _digest(token_text.strip())
        secret = _credential_text(self._derived("credential", request.id + token_digest.hex()))
        with self._changes.read() as view:
            if view.credential(_digest(secret)) is None:
                _checked_token(view, token_digest, now)
        with self._changes.write() as tx:
            answered = first_answer(tx, request)
            given = tx.credential(_digest(secret))
            if given is not None:
                return Enrolled(secret, given)
            token = _checked_token(tx, token_digest, now)
            if answered is not None:
                raise RequestIdReused(method=request.method)
            life = token.credential_life
            credential = Credential(
                id=_digest(secret).hex()[:16],
                digest=_digest(secret),
                holder=holder,
                role=token.role,
                create_time=now,
                revoke_time=None,
                last_used_time=None,
                scope=token.scope,
                expire_time=None if life is None else now + life,
            )
            tx.put_credential(credential)
            tx.put_token(replace(token, used_time=now, used=token.used + 1))
            remember(tx, request, credential.id, now)
        return Enrolled(secret, credential)

    def known(self, secret: str) -> Caller | None:
        """The caller if it was authenticated a moment ago. Does not block."""
        digest = _digest(secret)
        with self._lock:
            caller, expire_time = self._known.get(digest, (None, None))
            if caller is not None:
                self._known.move_to_end(digest)
        if expire_time is not None and self._clock.now() >= expire_time:
            return None
        return caller

    def authenticate(self, secret: str) -> Caller:
        """The caller, out of the catalogue.

        Raises:
            CredentialUnknown: it never was one of this agent's.
            NotAuthenticated: it is revoked, or its time is over.
        """
        digest = _digest(secret)
        with self._lock:
            revocations = self._revocations
        with self._changes.read() as view:
            credential = view.credential(digest)
        if credential is None:
            raise CredentialUnknown
        if not credential.is_good(self._clock.now()):
            raise NotAuthenticated
        caller = Caller(credential.holder, credential.role, credential.id, credential.scope)
        with self._lock:
            # What was read before a revocation may not be remembered after it.
            if revocations == self._revocations:
                self._known[digest] = caller, credential.expire_time
                while len(self._known) > CACHE_SIZE:
                    self._known.popitem(last=False)
        return caller

    def in_force(self, caller: Caller) -> bool:
        """Whether the caller may still go on with what it began."""
        if caller.credential_id is None:
            return True
        with self._changes.read() as view:
            credential = view.credential_by_id(caller.credential_id)
        return credential is not None and credential.is_good(self._clock.now())

    def use_is_due(self, caller: Caller) -> bool:
        """Whether `note_use` should be called. Does not block."""
        if caller.credential_id is None:
            return False
        now = self._clock.now()
        with self._lock:
            last = self._used.get(caller.credential_id)
            if last is not None and abs(now - last) < USE_INTERVAL:
                return False
            self._used[caller.credential_id] = now
            return True

    def note_use(self, caller: Caller, address: str) -> None:
        """Keeps when and from where it is used."""
        if caller.credential_id is None:
            return
        with self._changes.write() as tx:
            credential = tx.credential_by_id(caller.credential_id)
            if credential is not None:
                used = replace(credential, last_used_time=self._clock.now(), last_address=address)
                tx.put_credential(used)

    def list_credentials(
        self, text: str, descending: bool, token: str | None, limit: int
    ) -> Page[Credential]:
        """By time of creation; those with the text in their holder."""
        with self._changes.read() as view:
            return view.credentials(text, descending, token, limit)

    def revoke(self, request: Request, credential_id: str) -> Credential:
        """Ends a credential; one that was ended before stays as it is."""
        now = self._clock.now()
        with self._changes.write() as tx:
            answered = first_answer(tx, request)
            credential = tx.credential_by_id(credential_id if answered is None else answered)
            if credential is None:
                raise CredentialNotFound(credential=credential_id)
            if answered is None:
                if credential.revoke_time is None:
                    credential = replace(credential, revoke_time=now)
                    tx.put_credential(credential)
                remember(tx, request, credential_id, now)
        with self._lock:
            self._revocations += 1
            self._known.clear()
        return credential

    def _derived(self, purpose: str, request_id: str) -> bytes:
        return hmac.digest(self._secret, f"{purpose}:{request_id}".encode(), "sha256")


def _checked_token(view: CatalogueView, digest: bytes, now: datetime) -> Token:
    token = view.token(digest)
    if token is None:
        raise TokenUnknown
    check_token(token, now)
    return token


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _token_text(secret: bytes) -> str:
    number = int.from_bytes(secret, "big")
    letters = []
    for _ in range(TOKEN_LENGTH):
        number, index = divmod(number, len(TOKEN_LETTERS))
        letters.append(TOKEN_LETTERS[index])
    return "-".join("".join(letters[start : start + 4]) for start in range(0, TOKEN_LENGTH, 4))


def _credential_text(secret: bytes) -> str:
    return "sesam_" + base64.urlsafe_b64encode(secret).decode().rstrip("=")


def check_holder(holder: str) -> None:
    """Raises InvalidArgument."""
    if not holder.strip() or not holder.isprintable() or len(holder) > LONGEST_HOLDER:
        raise InvalidArgument(
            field="holder",
            value=printable(holder[:LONGEST_HOLDER]),
            expected=f'1 to {LONGEST_HOLDER} printable characters, such as "desk on host fs-01"',
        )
