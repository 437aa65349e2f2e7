"""Moving data between a client and a medium."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from server_agent.domain.reach import HostKey, Reach, Ssh
from server_agent.ports.client_files import ClientDirectory, EntryPiece, WalkEvent, WalkRequest
from server_agent.ports.entries import EntryPage
from server_agent.ports.transfers import (
    BackupEvent,
    BackupRequest,
    Compressed,
    CopyEvent,
    CopyRequest,
    Interrupted,
    Message,
    ProofEvent,
    ProofRequest,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
    StoreSpace,
    VerifyEvent,
    VerifyRequest,
)


class Control(Protocol):
    """How the service tells a running engine call to stop."""

    @property
    def cancelled(self) -> bool:
        """True from the moment of the cancel on."""

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Has `callback` called once at the cancel, from the cancelling thread; at once if it
        was before. For ending child processes."""


class Cancelled(Exception):
    """Raised by an engine call that stopped because of its control. Nothing of it remains."""


class EngineError(Exception):
    """An engine call failed and has no result; nothing of it remains.

    Attributes:
        code: stable short code for the protocol, such as "SOURCE_MISSING", "NO_SPACE".
        text: one sentence for people that names the input and what would be right.
        saveset: the saveset that is at fault, which may be one that the asked one builds on;
            empty if none is.
    """

    def __init__(self, code: str, text: str, saveset: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.saveset = saveset


class Engine(Protocol):
    """Moves data between a client and a medium."""

    def use_stores(self, directories: Sequence[bytes], homes: Mapping[str, bytes]) -> None:
        """From now on media lie in these data stores, at least one. What runs goes on with those
        that it began with.

        Args:
            homes: the data store of each medium that is known. It is looked for there and nowhere
                else: what bears its label in another one is a copy of it. Other media are looked
                for in all.
        """

    def leave_alone(self, silent: Collection[bytes]) -> None:
        """From now on these data stores do not answer, and no others: who has to do with other
        media looks at nothing there. What lies in them is never saved all the same."""

    def make_store(self, directory: bytes, name: str) -> None:
        """Makes a directory a data store; idempotent.

        Raises:
            EngineError: STORE_UNUSABLE.
        """

    def check_immutable(self, store: bytes, name: str) -> None:
        """Tries whether files in the data store of that name can be made immutable. Raises
        EngineError: STORE_MISSING, STORE_UNUSABLE (they cannot; the text says why)."""

    def hold_media(self, labels: Collection[str], now: Collection[str] | None = None) -> None:
        """From now on savesets on these media, and on no others, are made immutable where they lie
        when they are committed; those that lie there already are now, as far as their media are in
        their places. `remove` takes that off again. Idempotent. A backup says in a warning if it
        cannot be, of the others the log does. `now`: those of them that are looked at now; None:
        all."""

    def make_medium(self, store: bytes, name: str, label: str) -> None:
        """Makes an empty medium in the data store of that name; idempotent.

        Raises:
            EngineError: STORE_MISSING (the data store is not in its place), NO_SPACE,
                STORE_UNUSABLE (something else has its place).
        """

    def remove_medium(self, store: bytes, name: str, label: str) -> None:
        """Removes an empty medium from the data store of that name; nothing if there is none.

        Raises:
            EngineError: STORE_MISSING (the data store is not in its place), STORE_UNUSABLE (the
                medium is not empty, is another one, or cannot be removed).
        """

    def space(self, store: bytes, name: str, label: str = "") -> StoreSpace:
        """How full a data store is: its file system, or that on which the medium of the label lies
        in it, if there is one.

        Raises:
            EngineError: STORE_MISSING.
        """

    def remove(self, savesets: Sequence[SavesetRef], listed: Collection[str] = ()) -> list[str]:
        """Removes the files of savesets that are not in the catalogue any more, whole or half
        written; idempotent. No saveset comes twice.

        Args:
            listed: those of them that lie on another medium too: their listings stay.

        Returns:
            The names of those of which nothing is left. Those whose medium is not in its place, or
            that the system refuses to remove, are not among them, and the log says why.
        """

    def tidy(self, now: datetime, control: Control) -> Iterator[Message]:
        """Gives back what `remove` has left since that would have cost writing data anew: within
        half an hour, now and then, and never while a medium is read or written. One message for
        each medium that is due; nothing where no such space is left. Idempotent.

        Raises:
            Cancelled: the control said so; what was done is kept.
        """

    def verify(self, request: VerifyRequest, control: Control) -> Iterator[VerifyEvent]:
        """Reads all data and the listing of each saveset and compares them with their digests;
        yields for each a Verified or NotCompared. A quick one looks whether all files are in place
        with the sizes that they had, compares description and listing with their digests, and of
        the data the first and last piece and a few others, as far as the kind of medium has those.

        Raises:
            EngineError: STORE_MISSING, SYSTEM (which say nothing about the saveset).
            Cancelled: the control said so.
        """

    def prove(self, request: ProofRequest, control: Control) -> Iterator[ProofEvent]:
        """Restores samples of a saveset into a scratch place of the agent, as any restore, reads
        them back from its disk and compares them with what is on the medium, which is compared
        with its digests by itself. They are drawn at random, spread over sizes, directories and
        the savesets that hold the data. Yields last one Proved. Nothing of the scratch place is
        left, also after a kill: the next `recover` removes it.

        Raises:
            EngineError: as `restore`; NO_SPACE before anything is written, if there is no room.
            Cancelled: the control said so.
        """

    def copy(self, request: CopyRequest, control: Control) -> Iterator[CopyEvent]:
        """Writes a saveset to another medium as it is: the same data with the same digests; yields
        progress and messages, and last one CopyDone. It exists there only when all of it does and
        what the medium gives back was compared with the digests of the backup; before that, and
        after any exception, nothing of it remains there, unless that medium has gone. The listing
        is one for all media. Closing the iterator early counts as a cancel.

        Raises:
            EngineError: STORE_MISSING (one of the media is not in its place), SAVESET_DAMAGED,
                SAVESET_MISSING (of the one that is read), NO_SPACE, WRITE_DAMAGED, and others. By
                the call itself, before anything may be removed: NAME_TAKEN (something lies there
                already under its name), COPY_IMPOSSIBLE (from what one engine has written to a
                medium of another; or it cannot reach both places at once).
            Cancelled: the control said so.
        """

    def check_store(self, label: str) -> None:
        """Looks whether the medium is in its place; its own label says so.

        Raises:
            EngineError: STORE_MISSING.
        """

    def present(self, savesets: Sequence[SavesetRef]) -> set[str]:
        """Names of those whose files are all in their places with the sizes that they had. Reads
        no data. While a medium is not in its place, none of its savesets is. No saveset comes
        twice."""

    def host_keys(self, client: Ssh, control: Control) -> list[HostKey]:
        """The keys that a client shows, the best first, for a person who compares one with what
        its administrator says and has it pinned. Key file and pinned key are not looked at.

        Raises:
            EngineError: CLIENT_UNREACHABLE.
            Cancelled: the control said so.
        """

    def check_client(self, client: Reach, control: Control) -> list[str]:
        """Looks whether a client can be used; sentences about what it cannot save or restore as it
        should be, none if it can all.

        Raises:
            EngineError: CLIENT_UNFIT and others, as `backup`.
            Cancelled: the control said so.
        """

    def backup(self, request: BackupRequest, control: Control) -> Iterator[BackupEvent]:
        """Saves the sources; yields progress and messages, and last one BackupDone.

        Not idempotent: a name is written once. A saveset exists under its final name only when
        all of it is there and checked; before that, and after any exception, nothing of it
        remains. Closing the iterator early counts as a cancel.

        Raises:
            EngineError: no saveset came about: STORE_MISSING (the medium is not in its place),
                SOURCE_MISSING (a source does not exist), SOURCE_MADE_UP (it lies in a file system
                of the kernel's own), SOURCE_UNREADABLE (nothing at all could be read), NO_SPACE,
                BASE_DAMAGED (the base cannot be built on: `saveset` is not whole any more),
                COMMAND_FAILED (a command ended with an error, or cannot be run),
                CLIENT_UNREACHABLE, CLIENT_UNFIT (it lacks GNU find or tar), CLIENT_KEY_REFUSED,
                CLIENT_KEY_UNUSABLE, CLIENT_HOST_KEY_CHANGED, CLIENT_LOST (in the middle),
                TAR_FAILED, REFERENCE_UNUSABLE (what has changed cannot be told in the way that the
                options say), and others.
            Cancelled: the control said so.
        """

    def clear_archive_bits(self, saveset: SavesetRef) -> list[Message]:
        """Clears the archive bits, on the agent's own machine, of the files that a committed
        saveset itself holds whole and that have not changed since they were found; says of how
        many, and of which it cannot. Idempotent."""

    def restore(self, request: RestoreRequest, control: Control) -> Iterator[RestoreEvent]:
        """Brings entries back below the target, as they were from the root of the client; yields
        progress and messages, and last one RestoreDone. If entries may have been restored
        before an error or a cancel, the last progress before it says how many really were.

        Data are compared with their digests while they are read: what does not match is never
        written as if it were whole. Files at the target are replaced by what has their names, and
        empty directories; nothing else there is touched, and a directory that is in the way of a
        file costs that file. An old version is kept until the new one is whole and on its disk: a
        cancel or error may leave whole entries behind, and else what was there.

        Raises:
            EngineError: STORE_MISSING (a medium is not in its place, which says nothing about the
                saveset), SAVESET_DAMAGED (`saveset` is proved to be), SAVESET_MISSING (files of
                `saveset` are not on their medium), PATH_NOT_FOUND, TARGET_UNUSABLE, NO_SPACE, and
                others.
            Cancelled: the control said so.
        """

    def entries(
        self, saveset: SavesetRef, directory: bytes, position: str | None, limit: int
    ) -> EntryPage:
        """One directory of the listing, directories first, then by name (bytes). The empty
        directory stands for the top and lists the sources.

        Raises:
            server_agent.domain.errors.PathNotFound: the listing has no such directory.
            server_agent.domain.errors.SavesetDamaged: the listing is missing or damaged.
            EngineError: it cannot be read just now, which proves nothing.
        """

    def missing_paths(self, saveset: SavesetRef, paths: Sequence[bytes]) -> list[bytes]:
        """Those of the paths that the listing does not have.

        Raises:
            server_agent.domain.errors.SavesetDamaged: the listing is missing or damaged.
            EngineError: it cannot be read just now, which proves nothing.
        """

    def read_entry(
        self,
        chain: Sequence[SavesetRef],
        path: bytes,
        first_byte: int,
        most_bytes: int,
        control: Control,
    ) -> Iterator[EntryPiece]:
        """A piece of a saved file, compared with the digests of the backup; at least one, also
        where the file has ended. A hard link has the data of its file, a sparse file its holes.

        Args:
            chain: the saveset and all that it builds on, itself first.

        Raises:
            server_agent.domain.errors.PathNotFound: the listing has no such path.
            server_agent.domain.errors.InvalidArgument: it is no file, or was not saved.
            server_agent.domain.errors.SavesetDamaged: the listing is missing or damaged.
            EngineError: as `restore`.
            Cancelled: the control said so.
        """

    def client_directory(
        self, client: Reach, directory: bytes, control: Control
    ) -> ClientDirectory:
        """What lies directly in a directory of a client now.

        Raises:
            server_agent.ports.client_files.NoDirectory: there is none, or it cannot be read.
            EngineError: CLIENT_UNREACHABLE, CLIENT_UNFIT and others, as `backup`.
            Cancelled: the control said so.
        """

    def walk(self, request: WalkRequest, control: Control) -> Iterator[WalkEvent]:
        """The scan of a backup without the backup: what it would save, and what is left out by
        what. Yields progress, one LeftOutBy for each exclude (those of the exclude file behind the
        others) and each option that leaves something out, and last one WalkDone. Nothing of it
        remains. Closing the iterator early counts as a cancel.

        Raises:
            EngineError: SOURCE_MISSING, EXCLUDE_UNUSABLE and others, as `backup`.
            Cancelled: the control said so.
        """

    def recover(
        self,
        writing: Sequence[SavesetRef],
        committed: frozenset[str],
        silent: Collection[bytes] = (),
    ) -> list[Interrupted]:
        """Puts the media in order before any job starts; idempotent. Data stores that are `silent`
        are left alone: `settle` and `sweep` do there later what is to be done.

        One Interrupted for each of `writing` whose medium is in its place; on one that is not,
        nothing is looked at or removed. There is none either for a saveset whose files cannot be
        read or removed just now, which proves nothing: they stay, and the log names it.
        Leftovers under temporary names are removed. What
        lies under a final name and is neither writing nor committed is left as it is and named in
        the log: a catalogue that was put back from a copy knows less than the medium holds.
        """

    def settle(self, saveset: SavesetRef) -> Interrupted | None:
        """As `recover` does with one of `writing`, while jobs run. None: its medium is not in its
        place, or its files cannot be read or removed just now."""

    def sweep(self, label: str, writing: Callable[[], Collection[str]]) -> None:
        """Removes leftovers under temporary names from a medium that was away and is back.

        Args:
            writing: names of the savesets that are being written; asked after the leftovers were
                found, so that what begins meanwhile is not taken for one.

        Raises:
            EngineError: STORE_MISSING.
        """

    def compress_listings(self, before: date, control: Control) -> "Iterator[Compressed | Message]":
        """Compresses the listings of sesam days before that one that are not compressed yet; one
        Compressed or one warning for each. They are read as before. Idempotent; ended at any
        instant it leaves each listing readable.

        Raises:
            Cancelled: the control said so; what was done is kept.
        """

    def shelve(self, savesets: Sequence[SavesetRef], control: Control) -> int:
        """Puts copies of listings on the media of savesets that have none there, so that a
        catalogue can be put back from media alone. What cannot be written or read stays as it is,
        and the log says why. Idempotent. Returns how many were put there; 0 where listings are not
        kept on media.

        Raises:
            Cancelled: the control said so; what was done is kept.
        """

    def put_back(self, job_id: str) -> list[Message]:
        """Puts back what a restore had moved out of its way and not yet replaced when the agent was
        killed, and removes a file that was cut; says what it did, and in warnings what cannot be
        put back and where it lies. Nothing the second time.
        """
