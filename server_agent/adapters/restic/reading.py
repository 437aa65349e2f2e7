"""A piece of one saved file out of a repository: restic compares all data with their digests. It
reads from the beginning of the file, whatever piece is asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server_agent.adapters.restic.description import Snapshots
from server_agent.adapters.restic.places import ResticPlaces
from server_agent.adapters.restic.program import Said
from server_agent.adapters.restic.restore import ResticRestore
from server_agent.adapters.tar import browse
from server_agent.adapters.tar.client import LocalClient
from server_agent.adapters.tar.failures import translated
from server_agent.adapters.tar.reading import check_first, saved_file
from server_agent.adapters.tar.store import TRY_AGAIN
from server_agent.ports import COMMANDS_DIRECTORY, Control, EngineError, RestoreRequest, SavesetRef
from server_agent.ports.client_files import EntryPiece


@dataclass(slots=True)
class ResticReading(ResticRestore):
    """One run of `server_agent.ports.Engine.read_entry`."""

    @classmethod
    def of(
        cls,
        places: ResticPlaces,
        threads: int,
        chain: Sequence[SavesetRef],
        path: bytes,
        control: Control,
    ) -> "ResticReading":
        request = RestoreRequest(tuple(chain), (path,), b"/")
        return cls(places, threads, request, control, LocalClient())

    def pieces(self, first_byte: int, most_bytes: int) -> Iterator[EntryPiece]:
        saveset = self.request.chain[0]
        [path] = self.request.paths
        with (
            translated(self.control, self.places.tmp_dir),
            self.places.blaming(saveset.label, TRY_AGAIN),
        ):
            listing = self.places.of(saveset).listing
            with browse.reading(listing, saveset.name) as connection:
                size = saved_file(connection, saveset.name, path).size
            check_first(first_byte, size)
            self._then = TRY_AGAIN
            snapshot = _snapshot_of(self._described().snapshots, path)
            end = min(first_byte + most_bytes, size)
            if first_byte >= end:
                yield EntryPiece(b"", size)
                return
            at = 0
            for data in self._dumped(snapshot, path, end):
                piece = data[max(0, first_byte - at) : max(0, end - at)]
                at += len(data)
                if piece:
                    yield EntryPiece(piece, size)

    def _dumped(self, snapshot: str, path: bytes, end: int) -> Iterator[bytes]:
        """The file up to that byte at least."""
        words = [b"dump", b"--no-lock", snapshot.encode(), path]
        repository = self._repository()
        said, read = Said(), 0
        with repository.program.start(words, self.control) as child:
            while child.talks:
                for output in child.ready():
                    data = child.read(output)
                    if output == "err":
                        said.hear(data)
                        continue
                    read += len(data)
                    if data:
                        yield data
                    if read >= end:
                        return
            status = child.wait()
        if status or read < end:
            error = repository.failure(status, said, "read a file")
            raise self._not_whole(said.text) if error.code == "SAVESET_DAMAGED" else error


def _snapshot_of(snapshots: Snapshots, path: bytes) -> str:
    """The snapshot that has a path. Raises EngineError (SAVESET_MISSING)."""
    name = path.removeprefix(COMMANDS_DIRECTORY + b"/").decode("utf-8", "surrogateescape")
    of_command = path.startswith(COMMANDS_DIRECTORY + b"/")
    found = snapshots.outputs.get(name, "") if of_command else snapshots.files
    if not found:
        raise EngineError("SAVESET_MISSING", "no snapshot of the saveset has this path")
    return found
