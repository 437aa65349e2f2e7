"""Messages of media into records, and back."""

from sesam_api import convert
from sesam_api import media_records as records
from sesam_api.v1 import media_pb2, savesets_pb2


def data_store(message: media_pb2.DataStore) -> records.DataStore:
    return records.DataStore(
        name=message.name,
        path=message.path,
        high_water_mark=message.high_water_mark,
        comment=message.comment,
        etag=message.etag,
        capacity=message.capacity_bytes if message.HasField("capacity_bytes") else None,
        free=message.free_bytes if message.HasField("free_bytes") else None,
        stored_size=message.stored_bytes,
        fault=message.fault,
        immutable=message.immutable,
        full_day=message.forecast_full_day,
        forecast_note=message.forecast_note,
        trend_size=message.trend_used_bytes if message.HasField("trend_used_bytes") else None,
        trend_per_day=(
            message.trend_bytes_per_day if message.HasField("trend_bytes_per_day") else None
        ),
        removable=message.removable,
    )


def data_store_message(record: records.DataStore) -> media_pb2.DataStore:
    """Without what the agent fills in."""
    return media_pb2.DataStore(
        name=record.name,
        path=record.path,
        high_water_mark=record.high_water_mark,
        comment=record.comment,
        etag=record.etag,
        immutable=record.immutable,
        removable=record.removable,
    )


def pool(message: media_pb2.MediaPool) -> records.MediaPool:
    rule = message.retention
    return records.MediaPool(
        name=message.name,
        drive_group=message.drive_group,
        retention=records.Retention(
            eol_days=rule.eol_days,
            keep_newest=rule.keep_newest,
            weekly=rule.weekly,
            monthly=rule.monthly,
            yearly=rule.yearly,
        ),
        comment=message.comment,
        etag=message.etag,
        encrypted=message.encrypted,
        key_id=message.key_id,
        spare_pool=message.spare_pool,
    )


def pool_message(record: records.MediaPool) -> media_pb2.MediaPool:
    rule = record.retention
    return media_pb2.MediaPool(
        name=record.name,
        drive_group=record.drive_group,
        retention=media_pb2.Retention(
            eol_days=rule.eol_days,
            keep_newest=rule.keep_newest,
            weekly=rule.weekly,
            monthly=rule.monthly,
            yearly=rule.yearly,
        ),
        comment=record.comment,
        etag=record.etag,
        encrypted=record.encrypted,
        spare_pool=record.spare_pool,
    )


def medium(message: media_pb2.Medium) -> records.Medium:
    return records.Medium(
        label=message.label,
        pool=message.pool,
        data_store=message.data_store,
        init_time=convert.moment(message.init_time) if message.HasField("init_time") else None,
        write_protected=message.write_protected,
        comment=message.comment,
        etag=message.etag,
        savesets=message.savesets,
        stored_size=message.stored_bytes,
        newest_sesam_day=message.newest_sesam_day,
        eol=message.eol,
    )


def medium_message(record: records.Medium) -> media_pb2.Medium:
    """What of it can be changed."""
    return media_pb2.Medium(
        label=record.label,
        write_protected=record.write_protected,
        comment=record.comment,
        etag=record.etag,
    )


def media_request(message: media_pb2.MediaRequest) -> records.MediaRequest:
    return records.MediaRequest(
        label=message.label,
        pool=message.pool,
        data_store=message.data_store,
        path=message.path,
        job_ids=tuple(message.job_ids),
        since_time=convert.moment(message.since_time),
        alarm_time=convert.moment(message.alarm_time) if message.HasField("alarm_time") else None,
        is_new=message.is_new,
        fault=message.fault,
    )


def fate(message: savesets_pb2.SavesetFate) -> records.SavesetFate:
    return records.SavesetFate(
        saveset=message.saveset,
        task=message.task,
        label=message.label,
        sesam_day=message.sesam_day,
        eol=message.eol,
        stored_size=message.stored_bytes,
        reason=convert.word(savesets_pb2.KeepReason.DESCRIPTOR, message.reason),
        needed_by=message.needed_by,
        stays=message.stays,
    )
