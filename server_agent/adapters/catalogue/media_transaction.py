"""Writes of media inside one transaction."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import sqlalchemy as sa

from server_agent.adapters.catalogue.media_schema import (
    copies,
    data_stores,
    loaders,
    media,
    media_pools,
    removals,
    wanted_media,
)
from server_agent.adapters.catalogue.media_view import SqlMediaView, pool_values, portions
from server_agent.adapters.catalogue.planning_transaction import SqlPlanningTransaction
from server_agent.adapters.catalogue.records import values_of
from server_agent.adapters.catalogue.schema import savesets, tasks
from server_agent.domain.copies import Copy, best_place, first_as_copy, lying_at, places_of
from server_agent.domain.errors import AlreadyExists, SavesetNeeded, SavesetNotFound
from server_agent.domain.loaders import Loader
from server_agent.domain.media import DataStore, MediaPool, Medium
from server_agent.domain.media_requests import WantedMedium
from server_agent.domain.savesets import Saveset
from server_agent.ports import MEDIA_KEY, ObjectKey, ObjectKind, Removal


class SqlMediaTransaction(SqlMediaView, SqlPlanningTransaction):
    """The `MediaTransaction` port."""

    def put_data_store(self, store: DataStore) -> None:
        self._put(data_stores, data_stores.c.name, values_of(store))
        self._changed(MEDIA_KEY)

    def remove_data_store(self, name: str) -> None:
        self._connection.execute(data_stores.delete().where(data_stores.c.name == name))
        self._changed(MEDIA_KEY)

    def put_pool(self, pool: MediaPool) -> None:
        self._put(media_pools, media_pools.c.name, pool_values(pool))
        self._changed(MEDIA_KEY)

    def remove_pool(self, name: str) -> None:
        self._connection.execute(media_pools.delete().where(media_pools.c.name == name))
        self._changed(MEDIA_KEY)

    def put_medium(self, medium: Medium) -> None:
        self._put(media, media.c.label, values_of(medium))
        self._changed(MEDIA_KEY)

    def remove_medium(self, label: str) -> None:
        self._connection.execute(media.delete().where(media.c.label == label))
        self._changed(MEDIA_KEY)

    def remove_savesets(self, names: Iterable[str]) -> None:
        wanted = sorted(set(names))
        self._check_bases(set(wanted))
        # One may go before another that builds on it, since both are gone at the end.
        self._connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for some in portions(wanted):
            days = sa.select(savesets.c.name, savesets.c.label, savesets.c.sesam_day)
            first = self._connection.execute(days.where(savesets.c.name.in_(some))).all()
            days = sa.select(copies.c.saveset, copies.c.label, savesets.c.sesam_day)
            further = days.join_from(copies, savesets, savesets.c.name == copies.c.saveset)
            further = further.where(copies.c.saveset.in_(some))
            self._put_removals(
                [Removal(*row) for row in (*first, *self._connection.execute(further).all())]
            )
            self._connection.execute(copies.delete().where(copies.c.saveset.in_(some)))
            self._connection.execute(savesets.delete().where(savesets.c.name.in_(some)))

    def remove_place(self, saveset: str, label: str) -> None:
        known = self._one(Saveset, savesets, savesets.c.name == saveset)
        further = self.copies([saveset]).get(saveset, ())
        if known is None or label not in (known.label, *(copy.label for copy in further)):
            return
        if not further:
            raise ValueError(f"{saveset} lies on {label} only")
        if label == known.label:
            best = best_place(places_of(known, further)[1:]).label
            self.put_first(saveset, best)
        self._delete_copy(saveset, label)
        self.put_removal(Removal(saveset, label, known.sesam_day))

    def add_copy(self, copy: Copy) -> None:
        known = self._one(Saveset, savesets, savesets.c.name == copy.saveset)
        if known is None:
            raise SavesetNotFound(saveset=copy.saveset)
        further = self.copies([copy.saveset]).get(copy.saveset, ())
        if copy.label in (known.label, *(each.label for each in further)):
            raise AlreadyExists(kind="copy", name=f"{copy.saveset} on {copy.label}")
        self._connection.execute(copies.insert().values(values_of(copy)))
        self.forget_removals(copy.label, [copy.saveset])
        self._changed(MEDIA_KEY)

    def put_copy(self, copy: Copy) -> None:
        named = copies.update().where(
            copies.c.saveset == copy.saveset, copies.c.label == copy.label
        )
        self._connection.execute(named.values(values_of(copy)))

    def put_first(self, saveset: str, label: str) -> None:
        known = self._one(Saveset, savesets, savesets.c.name == saveset)
        for copy in self.copies([saveset]).get(saveset, ()):
            if known is not None and copy.label == label:
                named = savesets.update().where(savesets.c.name == saveset)
                self._connection.execute(named.values(values_of(lying_at(known, copy))))
                self._delete_copy(saveset, label)
                behind = first_as_copy(known)
                self._connection.execute(copies.insert().values(values_of(behind)))

    def _delete_copy(self, saveset: str, label: str) -> None:
        named = copies.delete().where(copies.c.saveset == saveset, copies.c.label == label)
        self._connection.execute(named)

    def put_removal(self, removal: Removal) -> None:
        self._put_removals([removal])

    def _put_removals(self, wanted: Sequence[Removal]) -> None:
        if wanted:
            replacing = removals.insert().prefix_with("OR REPLACE")
            self._connection.execute(replacing, [values_of(removal) for removal in wanted])

    def forget_removals(self, label: str, gone: Iterable[str]) -> None:
        on_it = removals.delete().where(removals.c.label == label)
        for some in portions(sorted(set(gone))):
            self._connection.execute(on_it.where(removals.c.saveset.in_(some)))

    def put_loader(self, loader: Loader) -> None:
        self._put(loaders, loaders.c.name, values_of(loader))
        self._changed(MEDIA_KEY)

    def remove_loader(self, name: str) -> None:
        self._connection.execute(loaders.delete().where(loaders.c.name == name))
        self._changed(MEDIA_KEY)

    def put_wanted(self, wanted: WantedMedium) -> None:
        replacing = wanted_media.insert().prefix_with("OR REPLACE")
        self._connection.execute(replacing.values(values_of(wanted)))
        self._changed(MEDIA_KEY)

    def forget_wanted(self, job: str, label: str) -> None:
        named = (wanted_media.c.job == job, wanted_media.c.label == label)
        self._connection.execute(wanted_media.delete().where(*named))
        self._changed(MEDIA_KEY)

    def set_eol(self, saveset: str, eol: date | None) -> None:
        named = savesets.update().where(savesets.c.name == saveset)
        self._connection.execute(named.values(eol=eol))

    def set_verified(self, saveset: str, moment: datetime) -> None:
        named = savesets.update().where(savesets.c.name == saveset)
        self._connection.execute(named.values(verify_time=moment, damage=""))

    def set_proved(self, saveset: str, task: str, moment: datetime) -> None:
        named = savesets.update().where(savesets.c.name == saveset)
        self._connection.execute(named.values(proof_time=moment))
        of_task = tasks.update().where(tasks.c.name == task).values(proof_time=moment)
        if self._connection.execute(of_task).rowcount:
            self._changed(ObjectKey(ObjectKind.TASK, task))

    def _check_bases(self, names: set[str]) -> None:
        above = savesets.alias()
        for some in portions(sorted(names)):
            pairs = sa.select(above.c.base, above.c.name).where(above.c.base.in_(some))
            for row in self._connection.execute(pairs):
                if row.name not in names:
                    raise SavesetNeeded(saveset=row.base, users=f"{row.name} builds on it")
