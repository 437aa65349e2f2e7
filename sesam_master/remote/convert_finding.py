"""Messages about files in savesets as records."""

from sesam_api.v1 import finding_pb2
from sesam_master.core.finding import (
    Aspect,
    Difference,
    FoundFile,
    Unindexed,
    Version,
    VersionHolder,
)
from sesam_master.remote import convert, convert_savesets

_ASPECTS = {
    finding_pb2.ENTRY_ASPECT_KIND: Aspect.KIND,
    finding_pb2.ENTRY_ASPECT_SIZE: Aspect.SIZE,
    finding_pb2.ENTRY_ASPECT_TIME: Aspect.TIME,
    finding_pb2.ENTRY_ASPECT_MODE: Aspect.MODE,
    finding_pb2.ENTRY_ASPECT_OWNER: Aspect.OWNER,
    finding_pb2.ENTRY_ASPECT_LINK_TARGET: Aspect.LINK_TARGET,
}


def found_file(message: finding_pb2.FoundFile) -> FoundFile:
    return FoundFile(
        client=message.client,
        path=message.path,
        kind=convert_savesets.entry_kind(message.kind),
        size=message.size,
        modify_time=convert.moment(message.modify_time),
        versions=message.versions,
        saveset=message.saveset,
        task=message.task,
        saveset_time=convert.moment(message.saveset_time),
    )


def version(message: finding_pb2.Version) -> Version:
    return Version(
        kind=convert_savesets.entry_kind(message.kind),
        size=message.size,
        modify_time=convert.moment(message.modify_time),
        saveset_count=message.saveset_count,
        holders=tuple(map(_holder, message.holders)),
        oldest=_holder(message.oldest),
    )


def difference(message: finding_pb2.EntryDifference) -> Difference:
    return Difference(
        before=convert_savesets.entry(message.before) if message.HasField("before") else None,
        after=convert_savesets.entry(message.after) if message.HasField("after") else None,
        aspects=tuple(_ASPECTS.get(aspect, Aspect.OTHER) for aspect in message.aspects),
    )


def unindexed(message: finding_pb2.Unindexed) -> Unindexed:
    if not message.savesets:
        return Unindexed(message.total)
    return Unindexed(message.total, message.savesets[0].saveset, message.savesets[0].cause)


def _holder(message: finding_pb2.VersionHolder) -> VersionHolder:
    home = message.home if message.HasField("home") else None
    return VersionHolder(message.saveset, message.task, convert.moment(message.time), home)
