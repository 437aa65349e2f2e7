"""The copies of savesets on other media, and restore proofs, from the wire."""

from datetime import UTC, datetime

from sesam_api.v1 import savesets_pb2, tasks_pb2
from sesam_master.core.records import SavesetCopy


def copies(message: savesets_pb2.Saveset) -> tuple[SavesetCopy, ...]:
    return tuple(
        SavesetCopy(
            label=copy.label,
            pool=copy.pool,
            data_store=copy.data_store,
            eol=copy.eol,
            verify_time=(
                copy.verify_time.ToDatetime(UTC) if copy.HasField("verify_time") else None
            ),
            stored_bytes=copy.stored_bytes,
            damage=copy.damage,
        )
        for copy in message.copies
    )


def proof_time(message: savesets_pb2.Saveset) -> datetime | None:
    return message.proof_time.ToDatetime(UTC) if message.HasField("proof_time") else None


def last_proof_time(message: tasks_pb2.Task) -> datetime | None:
    has_proof = message.HasField("last_proof_time")
    return message.last_proof_time.ToDatetime(UTC) if has_proof else None
