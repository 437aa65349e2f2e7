"""Media pools: what may be entered, changed and removed."""

from collections.abc import Sequence
from dataclasses import replace

from server_agent.domain.errors import InvalidArgument, NotFound, PoolInUse, PoolNotFound
from server_agent.domain.events import BackupAction, Event, MigrationAction
from server_agent.domain.media import MediaPool, checked_pool
from server_agent.domain.quoting import printable
from server_agent.ports import CatalogueTransaction, CatalogueView, Clock, EngineError
from server_agent.ports.keys import Keys
from server_agent.service.changes import Changes
from server_agent.service.collection import Collection
from server_agent.service.spare_pools import check_spare
from server_agent.service.topology import checked_comment, planned_by


class MediaPools(Collection[MediaPool]):
    """The media pools of the location."""

    kind = "media pool"

    def __init__(self, changes: Changes, clock: Clock, keys: Keys | None = None) -> None:
        """`keys`: where those of pools are kept; None: no pool can be encrypted."""
        super().__init__(changes, clock)
        self._keys = keys

    def _get(self, view: CatalogueView, name: str) -> MediaPool | None:
        return view.pool(name)

    def _all(self, view: CatalogueView) -> Sequence[MediaPool]:
        return view.pools()

    def _put(self, tx: CatalogueTransaction, item: MediaPool) -> None:
        tx.put_pool(item)

    def _remove(self, tx: CatalogueTransaction, item: MediaPool) -> None:
        tx.remove_pool(item.name)

    def _searched(self, item: MediaPool) -> Sequence[str]:
        return item.name, item.drive_group

    def _checked(
        self, tx: CatalogueTransaction, item: MediaPool, before: MediaPool | None
    ) -> MediaPool:
        item = checked_pool(item)
        checked_comment(item.comment)
        groups = sorted({drive.group for drive in tx.drives()})
        if item.drive_group not in groups:
            raise InvalidArgument(
                field="drive_group",
                value=printable(item.drive_group),
                expected=f"the group of a drive: {', '.join(groups)}",
            )
        check_spare(tx, item)
        if before is not None:
            item = replace(item, key_id=before.key_id, last_number=before.last_number)
        else:
            item = replace(item, key_id="")
        if item.encrypted and not (before is not None and before.encrypted):
            item = replace(item, key_id=self._key_of(item))
        return replace(item, version=before.version + 1 if before is not None else 1)

    def _key_of(self, item: MediaPool) -> str:
        """The key that the pool has, or a new one if it has none that can be used."""
        if self._keys is None:
            raise InvalidArgument(
                field="encrypted", value="true", expected="an agent that keeps keys of pools"
            )
        if item.key_id and self._keys.has(item.key_id):
            return item.key_id
        try:
            return self._keys.make(item.name).id
        except EngineError as error:
            raise InvalidArgument(field="encrypted", value="true", expected=error.text) from error

    def _check_unused(self, tx: CatalogueTransaction, item: MediaPool) -> None:
        users = [f"medium {each.label}" for each in tx.media() if each.pool == item.name]
        users += [
            f"event {name}"
            for name in planned_by(
                tx,
                lambda event: item.name in _pools_of(event),
            )
        ]
        users += [f"job {job.id}" for job in tx.open_jobs() if job.pool == item.name]
        users += [f"media pool {each.name}" for each in tx.pools() if each.spare_pool == item.name]
        if not users and len(tx.pools()) == 1:
            users = ["every backup: it is the only one"]
        if users:
            raise PoolInUse(pool=item.name, users=", ".join(users))

    def _not_found(self, name: str) -> NotFound:
        return PoolNotFound(pool=name)


def _pools_of(event: Event) -> tuple[str, ...]:
    if isinstance(event.action, MigrationAction):
        return event.action.source_pool, event.action.pool
    return (event.action.pool,) if isinstance(event.action, BackupAction) else ()
