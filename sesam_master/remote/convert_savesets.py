"""Savesets, where they lie, and what they list, from the wire."""

from sesam_api.v1 import savesets_pb2
from sesam_master.core.records import Entry, EntryKind, Saveset, SavesetCopy
from sesam_master.remote import convert

_ENTRY_KINDS = {
    savesets_pb2.ENTRY_KIND_DIRECTORY: EntryKind.DIRECTORY,
    savesets_pb2.ENTRY_KIND_SYMLINK: EntryKind.SYMLINK,
    savesets_pb2.ENTRY_KIND_FIFO: EntryKind.FIFO,
    savesets_pb2.ENTRY_KIND_BLOCK_DEVICE: EntryKind.BLOCK_DEVICE,
    savesets_pb2.ENTRY_KIND_CHARACTER_DEVICE: EntryKind.CHARACTER_DEVICE,
    savesets_pb2.ENTRY_KIND_SOCKET: EntryKind.SOCKET,
}


def saveset(location_id: str, message: savesets_pb2.Saveset) -> Saveset:
    return Saveset(
        location_id=location_id,
        name=message.name,
        task=message.task,
        client=message.client,
        type=convert.TYPES.get(message.type),
        base=message.base if message.HasField("base") else None,
        state=convert.state(message.state),
        start_time=convert.moment(message.start_time),
        end_time=convert.moment(message.end_time),
        sesam_day=message.sesam_day,
        sources=tuple(message.sources),
        files=message.files,
        size_bytes=message.bytes,
        stored_bytes=message.stored_bytes,
        skipped=message.skipped,
        listed_files=message.listed_files,
        listed_bytes=message.listed_bytes,
        label=message.label,
        job_id=message.job_id,
        damage=message.damage,
        eol=message.eol,
        pool=message.pool,
        verify_time=convert.moment(message.verify_time)
        if message.HasField("verify_time")
        else None,
        proof_time=(convert.moment(message.proof_time) if message.HasField("proof_time") else None),
        copies=tuple(map(_copy, message.copies)),
        is_encrypted=message.encrypted,
    )


def _copy(message: savesets_pb2.SavesetCopy) -> SavesetCopy:
    has_verify = message.HasField("verify_time")
    return SavesetCopy(
        label=message.label,
        pool=message.pool,
        data_store=message.data_store,
        eol=message.eol,
        verify_time=convert.moment(message.verify_time) if has_verify else None,
        stored_bytes=message.stored_bytes,
        damage=message.damage,
    )


def entry_kind(number: savesets_pb2.EntryKind.ValueType) -> EntryKind:
    return _ENTRY_KINDS.get(number, EntryKind.FILE)


def entry(message: savesets_pb2.Entry) -> Entry:
    return Entry(
        path=message.path,
        kind=entry_kind(message.kind),
        size=message.size,
        modify_time=convert.moment(message.modify_time),
        mode=message.mode,
        uid=message.uid,
        gid=message.gid,
        link_target=message.link_target,
        home=message.home if message.HasField("home") else None,
        children=message.children,
    )
