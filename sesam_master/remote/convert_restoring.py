"""What is asked for when something is restored, on the wire."""

from sesam_api.v1 import jobs_pb2, savesets_pb2
from sesam_master.core.records import Overwrite
from sesam_master.core.restoring import RestoreOrder

OVERWRITE_NUMBERS = {
    Overwrite.ALWAYS: jobs_pb2.OVERWRITE_RULE_ALWAYS,
    Overwrite.NEVER: jobs_pb2.OVERWRITE_RULE_NEVER,
    Overwrite.IF_OLDER: jobs_pb2.OVERWRITE_RULE_IF_OLDER,
    Overwrite.RENAME: jobs_pb2.OVERWRITE_RULE_RENAME,
}
OVERWRITE_RULES = {number: rule for rule, number in OVERWRITE_NUMBERS.items()}


def restore_request(
    location_id: str, request_id: str, order: RestoreOrder
) -> savesets_pb2.StartRestoreRequest:
    return savesets_pb2.StartRestoreRequest(
        location_id=location_id,
        request_id=request_id,
        saveset=order.saveset,
        paths=order.paths,
        target=order.target,
        overwrite=OVERWRITE_NUMBERS[order.overwrite],
        dry_run=order.dry_run,
        client=order.client,
        without_interfaces=order.without_interfaces,
    )
