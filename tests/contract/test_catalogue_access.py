"""The catalogue knows the rules of access, and what waits for approval."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from server_agent.domain.approvals import AccessRules, Approval, ApprovalState, OtpGroup
from server_agent.domain.errors import PageTokenInvalid
from server_agent.ports import Catalogue
from tests.fakes.records import START

SECOND = timedelta(seconds=1)
APPROVAL = Approval(
    id="r1",
    method="SavesetService/DeleteSavesets",
    message=b"\0\xffmessage",
    digest=b"\0\xfe",
    subjects=("SF1", "ü\n"),
    count=3,
    requester="desk",
    requester_id="c1",
    address="ipv4:127.0.0.1",
    create_time=START,
    expire_time=START + SECOND,
)


def test_rules(catalogue: Catalogue) -> None:
    rules = AccessRules(four_eyes=True, otp=frozenset({OtpGroup.DELETE, OtpGroup.STOP}))
    with catalogue.read() as view:
        assert view.access_rules() == AccessRules()
    with catalogue.write() as tx:
        tx.put_access_rules(AccessRules(otp=frozenset(OtpGroup)))
        tx.put_access_rules(rules)
        assert tx.access_rules() == rules
    with catalogue.read() as view:
        assert repr(view.access_rules().four_eyes) == "True"
        assert view.access_rules() == rules


def test_an_approval(catalogue: Catalogue) -> None:
    decided = replace(
        APPROVAL,
        state=ApprovalState.FAILED,
        decider="other",
        decide_time=START + SECOND,
        failure="SAVESET_NEEDED",
    )
    with catalogue.write() as tx:
        tx.put_approval(APPROVAL)
        assert tx.approval("r1") == APPROVAL
        tx.put_approval(decided)
    with catalogue.read() as view:
        assert repr(view.approval("r1")) == repr(decided)
        assert view.approval("R1") is None
    with catalogue.write() as tx:
        tx.put_approval(replace(APPROVAL, id="r2", create_time=START + SECOND))
        tx.forget_approvals(START + SECOND)
    with catalogue.read() as view:
        assert [each.id for each in view.approvals(None, 9).items] == ["r2"]


def test_a_list_of_approvals(catalogue: Catalogue) -> None:
    draw = random.Random(11)
    approvals = [
        replace(APPROVAL, id=f"r{number}", create_time=START + draw.randrange(3) * SECOND)
        for number in draw.sample(range(20), 20)
    ]
    with catalogue.write() as tx:
        for approval in approvals:
            tx.put_approval(approval)
    found: list[Approval] = []
    position: str | None = None
    while True:
        with catalogue.read() as view:
            page = view.approvals(position, 3)
        found += page.items
        position = page.next_position
        if position is None:
            break
    assert found == sorted(approvals, key=lambda a: (a.create_time, a.id), reverse=True)
    with catalogue.read() as view, pytest.raises(PageTokenInvalid):
        view.tokens(True, view.approvals(None, 3).next_position, 3)
