"""How the window looks and where it stands: as it was kept, and kept again at the end."""

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QSplitter

from sesam_master.core.settings import Settings, SettingsStore
from sesam_master.ui.actions import Action, always
from sesam_master.ui.fonts import system_px
from sesam_master.ui.theme import ThemeHolder, ThemeMode

TEXT_SIZES = (11, 12, 13, 14, 15, 16, 18, 20)  # px of the body text
TEXT_SIZE_MENU: tuple[str | None, ...] = (None, "text_larger", "text_smaller", "text_normal")


def apply_kept(holder: ThemeHolder, settings: Settings) -> None:
    """Theme and text size, before anything is shown. What is unusable stays as it is."""
    if settings.theme in list(ThemeMode):
        holder.set_mode(ThemeMode(settings.theme))
    if settings.text_px is not None and TEXT_SIZES[0] <= settings.text_px <= TEXT_SIZES[-1]:
        holder.set_text_px(settings.text_px)


def place_window(window: QMainWindow, settings: Settings) -> None:
    """Window and panes as they were; Qt moves a window that would be off all screens."""
    window.restoreGeometry(QByteArray(settings.geometry))
    panes = window.centralWidget()
    if isinstance(panes, QSplitter):
        panes.restoreState(QByteArray(settings.panes))


def keep(
    store: SettingsStore,
    holder: ThemeHolder,
    window: QMainWindow,
    results: str,
    calendar: str,
    now: str,
    savesets: str,
) -> None:
    """Keeps everything as it is now, with the looks of the pages. Raises KeepingError."""
    panes = window.centralWidget()
    store.save(
        Settings(
            theme=holder.mode.value,
            text_px=holder.text_px,
            geometry=bytes(window.saveGeometry().data()),
            panes=bytes(panes.saveState().data()) if isinstance(panes, QSplitter) else b"",
            results=results,
            calendar=calendar,
            now=now,
            savesets=savesets,
        )
    )


def text_size_actions(holder: ThemeHolder) -> list[Action]:
    """Larger, smaller and the system's, for the menu Window."""

    def step(direction: int) -> None:
        now = holder.text_px or system_px()
        beyond = [size for size in TEXT_SIZES if (size - now) * direction > 0]
        if beyond:
            holder.set_text_px(min(beyond, key=lambda size: abs(size - now)))

    return [
        Action("text_larger", "Larger text", "plus", "Ctrl++", always, lambda _: step(1)),
        Action("text_smaller", "Smaller text", "minus", "Ctrl+-", always, lambda _: step(-1)),
        Action(
            "text_normal",
            "Text size of the system",
            "",
            "Ctrl+0",
            always,
            lambda _: holder.set_text_px(None),
        ),
    ]
