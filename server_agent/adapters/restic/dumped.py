"""What restic writes to its standard output while it reads a repository."""

from collections.abc import Generator

from server_agent.adapters.restic.program import Said, is_lost, last_words
from server_agent.adapters.restic.repository import Repository
from server_agent.ports import Control, EngineError


class ReadFailed(Exception):
    """restic could not read all of it.

    Attributes:
        error: SAVESET_DAMAGED if something is not what it was, or is not there; while a medium is
            gone restic may say so too. Else why it failed.
        said: all that restic has said.
    """

    def __init__(self, error: EngineError, said: bytes) -> None:
        super().__init__(error.text)
        self.error = error
        self.said = said


def dumped(
    repository: Repository, words: list[str], control: Control, what: str
) -> Generator[bytes, None, None]:
    """The output, piece by piece. `what`: was to be done, for an error.

    Raises:
        ReadFailed, Cancelled.
    """
    said = Said()
    with repository.program.start(words, control) as child:
        while child.talks:
            for output in child.ready():
                data = child.read(output)
                if output == "out":
                    yield data
                    continue
                said.hear(data)
                if is_lost(data) and repository.is_here:
                    error = EngineError("SAVESET_DAMAGED", last_words(said.text))
                    raise ReadFailed(error, said.text)
        status = child.wait()
    if status:
        raise ReadFailed(repository.failure(status, said, what), said.text)
