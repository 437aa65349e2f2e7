"""How a person wants a restore, and what of it can be refused before it is queued."""

from dataclasses import dataclass, replace

from server_agent.domain.errors import ClientLocked, ClientNotFound, InvalidArgument
from server_agent.domain.jobs import Job, JobKind
from server_agent.domain.overwriting import OverwriteRule
from server_agent.domain.quoting import printable
from server_agent.domain.reach import Ssh
from server_agent.domain.savesets import Saveset
from server_agent.domain.topology import LONGEST_PATH, Client
from server_agent.ports import CatalogueView

LARGEST_SELECTION = 4 << 20  # bytes of all paths of a restore, so that it fits into a message


@dataclass(frozen=True, slots=True)
class RestoreOptions:
    """Attributes:
    overwrite: what becomes of what is at the target already.
    dry_run: only say what would be done.
    client: whose directory the target is; empty for the saveset's own one.
    without_interfaces: PRE and POST stay away.
    """

    overwrite: OverwriteRule = OverwriteRule.ALWAYS
    dry_run: bool = False
    client: str = ""
    without_interfaces: bool = False


USUAL = RestoreOptions()


def restore_job(
    view: CatalogueView, first: Job, saveset: Saveset, target: bytes, options: RestoreOptions
) -> Job:
    """The job that is queued, but for its paths.

    Args:
        first: what all jobs of its occurrence have in common.

    Raises:
        ClientNotFound, ClientLocked, InvalidArgument: nothing can be restored there.
    """
    other = options.client if options.client != saveset.client else ""
    job = replace(
        first,
        kind=JobKind.RESTORE,
        task=saveset.task,
        client=saveset.client,
        saveset=saveset.name,
        target=target,
        overwrite=options.overwrite,
        dry_run=options.dry_run,
        target_client=other,
        without_interfaces=options.without_interfaces,
    )
    target_of(view, job)
    return job


def target_of(view: CatalogueView, job: Job) -> Client:
    """The client whose directory the target of a restore is.

    Raises:
        ClientNotFound: the one that was named is not there.
        ClientLocked: another one than that of the saveset is locked.
        InvalidArgument: that of the saveset is not there, and no other one was named; or the
            engine that has the saveset cannot reach it.
    """
    found = view.client(job.client_at_work)
    if found is None and job.target_client:
        raise ClientNotFound(client=job.target_client)
    if found is None:
        raise InvalidArgument(
            field="client",
            value=printable(job.client),
            expected="the name of a client of this location to restore to: the one whose files "
            "these are has been removed",
        )
    if job.target_client and found.locked:
        raise ClientLocked(client=found.name)
    if isinstance(found.reach, Ssh) and _is_in_repository(view, job.saveset):
        raise InvalidArgument(
            field="client",
            value=printable(found.name),
            expected="the agent's own machine: from a repository of restic nothing can be restored"
            " to a client over SSH",
        )
    return found


def _is_in_repository(view: CatalogueView, name: str) -> bool:
    saveset = view.saveset(name)
    medium = view.medium(saveset.label) if saveset is not None else None
    repositories = {store.name for store in view.data_stores() if store.has_repositories}
    return medium is not None and medium.store in repositories


def check_paths(paths: tuple[bytes, ...]) -> None:
    if b"" in paths:
        raise InvalidArgument(field="paths", value="", expected="full paths out of the listing")
    size = sum(map(len, paths))
    if size > LARGEST_SELECTION:
        raise InvalidArgument(
            field="paths",
            value=f"{size} bytes",
            expected=f"paths of together at most {LARGEST_SELECTION} bytes; name their directories",
        )


def checked_target(target: bytes) -> bytes:
    if len(target) > LONGEST_PATH:
        raise InvalidArgument(
            field="target",
            value=f"{len(target)} bytes",
            expected=f"a path of at most {LONGEST_PATH} bytes",
        )
    if not target.startswith(b"/") or b"\0" in target or b".." in target.split(b"/"):
        raise InvalidArgument(
            field="target",
            value=printable(target),
            expected="an absolute path of a directory without '..', such as /srv/restored",
        )
    return target.rstrip(b"/") or b"/"
