"""The part of AccessService that is about the rules of access, and what waits for approval."""

import asyncio
from collections.abc import Awaitable, Callable

from server_agent.domain.access import Caller
from server_agent.domain.approvals import Approval, ApprovalState
from server_agent.domain.errors import NotAuthenticated
from server_agent.rpc import convert_access, lists
from server_agent.rpc.guard import Call
from server_agent.rpc.workers import Workers
from server_agent.service.access import LOCAL_CALLER
from server_agent.service.approvals import Approvals
from sesam_api.v1 import access_pb2 as pb

# Does a call as it came, as that caller; returns the reason why it was refused, or nothing.
Perform = Callable[[Approval, Caller], Awaitable[str]]


class ApprovalCalls:
    """Methods of the servicer."""

    def __init__(self, approvals: Approvals, perform: Perform, workers: Workers) -> None:
        self._approvals = approvals
        self._perform = perform
        self._approval_workers = workers
        self._performing = asyncio.Lock()

    async def GetAccessRules(
        self, _message: pb.GetAccessRulesRequest, _call: Call
    ) -> pb.GetAccessRulesResponse:
        return pb.GetAccessRulesResponse(rules=convert_access.rules(self._approvals.rules))

    async def SetAccessRules(
        self, message: pb.SetAccessRulesRequest, call: Call
    ) -> pb.SetAccessRulesResponse:
        rules = convert_access.rules_of(message.rules)
        rules = await self._approval_workers.write(self._approvals.set_rules, call.request, rules)
        return pb.SetAccessRulesResponse(rules=convert_access.rules(rules))

    async def ListApprovals(
        self, message: pb.ListApprovalsRequest, _call: Call
    ) -> pb.ListApprovalsResponse:
        async def answer(size: int) -> pb.ListApprovalsResponse:
            page = await self._approval_workers.read(
                self._approvals.list, message.page_token or None, size
            )
            return pb.ListApprovalsResponse(
                approvals=map(convert_access.approval, page.items),
                next_page_token=page.next_position or "",
            )

        return await lists.fitting(lists.page_size(message.page_size), answer)

    async def DecideApproval(
        self, message: pb.DecideApprovalRequest, call: Call
    ) -> pb.DecideApprovalResponse:
        approval = await self._approval_workers.write(
            self._approvals.decide, call.request, message.approval_id, message.approve
        )
        if approval.state is ApprovalState.APPROVED:
            # Two who approve it together have it done once, and both see what came of it.
            async with self._performing:
                approval = await self._done(approval.id)
        return pb.DecideApprovalResponse(approval=convert_access.approval(approval))

    async def _done(self, approval_id: str) -> Approval:
        approval = await self._approval_workers.read(self._approvals.get, approval_id)
        if approval.state is not ApprovalState.APPROVED:
            return approval
        requester = await self._approval_workers.read(
            self._approvals.requester, approval, LOCAL_CALLER
        )
        if requester is None:
            failure = NotAuthenticated.reason
        else:
            failure = await self._perform(approval, requester)
        return await self._approval_workers.write(self._approvals.finish, approval.id, failure)
