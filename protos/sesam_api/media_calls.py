"""What can be asked of a location's media and done with them: data stores, media pools, media, for
how long savesets are kept, and whether they are still what was written."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from sesam_api import convert, media_convert
from sesam_api.errors import SesamError
from sesam_api.finding_calls import saveset_name
from sesam_api.media_records import (
    DataStore,
    Forgotten,
    MediaPool,
    MediaRequest,
    Medium,
    SavesetFate,
)
from sesam_api.plan_calls import PAGE_SIZE, change_of, pages
from sesam_api.records import Identity, Job
from sesam_api.saveset_records import Saveset
from sesam_api.v1 import media_pb2, savesets_pb2
from sesam_api.v1.media_pb2_grpc import MediaServiceStub
from sesam_api.v1.savesets_pb2_grpc import SavesetServiceStub
from sesam_api.wire import Wire

_ANSWERS = {
    "loaded": media_pb2.MEDIA_ANSWER_LOADED,
    "refused": media_pb2.MEDIA_ANSWER_REFUSED,
    "new": media_pb2.MEDIA_ANSWER_NEW,
}


class Fates:
    """What NEWDAY will do with savesets, the oldest first, read page by page while it is iterated
    over.

    Attributes:
        deleted_savesets, deleted_size: what it will delete altogether.
        deleted_copies: of savesets that stay on another medium.
        held_back: why this NEWDAY will not delete what is due; "": it will.
    """

    def __init__(self, page: Callable[[str], savesets_pb2.PreviewRetentionResponse]) -> None:
        self._page = page
        self._first = page("")
        self.deleted_savesets: int = self._first.deleted_savesets
        self.deleted_size: int = self._first.deleted_bytes
        self.deleted_copies: int = self._first.deleted_copies
        self.held_back: str = self._first.held_back

    def __iter__(self) -> Iterator[SavesetFate]:
        answer = self._first
        yield from map(media_convert.fate, answer.fates)
        while answer.next_page_token:
            answer = self._page(answer.next_page_token)
            yield from map(media_convert.fate, answer.fates)


class MediaCalls:
    """The part of a `Location` that knows media. Changes need the role admin, a verify operator.

    `modify_...` takes a record as it was read, changed with `dataclasses.replace`, and raises
    SesamError CHANGED_MEANWHILE if somebody else has changed the object since.
    """

    identity: Identity

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._media = MediaServiceStub(wire.channel)
        self._kept = SavesetServiceStub(wire.channel)

    # --- data stores ---

    def data_stores(self, text: str = "") -> Iterator[DataStore]:
        """The data stores by name, with how full each is. `text`: a part of the name."""

        def page(token: str) -> tuple[Iterable[DataStore], str]:
            request = media_pb2.ListDataStoresRequest(
                page_size=PAGE_SIZE, page_token=token, filter=text
            )
            answer = self._wire.call(self._media.ListDataStores, request)
            return map(media_convert.data_store, answer.data_stores), answer.next_page_token

        return pages(page)

    def data_store(self, name: str) -> DataStore:
        """One data store. Raises SesamError STORE_NOT_FOUND."""
        for store in self.data_stores(name):
            if store.name == name:
                return store
        raise SesamError("STORE_NOT_FOUND", {"store": name})

    def add_data_store(self, store: DataStore) -> DataStore:
        """Makes a directory a data store. Raises SesamError STORE_UNUSABLE."""
        request = media_pb2.CreateDataStoreRequest(
            **change_of(self.identity), data_store=media_convert.data_store_message(store)
        )
        answer = self._wire.call(self._media.CreateDataStore, request)
        return media_convert.data_store(answer.data_store)

    def modify_data_store(self, store: DataStore) -> DataStore:
        """Replaces path, mark and comment. A path that it is moved to must bear its label."""
        request = media_pb2.UpdateDataStoreRequest(
            **change_of(self.identity), data_store=media_convert.data_store_message(store)
        )
        answer = self._wire.call(self._media.UpdateDataStore, request)
        return media_convert.data_store(answer.data_store)

    def remove_data_store(self, name: str, *, forget_media: bool = False) -> Forgotten:
        """Removes a data store without media and drives. Nothing on its disk is touched.

        Args:
            forget_media: it is lost for good. Its media and their savesets leave the catalogue
                with it; the result says how many. Raises SesamError STORE_IN_USE while savesets on
                other media build on one of them.
        """
        request = media_pb2.DeleteDataStoreRequest(
            **change_of(self.identity), name=name, forget_media=forget_media
        )
        answer = self._wire.call(self._media.DeleteDataStore, request)
        return Forgotten(answer.forgotten_media, answer.forgotten_savesets)

    # --- media pools and media ---

    def pools(self, text: str = "") -> Iterator[MediaPool]:
        """The media pools by name. `text`: a part of the name or of the drive group."""

        def page(token: str) -> tuple[Iterable[MediaPool], str]:
            request = media_pb2.ListMediaPoolsRequest(
                page_size=PAGE_SIZE, page_token=token, filter=text
            )
            answer = self._wire.call(self._media.ListMediaPools, request)
            return map(media_convert.pool, answer.pools), answer.next_page_token

        return pages(page)

    def pool(self, name: str) -> MediaPool:
        """One media pool. Raises SesamError POOL_NOT_FOUND."""
        for pool in self.pools(name):
            if pool.name == name:
                return pool
        raise SesamError("POOL_NOT_FOUND", {"pool": name})

    def add_pool(self, pool: MediaPool) -> MediaPool:
        """Adds a media pool. Its media are made by the backups to it."""
        request = media_pb2.CreateMediaPoolRequest(
            **change_of(self.identity), pool=media_convert.pool_message(pool)
        )
        return media_convert.pool(self._wire.call(self._media.CreateMediaPool, request).pool)

    def modify_pool(self, pool: MediaPool) -> MediaPool:
        """Replaces all of a media pool but its name. What is saved already keeps its EOL."""
        request = media_pb2.UpdateMediaPoolRequest(
            **change_of(self.identity), pool=media_convert.pool_message(pool)
        )
        return media_convert.pool(self._wire.call(self._media.UpdateMediaPool, request).pool)

    def remove_pool(self, name: str) -> None:
        """Removes a media pool without media that no event and no open job names."""
        request = media_pb2.DeleteMediaPoolRequest(**change_of(self.identity), name=name)
        self._wire.call(self._media.DeleteMediaPool, request)

    def media(self, text: str = "") -> Iterator[Medium]:
        """The media by label, with what lies on each. `text`: a part of the label or of the data
        store's name."""

        def page(token: str) -> tuple[Iterable[Medium], str]:
            request = media_pb2.ListMediaRequest(page_size=PAGE_SIZE, page_token=token, filter=text)
            answer = self._wire.call(self._media.ListMedia, request)
            return map(media_convert.medium, answer.media), answer.next_page_token

        return pages(page)

    def medium(self, label: str) -> Medium:
        """One medium. Raises SesamError MEDIUM_NOT_FOUND."""
        for medium in self.media(label):
            if medium.label == label:
                return medium
        raise SesamError("MEDIUM_NOT_FOUND", {"medium": label})

    def modify_medium(self, medium: Medium) -> Medium:
        """Replaces write protection and comment of a medium."""
        request = media_pb2.UpdateMediumRequest(
            **change_of(self.identity), medium=media_convert.medium_message(medium)
        )
        return media_convert.medium(self._wire.call(self._media.UpdateMedium, request).medium)

    def remove_medium(self, label: str) -> None:
        """Removes a medium without savesets, and its label on the disk."""
        request = media_pb2.DeleteMediumRequest(**change_of(self.identity), label=label)
        self._wire.call(self._media.DeleteMedium, request)

    # --- media requests ---

    def media_requests(self) -> list[MediaRequest]:
        """The media that jobs wait for because nobody has put them in, by label."""
        request = media_pb2.ListMediaRequestsRequest()
        answer = self._wire.call(self._media.ListMediaRequests, request)
        return [media_convert.media_request(each) for each in answer.media_requests]

    def answer_media_request(self, label: str, answer: str) -> list[str]:
        """Says what was done about a medium that jobs wait for. Needs the role operator.

        Args:
            answer: "loaded": it is in its place, look now; "refused": the jobs end with an error;
                "new": a new medium is begun instead in its data store, which is there.

        Returns:
            the ids of the jobs that go on, or have ended.

        Raises:
            SesamError: MEDIUM_NOT_WANTED; MEDIUM_AWAY: it is not there after all.
        """
        request = media_pb2.AnswerMediaRequestRequest(
            **change_of(self.identity), label=label, answer=_ANSWERS[answer]
        )
        return list(self._wire.call(self._media.AnswerMediaRequest, request).job_ids)

    # --- savesets ---

    def set_eol(self, saveset: str | Saveset, eol: date) -> Saveset:
        """Keeps a saveset up to and with a sesam day."""
        request = savesets_pb2.UpdateSavesetRequest(
            **change_of(self.identity), name=saveset_name(saveset), eol=eol.isoformat()
        )
        return convert.saveset(self._wire.call(self._kept.UpdateSaveset, request).saveset)

    def delete_savesets(self, savesets: Iterable[str | Saveset]) -> None:
        """Deletes savesets for good, all of them or none. Raises SesamError SAVESET_NEEDED."""
        request = savesets_pb2.DeleteSavesetsRequest(
            **change_of(self.identity), names=map(saveset_name, savesets)
        )
        self._wire.call(self._kept.DeleteSavesets, request)

    def retention(self, day: date | None = None, *, with_kept: bool = False) -> Fates:
        """What NEWDAY will delete.

        Args:
            day: the sesam day that it begins; None: today.
            with_kept: also what it will keep, and why.
        """

        def page(token: str) -> savesets_pb2.PreviewRetentionResponse:
            request = savesets_pb2.PreviewRetentionRequest(
                sesam_day=day.isoformat() if day is not None else "",
                with_kept=with_kept,
                page_size=PAGE_SIZE,
                page_token=token,
            )
            return self._wire.call(self._kept.PreviewRetention, request)

        return Fates(page)

    def verify(
        self, saveset: str | Saveset, *, whole_chain: bool = False, quick: bool = False
    ) -> Job:
        """Queues a comparison of a saveset with its digests; it is ERROR if they differ.

        Args:
            whole_chain: also all that it builds on.
            quick: only sizes, digests of description and listing, and a few pieces of the data.
        """
        request = savesets_pb2.StartVerifyRequest(
            **change_of(self.identity),
            saveset=saveset_name(saveset),
            whole_chain=whole_chain,
            quick=quick,
        )
        return convert.job(self._wire.call(self._kept.StartVerify, request).job)

    def prove(
        self, task: str = "", *, saveset: str | Saveset = "", files: int = 0, max_bytes: int = 0
    ) -> Job:
        """Queues a restore of samples into a scratch place of the agent, where they are compared
        with what was saved; it is ERROR if they differ.

        Args:
            task: its newest saveset that can be restored; or else:
            saveset: this one.
            files: 1 to 10000; 0 means 100.
            max_bytes: of the samples together; 0 means 1 GiB.
        """
        request = savesets_pb2.StartRestoreProofRequest(
            **change_of(self.identity), files=files, max_bytes=max_bytes
        )
        if saveset:
            request.saveset = saveset_name(saveset)
        else:
            request.task = task
        return convert.job(self._wire.call(self._kept.StartRestoreProof, request).job)

    def migrate(
        self,
        pool: str,
        savesets: Iterable[str | Saveset] = (),
        *,
        source_pool: str = "",
        move: bool = False,
        drive: str = "",
    ) -> Job:
        """Queues a copy of savesets, with what they build on, to another media pool.

        Args:
            pool: that they are copied to.
            savesets: 1 to 1000; or else:
            source_pool: all of this media pool that have no copy in the other one.
            move: give them up where they were, when the copy was compared with its digests; needs
                the role admin.
            drive: "" is any of the pool's group.
        """
        request = savesets_pb2.StartMigrationRequest(
            **change_of(self.identity),
            savesets=map(saveset_name, savesets),
            source_pool=source_pool,
            pool=pool,
            move=move,
            drive=drive,
        )
        return convert.job(self._wire.call(self._kept.StartMigration, request).job)
