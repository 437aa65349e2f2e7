"""Immediate starts, over the sessions' channels."""

from sesam_api.v1 import jobs_pb2
from sesam_api.v1.jobs_pb2_grpc import JobServiceStub
from sesam_master.core.acts import Made
from sesam_master.core.start import BackupOrder
from sesam_master.remote import calls, convert
from sesam_master.remote.roster import Roster
from sesam_master.remote.times import Times


class StartGateway:
    """Implements core.start_source.StartSource; see there for what it means."""

    _roster: Roster
    _times: Times

    async def order_backup(self, order: BackupOrder, request_id: str) -> Made:
        location_id = order.object.location_id
        request = jobs_pb2.StartBackupRequest(
            location_id=location_id,
            request_id=request_id,
            task=order.object.task,
            group=order.object.group,
            type=convert.TYPE_NUMBERS[order.type],
            drive=order.drive,
            priority=order.priority,
            follow_up=order.follow_up,
            pool=order.pool,
        )
        if order.start_time is not None:
            request.start_time.FromDatetime(order.start_time)
        session = self._roster.session(location_id)
        answer = await calls.change(
            session, lambda ch: JobServiceStub(ch).StartBackup, request, self._times.call
        )
        return Made(
            jobs=tuple(convert.job(location_id, message) for message in answer.jobs),
            event_id=answer.event_id,
            planned_time=convert.moment(answer.planned_time),
        )
