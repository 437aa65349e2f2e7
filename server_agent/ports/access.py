"""The part of the catalogue that knows what a location asks beside a credential."""

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from server_agent.domain.approvals import AccessRules, Approval

if TYPE_CHECKING:
    from server_agent.ports.catalogue import Page


class AccessView(Protocol):
    """The part of the catalogue that is read."""

    def access_rules(self) -> AccessRules:
        """The usual ones if they were never changed."""

    def approval(self, approval_id: str) -> Approval | None: ...

    def approvals(self, position: str | None, limit: int) -> "Page[Approval]":
        """The newest first. Raises PageTokenInvalid."""


class AccessTransaction(AccessView, Protocol):
    """The part of the catalogue that is written. Watchers are told nothing."""

    def put_access_rules(self, rules: AccessRules) -> None: ...

    def put_approval(self, approval: Approval) -> None:
        """Adds or replaces."""

    def forget_approvals(self, before: datetime) -> None:
        """Those that were asked for before that."""
