"""The components' messages of the wire into the records of the desk, and back. Those of clients and
tasks are read in `convert`: the watch tells them too."""

from collections.abc import Iterable

from sesam_api.v1 import drives_pb2, loaders_pb2, media_pb2, tasks_pb2, topology_pb2
from sesam_master.core.components import (
    FIRST_DRIVE_GROUP,
    FIRST_STORE,
    DataStore,
    Drive,
    Loader,
    LoaderKind,
    MediaPool,
    Medium,
    Retention,
)
from sesam_master.core.records import CommandSource, Ssh, TaskOptions
from sesam_master.remote import convert

LOADER_KINDS = {
    loaders_pb2.LOADER_KIND_VIRTUAL: LoaderKind.VIRTUAL,
    loaders_pb2.LOADER_KIND_MTX: LoaderKind.MTX,
}
_EXCLUDE_NUMBERS = {kind: number for number, kind in convert.EXCLUDE_KINDS.items()}
_REFERENCE_NUMBERS = {kind: number for number, kind in convert.TIME_REFERENCES.items()}


def ssh_message(record: Ssh) -> topology_pb2.Ssh:
    return topology_pb2.Ssh(
        host=record.host,
        port=record.port,
        user=record.user,
        key_file=record.key_file,
        host_key=record.host_key,
        alive_seconds=record.alive_seconds,
    )


def options_message(record: TaskOptions) -> tasks_pb2.TaskOptions:
    """Raises KeyError for a kind of excludes or a time reference that this desk does not know."""
    if record.exclude_kind is None or record.time_reference is None:
        raise KeyError("an option of the task is not known to this desk")
    return tasks_pb2.TaskOptions(
        exclude_kind=_EXCLUDE_NUMBERS[record.exclude_kind],
        exclude_file=record.exclude_file,
        skip_cache_directories=record.skip_cache_directories,
        skip_nodump=record.skip_nodump,
        one_file_system=record.one_file_system,
        accept_size_change=record.accept_size_change,
        time_reference=_REFERENCE_NUMBERS[record.time_reference],
        without_interfaces=record.without_interfaces,
        backup_even_if_pre_fails=record.backup_even_if_pre_fails,
    )


def command_messages(records: Iterable[CommandSource]) -> list[tasks_pb2.CommandSource]:
    return [tasks_pb2.CommandSource(name=each.name, argv=each.argv) for each in records]


def drive(message: drives_pb2.Drive) -> Drive:
    return Drive(
        name=message.name,
        streams=message.streams,
        active=message.active,
        comment=message.comment,
        etag=message.etag,
        group=message.group or FIRST_DRIVE_GROUP,
        data_store=message.data_store or FIRST_STORE,
    )


def drive_message(record: Drive) -> drives_pb2.Drive:
    return drives_pb2.Drive(
        name=record.name,
        streams=record.streams,
        active=record.active,
        comment=record.comment,
        etag=record.etag,
        group=record.group,
        data_store=record.data_store,
    )


def loader(message: loaders_pb2.Loader) -> Loader:
    return Loader(
        name=message.name,
        kind=LOADER_KINDS.get(message.kind, LoaderKind.UNKNOWN),
        device=message.device,
        data_stores=tuple(message.data_stores),
        comment=message.comment,
        etag=message.etag,
        tape_devices=tuple(message.tape_devices),
    )


def loader_message(record: Loader) -> loaders_pb2.Loader:
    """Raises KeyError for a kind that this desk does not know."""
    numbers = {kind: number for number, kind in LOADER_KINDS.items()}
    return loaders_pb2.Loader(
        name=record.name,
        kind=numbers[record.kind],
        device=record.device,
        data_stores=record.data_stores,
        comment=record.comment,
        etag=record.etag,
        tape_devices=record.tape_devices,
    )


def store(message: media_pb2.DataStore) -> DataStore:
    has = message.HasField
    return DataStore(
        name=message.name,
        path=message.path,
        high_water_mark=message.high_water_mark,
        comment=message.comment,
        etag=message.etag,
        capacity_bytes=message.capacity_bytes if has("capacity_bytes") else None,
        free_bytes=message.free_bytes if has("free_bytes") else None,
        stored_bytes=message.stored_bytes,
        fault=message.fault,
        full_day=message.forecast_full_day,
        forecast_note=message.forecast_note,
        trend_bytes=message.trend_used_bytes if has("trend_used_bytes") else None,
        trend_per_day=message.trend_bytes_per_day if has("trend_bytes_per_day") else None,
        immutable=message.immutable,
        removable=message.removable,
    )


def store_message(record: DataStore) -> media_pb2.DataStore:
    return media_pb2.DataStore(
        name=record.name,
        path=record.path,
        high_water_mark=record.high_water_mark,
        comment=record.comment,
        etag=record.etag,
        immutable=record.immutable,
        removable=record.removable,
    )


def pool(message: media_pb2.MediaPool) -> MediaPool:
    kept = message.retention
    return MediaPool(
        name=message.name,
        drive_group=message.drive_group,
        retention=Retention(
            kept.eol_days, kept.keep_newest, kept.weekly, kept.monthly, kept.yearly
        ),
        comment=message.comment,
        etag=message.etag,
        encrypted=message.encrypted,
        key_id=message.key_id,
        spare_pool=message.spare_pool,
    )


def pool_message(record: MediaPool) -> media_pb2.MediaPool:
    kept = record.retention
    return media_pb2.MediaPool(
        name=record.name,
        drive_group=record.drive_group,
        retention=media_pb2.Retention(
            eol_days=kept.eol_days,
            keep_newest=kept.keep_newest,
            weekly=kept.weekly,
            monthly=kept.monthly,
            yearly=kept.yearly,
        ),
        comment=record.comment,
        etag=record.etag,
        encrypted=record.encrypted,
        spare_pool=record.spare_pool,
    )


def medium(message: media_pb2.Medium) -> Medium:
    return Medium(
        label=message.label,
        write_protected=message.write_protected,
        comment=message.comment,
        pool=message.pool,
        data_store=message.data_store,
        init_time=convert.moment(message.init_time) if message.HasField("init_time") else None,
        etag=message.etag,
        savesets=message.savesets,
        stored_bytes=message.stored_bytes,
        newest_sesam_day=message.newest_sesam_day,
        eol=message.eol,
    )


def medium_message(record: Medium) -> media_pb2.Medium:
    return media_pb2.Medium(
        label=record.label,
        write_protected=record.write_protected,
        comment=record.comment,
        etag=record.etag,
    )
