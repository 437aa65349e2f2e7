"""What lies in data stores of both kinds: each is read as the engine does that writes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server_agent.adapters.restic.contents import ResticContents
from server_agent.adapters.restic.stores import is_restic
from server_agent.adapters.tar.contents import TarContents
from server_agent.ports import EngineError
from server_agent.ports.rebuilding import FoundMedium, FoundSaveset, LeftFile, StoreReading


@dataclass(frozen=True, slots=True)
class StoreContents:
    """`server_agent.ports.rebuilding.StoreReading` over both."""

    tar: TarContents
    restic: ResticContents

    def media(self, directories: Sequence[bytes]) -> list[FoundMedium]:
        theirs = [each for each in directories if is_restic(each)]
        own = [each for each in directories if not is_restic(each)]
        found: dict[str, FoundMedium] = {}
        for medium in (*self.tar.media(own), *self.restic.media(theirs)):
            other = found.setdefault(medium.label, medium)
            if other.path != medium.path:
                text = f"two media bear one label, {medium.label}: leave one of them out"
                raise EngineError("STORE_UNUSABLE", text)
        return sorted(found.values(), key=lambda medium: medium.label)

    def contents(self, medium: FoundMedium) -> Iterator[FoundSaveset | LeftFile]:
        return self._of(medium).contents(medium)

    def bring_listing(self, saveset: FoundSaveset, medium: FoundMedium) -> str:
        return self._of(medium).bring_listing(saveset, medium)

    def _of(self, medium: FoundMedium) -> StoreReading:
        return self.restic if is_restic(medium.path) else self.tar
