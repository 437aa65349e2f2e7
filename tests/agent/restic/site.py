"""A restic engine with a source and savesets numbered one after the other, for tests."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from server_agent.adapters.restic.engine import ResticEngine
from tests.agent.tar.site import LABEL, LOCATION_ID, Site
from tests.agent.tar.trees import Picture
from tests.contract.restic_rig import made_engine, template

STORE_NAME = "Vault"
PER_SAVESET = 2  # snapshots: of its files, and of its listing


@dataclass
class ResticSite(Site):
    engine: ResticEngine  # type: ignore[assignment]

    @classmethod
    def below(cls, root: Path) -> "ResticSite":
        (root / "source").mkdir(parents=True)
        for name in ("store", "secrets"):
            shutil.copytree(template(LABEL, LOCATION_ID) / name, root / name)
        return cls(root, made_engine(root, LOCATION_ID))

    def kept(self, seen: Picture) -> Picture:
        """Without what restic 0.14 does not keep: holes in files, and that a link, pipe or device
        has several names."""
        for facts in seen.values():
            facts["is_sparse"] = False
            if facts["content"] is None and facts["links"] is not None:
                facts["links"] = []
        return seen

    @property
    def medium(self) -> Path:
        return self.root / "store" / LABEL

    def snapshots(self) -> int:
        return len(list((self.medium / "snapshots").iterdir()))

    def begun(self) -> list[str]:
        """What a killed restic has begun to write into the repository."""
        return sorted(str(path.relative_to(self.medium)) for path in self.medium.rglob("*-tmp-*"))

    def locks(self) -> int:
        """Without those that are just written."""
        return sum("-tmp-" not in path.name for path in (self.medium / "locks").iterdir())

    def own_files(self) -> set[str]:
        """What the agent keeps or has left of savesets, without restic's cache."""
        return {
            path.name
            for place in ("lis", "tmp")
            for path in (self.root / place).rglob("*")
            if path.is_file() and "restic" not in path.relative_to(self.root).parts
        }
