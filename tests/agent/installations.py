"""Installations below a directory, made as `sesam-agent init` makes them."""

from datetime import UTC, datetime
from pathlib import Path

from server_agent.adapters.setup import make_installation
from server_agent.adapters.trees import Trees
from server_agent.installation import Installation

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def make(root: Path, name: str = "north", host: str = "127.0.0.1", port: int = 0) -> Installation:
    return make_installation(Trees.below(root), name, host, port, NOW)


def tree(root: Path) -> dict[str, bytes | None]:
    """Every file below the directory with its content."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }
