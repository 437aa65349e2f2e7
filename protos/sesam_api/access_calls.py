"""What can be asked of who may talk to a location, and done about it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from sesam_api import access_convert, convert
from sesam_api.access_records import (
    AccessRules,
    Approval,
    Credential,
    EnrolmentToken,
    LockOut,
    OtpSecret,
    Scope,
    Token,
)
from sesam_api.plan_calls import PAGE_SIZE, change_of, pages
from sesam_api.records import Identity
from sesam_api.v1 import access_pb2
from sesam_api.v1.access_pb2_grpc import AccessServiceStub
from sesam_api.wire import Wire

EVERYTHING = Scope()


class AccessCalls:
    """The part of a `Location` that knows tokens and credentials."""

    identity: Identity

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._access = AccessServiceStub(wire.channel)

    @property
    def otp(self) -> str | Callable[[], str] | None:
        """The one-time code for acts that need one: a text, which is sent with every call and good
        for one act; or a function that is asked for one when an act needs it."""
        return self._wire.otp

    @otp.setter
    def otp(self, code: str | Callable[[], str] | None) -> None:
        self._wire.otp = code

    def create_token(
        self,
        role: str,
        time_to_live: timedelta = timedelta(hours=1),
        *,
        scope: Scope = EVERYTHING,
        uses: int = 1,
        credential_life: timedelta | None = None,
        comment: str = "",
        approved: str = "",
    ) -> EnrolmentToken:
        """An enrolment token for somebody else. It is shown this one time only.

        Args:
            role: "admin", "operator", "backup", "restore" or "monitor".
            time_to_live: in which it can be exchanged.
            scope: what the credentials may act on.
            uses: how many credentials it can be exchanged for.
            credential_life: how long each is good; None: until it is revoked.
            comment: for whom it is.
            approved: the id under which a token with the same arguments waited for a second
                administrator (`approval` in the metadata of APPROVAL_NEEDED).
        """
        change = change_of(self.identity)
        request = access_pb2.CreateTokenRequest(
            location_id=change["location_id"],
            request_id=approved or change["request_id"],
            role=convert.role_number(role),
            time_to_live=_duration(time_to_live),
            scope=access_convert.scope_message(scope),
            uses=uses,
            credential_life=None if credential_life is None else _duration(credential_life),
            comment=comment,
        )
        answer = self._wire.call(self._access.CreateToken, request)
        return EnrolmentToken(answer.token, convert.moment(answer.expire_time), answer.token_id)

    def tokens(self) -> Iterator[Token]:
        """The tokens that were made, the newest first."""

        def page(token: str) -> tuple[Iterable[Token], str]:
            request = access_pb2.ListTokensRequest(page_size=PAGE_SIZE, page_token=token)
            answer = self._wire.call(self._access.ListTokens, request)
            return map(access_convert.token, answer.tokens), answer.next_page_token

        return pages(page)

    def revoke_token(self, token: str | Token) -> Token:
        """Ends a token, given with its id. The credentials that it was exchanged for stay."""
        name = token.id if isinstance(token, Token) else token
        request = access_pb2.RevokeTokenRequest(**change_of(self.identity), token_id=name)
        answer = self._wire.call(self._access.RevokeToken, request)
        return access_convert.token(answer.token)

    def credentials(self, text: str = "") -> Iterator[Credential]:
        """The credentials that were given, the newest first. `text`: a part of the holder."""

        def page(token: str) -> tuple[Iterable[Credential], str]:
            request = access_pb2.ListCredentialsRequest(
                page_size=PAGE_SIZE, page_token=token, filter=text
            )
            answer = self._wire.call(self._access.ListCredentials, request)
            return map(access_convert.credential, answer.credentials), answer.next_page_token

        return pages(page)

    def revoke(self, credential: str | Credential) -> Credential:
        """Ends a credential, given with its id. Its next call is refused."""
        name = credential.id if isinstance(credential, Credential) else credential
        request = access_pb2.RevokeCredentialRequest(**change_of(self.identity), credential_id=name)
        answer = self._wire.call(self._access.RevokeCredential, request)
        return access_convert.credential(answer.credential)

    def lock_outs(self) -> list[LockOut]:
        """Who is not listened to just now after too many failed tries."""
        answer = self._wire.call(self._access.ListLockOuts, access_pb2.ListLockOutsRequest())
        return list(map(access_convert.lock_out, answer.lock_outs))

    def access_rules(self) -> AccessRules:
        """What the location asks beside a credential."""
        answer = self._wire.call(self._access.GetAccessRules, access_pb2.GetAccessRulesRequest())
        return access_convert.rules(answer.rules)

    def set_access_rules(self, rules: AccessRules) -> AccessRules:
        """Replaces them. A single administrator does not switch four eyes off."""
        request = access_pb2.SetAccessRulesRequest(
            **change_of(self.identity), rules=access_convert.rules_message(rules)
        )
        answer = self._wire.call(self._access.SetAccessRules, request)
        return access_convert.rules(answer.rules)

    def approvals(self) -> Iterator[Approval]:
        """What waits for a second administrator, and what became of it, the newest first."""

        def page(token: str) -> tuple[Iterable[Approval], str]:
            request = access_pb2.ListApprovalsRequest(page_size=PAGE_SIZE, page_token=token)
            answer = self._wire.call(self._access.ListApprovals, request)
            return map(access_convert.approval, answer.approvals), answer.next_page_token

        return pages(page)

    def approve(self, approval: str | Approval) -> Approval:
        """Has done, at once, what somebody else asked for. Its state says what came of it."""
        return self._decide(approval, approve=True)

    def refuse(self, approval: str | Approval) -> Approval:
        """What was asked for is not done."""
        return self._decide(approval, approve=False)

    def enrol_otp(self, credential: str | Credential) -> OtpSecret:
        """A secret for one-time codes of a credential, in place of one that it had."""
        request = access_pb2.EnrolOtpRequest(
            **change_of(self.identity), credential_id=_credential_id(credential)
        )
        answer = self._wire.call(self._access.EnrolOtp, request)
        return OtpSecret(answer.secret, answer.uri)

    def remove_otp(self, credential: str | Credential) -> None:
        """What needs a code is refused to the credential from now on."""
        request = access_pb2.RemoveOtpRequest(
            **change_of(self.identity), credential_id=_credential_id(credential)
        )
        self._wire.call(self._access.RemoveOtp, request)

    def _decide(self, approval: str | Approval, *, approve: bool) -> Approval:
        name = approval.id if isinstance(approval, Approval) else approval
        request = access_pb2.DecideApprovalRequest(
            **change_of(self.identity), approval_id=name, approve=approve
        )
        answer = self._wire.call(self._access.DecideApproval, request)
        return access_convert.approval(answer.approval)


def _credential_id(credential: str | Credential) -> str:
    return credential.id if isinstance(credential, Credential) else credential


def _duration(span: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(span)
    return message
