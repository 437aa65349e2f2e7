"""What is asked for when something is restored."""

from dataclasses import dataclass

from sesam_master.core.records import Overwrite

ORIGINAL_PLACE = b"/"  # below it, a path is made as it was


@dataclass(frozen=True, slots=True)
class RestoreOrder:
    """Attributes:
    paths: full paths out of the listing, directories with all they hold.
    target: directory below which each path is made as it was from the root.
    dry_run: nothing is touched; the protocol of the job lists what would be done.
    client: whose directory the target is; "" for the saveset's own one.
    without_interfaces: sbc_pre and sbc_post are not run.
    """

    saveset: str
    paths: tuple[bytes, ...]
    target: bytes
    overwrite: Overwrite = Overwrite.ALWAYS
    dry_run: bool = False
    client: str = ""
    without_interfaces: bool = False
