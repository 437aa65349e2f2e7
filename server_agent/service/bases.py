"""Which savesets of a task a new one may build on."""

from collections.abc import Iterable, Iterator
from itertools import islice

from server_agent.domain.jobs import Job
from server_agent.domain.media import pool_of
from server_agent.domain.savesets import BackupType, Saveset
from server_agent.ports import CatalogueView, SavesetRef
from server_agent.service.chains import ref
from server_agent.service.writing_place import key_id_of, labels_of_repositories

_LOOKED_AT = 64  # savesets; the wanted one is nearly always among the newest few


def alike(view: CatalogueView, job: Job) -> Iterator[Saveset]:
    """The task's savesets of the same client on media of the kind that a backup is written to, the
    newest first: no engine builds on what another has written, and what is encrypted is so as a
    whole, with one key.
    """
    key_id = _key_id(view, job)
    of_spare = _labels_beside(view, job) if is_on_spare(job) else None
    return (
        saveset
        for saveset in _of_kind(view, job)
        if saveset.key_id == key_id and (of_spare is None or saveset.label in of_spare)
    )


def is_on_spare(job: Job) -> bool:
    """Whether a backup that has begun is written to the spare pool of its own. Then it builds only
    on what lies there too: the other place may be gone."""
    return bool(job.label and job.pool) and pool_of(job.label) != job.pool


def has_full(savesets: Iterable[Saveset]) -> bool:
    return any(saveset.type is BackupType.FULL for saveset in savesets)


def has_full_otherwise_encrypted(view: CatalogueView, job: Job) -> bool:
    """Whether there is a FULL that could be built on, were it encrypted like the backup."""
    key_id = _key_id(view, job)
    return has_full(saveset for saveset in _of_kind(view, job) if saveset.key_id != key_id)


def newest_like(view: CatalogueView, job: Job, sources: tuple[bytes, ...]) -> SavesetRef | None:
    """The newest saveset of the same client and sources, whatever it is."""
    for saveset in islice(view.savesets_of_task(job.task), _LOOKED_AT):
        if saveset.client == job.client and saveset.sources == sources:
            return ref(saveset)
    return None


def _of_kind(view: CatalogueView, job: Job) -> Iterator[Saveset]:
    repositories = labels_of_repositories(view)
    wanted = job.label in repositories
    for saveset in view.savesets_of_task(job.task):
        # A task may have been removed, and made anew with its name for another client.
        if saveset.client == job.client and (saveset.label in repositories) is wanted:
            yield saveset


def _key_id(view: CatalogueView, job: Job) -> str:
    """As `WritingPlace.key_id`."""
    has_repositories = job.label in labels_of_repositories(view)
    return key_id_of(has_repositories, view.pool(job.pool), view.pool(pool_of(job.label)))


def _labels_beside(view: CatalogueView, job: Job) -> frozenset[str]:
    """The media in the data store that a backup is written to."""
    media = view.media()
    store = next((medium.store for medium in media if medium.label == job.label), None)
    return frozenset(medium.label for medium in media if medium.store == store)
