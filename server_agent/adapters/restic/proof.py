"""A restore proof of a saveset in a repository."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from blake3 import blake3

from server_agent.adapters.restic import description
from server_agent.adapters.restic.places import ResticPlaces
from server_agent.adapters.restic.program import Said, is_lost, last_words
from server_agent.adapters.restic.repository import Repository
from server_agent.adapters.restic.restore import ResticRestore
from server_agent.adapters.restic.sound import sound
from server_agent.adapters.tar.client import LocalClient
from server_agent.adapters.tar.description import DescriptionError
from server_agent.adapters.tar.failures import damaged
from server_agent.adapters.tar.proof import Proof
from server_agent.adapters.tar.samples import Sample
from server_agent.adapters.tar.store import NO_PROOF
from server_agent.adapters.tar.stored import Content
from server_agent.ports import (
    COMMANDS_DIRECTORY,
    EngineError,
    Message,
    RestoreEvent,
    RestoreRequest,
    SavesetRef,
)


@dataclass(slots=True)
class ResticProof(Proof):
    """What is in the repository is read with `restic dump`, which compares it with its SHA-256."""

    places: ResticPlaces

    def _sound_listing(self, saveset: SavesetRef) -> Message | None:
        return sound(self.places, saveset, NO_PROOF, self.control)

    def _restored(self, restore: RestoreRequest) -> Iterator[RestoreEvent]:
        with LocalClient() as client:
            run = ResticRestore(
                *(self.places, self.threads, restore, self.control, client),
                _then=NO_PROOF,
                _then_half=NO_PROOF,
            )
            yield from run.events()

    def _stored(self, samples: Sequence[Sample]) -> Iterator[tuple[Sample, Content]]:
        saveset = self.request.chain[0]
        try:
            snapshots = description.read(self.places.of(saveset).description).snapshots
        except (OSError, DescriptionError) as error:
            raise damaged(saveset.name, f"its description cannot be read: {error}") from error
        repository = self.places.repository(saveset.label)
        for sample in samples:
            directory, _, name = sample.path.rpartition(b"/")
            snapshot, path = snapshots.files, sample.path
            if directory == COMMANDS_DIRECTORY:
                snapshot = snapshots.outputs.get(name.decode("utf-8", "surrogateescape"), "")
            yield sample, self._dumped(repository, snapshot, path)

    def _dumped(self, repository: Repository, snapshot: str, path: bytes) -> Content:
        saveset = self.request.chain[0]
        said, digest, size = Said(), blake3(), 0
        words: list[str | bytes] = ["dump", "--no-lock", snapshot, path]
        with repository.program.start(words, self.control) as child:
            while child.talks:
                for output in child.ready():
                    data = child.read(output)
                    if output == "out":
                        digest.update(data)
                        size += len(data)
                        continue
                    said.hear(data)
                    if is_lost(data) and repository.is_here:
                        self.places.check_store(saveset.label, NO_PROOF)
                        raise damaged(saveset.name, last_words(said.text))
            status = child.wait()
        if status:
            error = repository.failure(status, said, "read a file")
            if error.code != "SAVESET_DAMAGED":
                raise error
            self.places.check_store(saveset.label, NO_PROOF)
            raise EngineError(error.code, error.text, saveset.name)
        return Content(digest.digest(), size)
