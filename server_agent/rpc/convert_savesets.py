"""Savesets and their places, from the domain to the wire."""

from collections.abc import Mapping

from server_agent.domain import savesets
from server_agent.domain.media import pool_of
from server_agent.rpc import convert
from server_agent.service.chains import KnownSaveset
from sesam_api.v1 import jobs_pb2
from sesam_api.v1 import savesets_pb2 as pb

SAVESET_STATES = {
    savesets.SavesetState.OK: jobs_pb2.JOB_STATE_OK,
    savesets.SavesetState.WARNING: jobs_pb2.JOB_STATE_WARNING,
}


def saveset(known: KnownSaveset) -> pb.Saveset:
    item = known.saveset
    return pb.Saveset(
        name=item.name,
        task=item.task,
        client=item.client,
        type=convert.BACKUP_TYPES[item.type],
        base=item.base,
        state=jobs_pb2.JOB_STATE_ERROR if known.damage else SAVESET_STATES[item.state],
        start_time=convert.timestamp(item.start_time),
        end_time=convert.timestamp(item.end_time),
        sesam_day=item.sesam_day.isoformat(),
        sources=item.sources,
        files=item.files,
        bytes=item.bytes_read,
        stored_bytes=item.stored_bytes,
        skipped=item.skipped,
        listed_files=item.listed_files,
        listed_bytes=item.listed_bytes,
        label=item.label,
        job_id=item.job_id,
        damage=known.damage,
        eol=item.eol.isoformat() if item.eol is not None else "",
        pool=pool_of(item.label),
        verify_time=convert.timestamp_or_none(item.verify_time),
        copies=(saveset_copy(each, known.stores) for each in known.copies),
        proof_time=convert.timestamp_or_none(item.proof_time),
        encrypted=item.encrypted,
    )


def saveset_copy(place: savesets.Saveset, stores: Mapping[str, str]) -> pb.SavesetCopy:
    return pb.SavesetCopy(
        label=place.label,
        pool=pool_of(place.label),
        data_store=stores.get(place.label, ""),
        eol=place.eol.isoformat() if place.eol is not None else "",
        verify_time=convert.timestamp_or_none(place.verify_time),
        stored_bytes=place.stored_bytes,
        damage=place.fault,
        make_time=convert.timestamp(place.made_time or place.end_time),
    )
