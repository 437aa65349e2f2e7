"""What the catalogue knows of the rules of access, and of acts that wait for approval."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from server_agent.adapters.catalogue import pages
from server_agent.adapters.catalogue import position as positions
from server_agent.adapters.catalogue.columns import Moment, Strings, value_of
from server_agent.adapters.catalogue.licence_tables import SqlLicenceTransaction, SqlLicenceView
from server_agent.adapters.catalogue.records import record, select, values_of
from server_agent.adapters.catalogue.schema import metadata
from server_agent.domain.approvals import AccessRules, Approval, ApprovalState, OtpGroup
from server_agent.ports import Page


class OtpGroups(sa.TypeDecorator[frozenset[OtpGroup]]):
    """A set of groups as one text, blanks between them."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[OtpGroup] | None, _dialect: sa.Dialect) -> str:
        return " ".join(sorted(value or ()))

    def process_result_value(self, value: Any | None, _dialect: sa.Dialect) -> frozenset[OtpGroup]:
        return frozenset(map(OtpGroup, (value or "").split()))


# One row, or none.
access_rules = sa.Table(
    "access_rules",
    metadata,
    sa.Column("four_eyes", sa.Boolean(create_constraint=False), nullable=False),
    sa.Column("otp", OtpGroups, nullable=False),
)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("method", sa.Text, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("subjects", Strings, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("requester", sa.Text, nullable=False),
    sa.Column("requester_id", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("create_time", Moment, nullable=False),
    sa.Column("expire_time", Moment, nullable=False),
    sa.Column("state", value_of(ApprovalState), nullable=False),
    sa.Column("decider", sa.Text, nullable=False),
    sa.Column("decide_time", Moment),
    sa.Column("failure", sa.Text, nullable=False),
)
sa.Index("approvals_by_time", approvals.c.create_time, approvals.c.id)


def _approval(row: sa.Row[Any]) -> Approval:
    return record(Approval, row)


class SqlAccessView(SqlLicenceView):
    """The `AccessView` port."""

    def access_rules(self) -> AccessRules:
        row = self._connection.execute(select(AccessRules, access_rules)).first()
        return record(AccessRules, row) if row else AccessRules()

    def approval(self, approval_id: str) -> Approval | None:
        return self._one(Approval, approvals, approvals.c.id == approval_id)

    def approvals(self, position: str | None, limit: int) -> Page[Approval]:
        order = pages.Order(pages.as_kept(approvals.c.create_time), approvals.c.id, True)
        return pages.page(
            self._connection,
            select(Approval, approvals),
            order,
            positions.approval_list(),
            position,
            limit,
            _approval,
        )


class SqlAccessTransaction(SqlAccessView, SqlLicenceTransaction):
    """The `AccessTransaction` port."""

    def put_access_rules(self, rules: AccessRules) -> None:
        self._connection.execute(access_rules.delete())
        self._connection.execute(access_rules.insert().values(values_of(rules)))

    def put_approval(self, approval: Approval) -> None:
        self._put(approvals, approvals.c.id, values_of(approval))

    def forget_approvals(self, before: datetime) -> None:
        self._connection.execute(approvals.delete().where(approvals.c.create_time < before))
