"""One-time codes: which act needs one, and whether the one that was given will do.

The agent's own user on the Unix socket gives none: who has the socket has the files, too.
"""

import logging
import threading
from dataclasses import dataclass, replace

from server_agent.domain.access import Caller
from server_agent.domain.access_errors import CredentialNotFound, OtpRequired, OtpWrong
from server_agent.domain.approvals import OtpGroup
from server_agent.domain.quoting import printable
from server_agent.ports import Clock
from server_agent.ports.otp import OtpSecret, OtpSecretError, OtpSecrets
from server_agent.service.changes import Changes
from server_agent.service.lock_outs import LockOuts
from server_agent.service.requests import Request, first_answer, remember

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OtpEnrolled:
    """What an authenticator needs; shown once."""

    secret: str
    uri: str


class Otp:
    """Any thread may call any method."""

    def __init__(
        self, changes: Changes, secrets: OtpSecrets, lock_outs: LockOuts, clock: Clock
    ) -> None:
        self._changes = changes
        self._secrets = secrets
        self._lock_outs = lock_outs
        self._clock = clock
        self._taking = threading.Lock()

    def check(
        self, group: OtpGroup, caller: Caller, address: str, code: str | None, request_id: str
    ) -> None:
        """Takes the code. A repeat of the request that it was taken for may give it again.

        Raises:
            OtpRequired: there is none, or the credential has no secret for such.
            OtpWrong: it is wrong, or was used before.
            LockedOut: too many were wrong.
        """
        credential_id = caller.credential_id
        if credential_id is None:
            return
        with self._taking:
            secret = self._known(credential_id)
            if secret is None or code is None:
                raise OtpRequired(group=group, enrolled="no" if secret is None else "yes")
            self._lock_outs.check_code(address, credential_id)
            if not self._is_taken(credential_id, secret, code, request_id):
                self._lock_outs.code_failed(address, credential_id)
                raise OtpWrong(group=group)
        self._lock_outs.code_proved(address, credential_id)

    def _known(self, credential_id: str) -> OtpSecret | None:
        """None also for one that cannot be read: then nothing is let through."""
        try:
            return self._secrets.get(credential_id)
        except OtpSecretError as error:
            log.warning("%s", error)
            return None

    def _is_taken(self, credential_id: str, secret: OtpSecret, code: str, request_id: str) -> bool:
        step = self._secrets.step_of(secret, code, self._clock.now())
        if step is None or step < secret.last_step:
            return False
        if step == secret.last_step:
            return request_id != "" and request_id == secret.last_request
        taken = replace(secret, last_step=step, last_request=request_id)
        self._secrets.put(credential_id, taken)
        return True

    def enrol(self, request: Request, credential_id: str, location: str) -> OtpEnrolled:
        """A secret for a credential, in place of one that it had. Raises CredentialNotFound."""
        with self._changes.write() as tx:
            answered = first_answer(tx, request)
            credential = tx.credential_by_id(credential_id if answered is None else answered)
            if credential is None:
                raise CredentialNotFound(credential=printable(credential_id))
            secret = self._known(credential.id) if answered is not None else None
            if secret is None:
                secret = self._secrets.make(credential.id)
            if answered is None:
                remember(tx, request, credential.id, self._clock.now())
        return OtpEnrolled(secret.text, self._secrets.uri(secret, credential.holder, location))

    def remove(self, request: Request, credential_id: str) -> None:
        """Nothing if it has none. Raises CredentialNotFound."""
        with self._changes.write() as tx:
            answered = first_answer(tx, request)
            if answered is not None:
                return
            if tx.credential_by_id(credential_id) is None:
                raise CredentialNotFound(credential=printable(credential_id))
            self._secrets.remove(credential_id)
            remember(tx, request, credential_id, self._clock.now())

    def enrolled(self) -> frozenset[str]:
        """Ids of the credentials that have a secret."""
        return self._secrets.ids()
