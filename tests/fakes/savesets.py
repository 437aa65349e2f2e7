"""Savesets of locations in memory, as agents list, keep and delete them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sesam_master.core.acts import Made
from sesam_master.core.errors import LocationError, Trouble
from sesam_master.core.records import Job, JobKind, Saveset
from sesam_master.core.savesets import (
    FatePage,
    KeepReason,
    SavesetFate,
    SavesetPage,
    SavesetQuery,
    sort_key,
)
from sesam_master.core.states import JobState
from tests.fakes import fleet


@dataclass
class FakeSavesetGateway:
    """A location in `troubles` raises that instead; `kept` says why a saveset stays, the others are
    deleted; `fates_elsewhere` has what becomes of its copies. `page_size` limits every page."""

    all_savesets: dict[str, list[Saveset]] = field(default_factory=dict)
    kept: dict[str, tuple[KeepReason, str]] = field(default_factory=dict)
    fates_elsewhere: dict[str, tuple[SavesetFate, ...]] = field(default_factory=dict)
    held_back: str = ""
    verifications: list[Job] = field(default_factory=list)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    calls: list[tuple[object, ...]] = field(default_factory=list)
    page_size: int = 4

    async def savesets(self, location_id: str, task: str, page_token: str) -> SavesetPage:
        self._tell("savesets", location_id, task, page_token)
        found = [one for one in self._all(location_id) if task in ("", one.task)]
        return self._some(
            location_id, sorted(found, key=_made, reverse=True), page_token, self.page_size
        )

    async def find_savesets(
        self, location_id: str, query: SavesetQuery, page_token: str, most: int
    ) -> SavesetPage:
        self._tell("find_savesets", location_id, query, page_token)
        text = query.text.casefold()
        found = [
            one
            for one in self._all(location_id)
            if query.task in ("", one.task)
            and query.client in ("", one.client)
            and text in f"{one.name}\n{one.task}\n{one.client}".casefold()
        ]
        found.sort(key=sort_key(query.order), reverse=query.descending)
        return self._some(location_id, found, page_token, min(most, self.page_size))

    async def change_eol(self, location_id: str, name: str, eol: str, request_id: str) -> Saveset:
        self._tell("change_eol", location_id, name, eol)
        changed = replace(self._one(location_id, name), eol=eol)
        others = [one for one in self._all(location_id) if one.name != name]
        self.all_savesets[location_id] = [*others, changed]
        return changed

    async def delete_savesets(
        self, location_id: str, names: Sequence[str], request_id: str
    ) -> None:
        self._tell("delete_savesets", location_id, tuple(names))
        for one in self._all(location_id):
            if one.base in names and one.name not in names:
                about = {"saveset": one.base or "", "users": f"{one.name} builds on it"}
                raise LocationError(Trouble.REJECTED, location_id, "SAVESET_NEEDED", about)
        self.all_savesets[location_id] = [
            one for one in self._all(location_id) if one.name not in names
        ]

    async def preview_retention(
        self, location_id: str, sesam_day: str, with_kept: bool, page_token: str
    ) -> FatePage:
        self._tell("preview_retention", location_id, sesam_day, with_kept, page_token)
        found = []
        for one in sorted(self._all(location_id), key=_made):
            found += [self._fate(one), *self.fates_elsewhere.get(one.name, ())]
        gone = [fate for fate in found if fate.reason is KeepReason.DELETED]
        whole = [fate for fate in gone if not fate.stays]
        shown = found if with_kept else gone
        first = int(page_token or 0)
        last = first + self.page_size
        size = sum(fate.stored_bytes for fate in gone)
        token = str(last) if last < len(shown) else ""
        told = (tuple(shown[first:last]), token, len(whole), size)
        return FatePage(*told, len(gone) - len(whole), self.held_back)

    async def verify(
        self,
        location_id: str,
        name: str,
        whole_chain: bool,
        request_id: str,
        *,
        quick: bool = False,
    ) -> Made:
        self._tell("quick_verify" if quick else "verify", location_id, name, whole_chain)
        return self._queued(location_id, name, JobKind.VERIFY)

    async def prove(self, location_id: str, name: str, request_id: str) -> Made:
        self._tell("prove", location_id, name)
        return self._queued(location_id, name, JobKind.RESTORE_PROOF)

    async def migrate(
        self, location_id: str, names: Sequence[str], pool: str, move: bool, request_id: str
    ) -> Made:
        self._tell("migrate", location_id, tuple(names), pool, move)
        return self._queued(location_id, names[0], JobKind.MIGRATION)

    def _queued(self, location_id: str, name: str, kind: JobKind) -> Made:
        saveset = self._one(location_id, name)
        number = 800 + len(self.verifications)
        job = fleet.job(location_id, number, saveset.task, JobState.QUEUED, kind)
        self.verifications.append(replace(job, saveset=name))
        return Made((self.verifications[-1],))

    def _all(self, location_id: str) -> list[Saveset]:
        return self.all_savesets.get(location_id, [])

    def _one(self, location_id: str, name: str) -> Saveset:
        for one in self._all(location_id):
            if one.name == name:
                return one
        raise LocationError(Trouble.REJECTED, location_id, "SAVESET_NOT_FOUND", {"saveset": name})

    def _fate(self, one: Saveset) -> SavesetFate:
        reason, by = self.kept.get(one.name, (KeepReason.DELETED, ""))
        about = (one.name, one.task, one.label, one.sesam_day, one.eol, one.stored_bytes)
        return SavesetFate(*about, reason, by)

    def _some(self, location_id: str, found: list[Saveset], token: str, most: int) -> SavesetPage:
        if token and not token.isdigit():
            raise LocationError(Trouble.REJECTED, location_id, "PAGE_TOKEN_INVALID")
        first = int(token or 0)
        last = first + most
        return SavesetPage(tuple(found[first:last]), str(last) if last < len(found) else "")

    def _tell(self, *call: object) -> None:
        self._note(*call)
        trouble = self.troubles.get(str(call[1]))
        if trouble is not None:
            raise LocationError(trouble, str(call[1]))

    def _note(self, *call: object) -> None:
        self.calls.append(call)


def _made(saveset: Saveset) -> int:
    return int(saveset.job_id)
