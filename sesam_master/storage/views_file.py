"""The saved views of the results in one JSON file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sesam_master.core.registry import KeepingError
from sesam_master.core.saved_views import SavedView, SavedViews, with_view, without_view
from sesam_master.storage import atomic, file_lock

FORMAT = 1
WAIT_SECONDS = 2.0  # for another desk; the window waits with it


class ViewsFile:
    """Implements core.saved_views.ViewStore. The file is made with the first view; fields that this
    desk does not know are written back."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> SavedViews:
        return _views(self._read(), self._path)

    def put(self, view: SavedView, replaces: str = "") -> SavedViews:
        return self._change(lambda views: with_view(views, view, replaces))

    def remove(self, name: str) -> SavedViews:
        return self._change(lambda views: without_view(views, name))

    def set_default(self, name: str) -> SavedViews:
        return self._change(lambda views: SavedViews(views.views, name))

    def _change(self, act: Callable[[SavedViews], SavedViews]) -> SavedViews:
        try:
            with file_lock.locked(self._path, WAIT_SECONDS):
                document = self._read()
                changed = act(_views(document, self._path))
                document |= {
                    "format": FORMAT,
                    "default": changed.default,
                    "views": [{**view.content, "name": view.name} for view in changed.views],
                }
                packed = json.dumps(document, indent=1, ensure_ascii=False).encode()
                atomic.replace(self._path, packed)
        except OSError as error:
            raise KeepingError(
                f"The views {self._path} cannot be written ({error.strerror}). Nothing was "
                "changed; check rights and free space."
            ) from error
        return changed

    def _read(self) -> dict[str, Any]:
        try:
            document = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise KeepingError(
                f"The views {self._path} cannot be read ({error.strerror}). Check the rights of "
                "the file."
            ) from error
        except ValueError as error:
            raise _damaged(self._path, str(error)) from error
        if not isinstance(document, dict) or type(document.get("format")) is not int:
            raise _damaged(self._path, "it has no format")
        if document["format"] > FORMAT:
            raise KeepingError(
                f"The views {self._path} have format {document['format']}; this desk reads formats "
                f"up to {FORMAT}. Use the newer desk that wrote them."
            )
        return document


def _views(document: dict[str, Any], path: Path) -> SavedViews:
    items = document.get("views", [])
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _damaged(path, "its views are no list of objects")
    views = []
    for item in items:
        name = item.get("name")
        if not isinstance(name, str) or not name:
            raise _damaged(path, "a view has no name")
        views.append(SavedView(name, {key: value for key, value in item.items() if key != "name"}))
    default = document.get("default", "")
    return SavedViews(tuple(views), default if isinstance(default, str) else "")


def _damaged(path: Path, reason: str) -> KeepingError:
    return KeepingError(
        f"The views {path} are damaged ({reason}) and stay as they are. Put a good copy in its "
        "place, or move the file away to begin anew."
    )
