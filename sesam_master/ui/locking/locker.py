"""Locks the desk: hides all its windows until somebody types the passphrase."""

from collections.abc import Callable
from datetime import datetime, timedelta

import shiboken6
from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtWidgets import QApplication, QWidget

from sesam_master.core.control_source import ControlSource, LockState, WrongPassphrase
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.locking.screen import LockScreen
from sesam_master.ui.locking.settings_window import LockSettingsWindow
from sesam_master.ui.notices import notice
from sesam_master.ui.theme import ThemeHolder

_INPUT = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TabletPress,
    }
)


class Locker(QObject):
    """`said` carries a line for the messages. While it is locked, no window of the program but the
    lock's own is shown, also none that opens meanwhile."""

    said = Signal(str)

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: ControlSource,
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._holder, self._bridge, self._gateway, self._now = holder, bridge, gateway, now
        self.state = LockState()
        self.screen: LockScreen | None = None
        self._window: QWidget | None = None
        self._may_quit: Callable[[], bool] = lambda: True
        self._hidden: list[QWidget] = []
        self._last_input = now()
        bridge.aged.connect(self._look)

    def attach(self, window: QWidget, may_quit: Callable[[], bool]) -> None:
        """The desk's window, and whether it may be closed now."""
        self._window, self._may_quit = window, may_quit

    def begin(self, state: LockState) -> None:
        """Shows the desk: locked if it begins so, and then nothing of it for any moment."""
        self._take(state)
        if self._window is None:
            return
        if state.is_set and state.locks_at_start and not self._window.isVisible():
            self._keep(self._window)
            self.lock()
        elif state.is_set and state.locks_at_start:
            self.lock()
        else:
            self._window.show()

    @property
    def is_locked(self) -> bool:
        return self.screen is not None

    def lock(self) -> None:
        """Hides everything; without a passphrase its settings are opened instead."""
        if self.is_locked or self._window is None:
            return
        if not self.state.is_set:
            self.said.emit("This desk has no passphrase, so that it cannot be locked. Set one.")
            self.settings()
            return
        self._close_popups()
        screen = self.screen = LockScreen(self._holder, self._may_quit)
        screen.given.connect(self._try)
        screen.quit_wanted.connect(QApplication.quit)
        screen.setGeometry(self._window.geometry())
        if self._window.isMaximized():
            screen.showMaximized()
        else:
            screen.show()
        for widget in QApplication.topLevelWidgets():
            self._hide(widget)
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
        screen.begin()
        self._bridge.ask(self._gateway.close_changes(), self, _nothing, _nothing)

    def settings(self) -> LockSettingsWindow:
        """Opens what sets the passphrase."""
        window = LockSettingsWindow(self._holder, self.state, self._window)

        def save(old: str, new: str, state: LockState) -> None:
            def done(kept: LockState) -> None:
                self._take(kept)
                self.said.emit(_kept_words(kept))
                window.close()

            self._bridge.ask(
                self._gateway.set_lock(old, new, state),
                window,
                done,
                lambda error: window.show_problem(notice(error, "set the desk lock").text),
            )

        window.saved.connect(save)
        window.show()
        return window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in _INPUT:
            self._last_input = self._now()
        is_new = kind == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow()
        if is_new and self.is_locked and isinstance(watched, QWidget):
            self._hide(watched)
        return False

    # -- inside

    def _try(self, passphrase: str) -> None:
        screen = self.screen
        if screen is None:
            return
        screen.set_busy(True)

        def wrong(error: Exception) -> None:
            screen.set_busy(False)
            is_wrong = isinstance(error, WrongPassphrase)
            wait = error.wait_seconds if isinstance(error, WrongPassphrase) else 0.0
            screen.say(str(error) if is_wrong else notice(error, "unlock this desk").text, wait)

        asked = self._gateway.check_passphrase(passphrase)
        self._bridge.ask(asked, screen, lambda _nothing: self._unlock(), wrong)

    def _unlock(self) -> None:
        screen, self.screen = self.screen, None
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        hidden, self._hidden = self._hidden, []
        for widget in hidden:
            if shiboken6.isValid(widget):  # it may have been closed meanwhile
                widget.show()
        if screen is not None:
            screen.hide()
            screen.deleteLater()
        if self._window is not None:
            self._window.activateWindow()
        self._last_input = self._now()

    def _hide(self, widget: QWidget) -> None:
        if widget is self.screen or not widget.isVisible():
            return
        self._keep(widget)
        widget.hide()

    def _keep(self, widget: QWidget) -> None:
        """It is to be shown again."""
        if widget not in self._hidden:
            self._hidden.append(widget)

    def _close_popups(self) -> None:
        while (popup := QApplication.activePopupWidget()) is not None:
            if not popup.close():
                return

    def _take(self, state: LockState) -> None:
        self.state = state
        self._last_input = self._now()
        if state.idle_minutes and state.is_set:
            self._watch(QGuiApplication.focusWindow())

    def _watch(self, window: QWindow | None) -> None:
        """Keys and movements come to windows first, a few at a time; to listen to all events of
        the program would slow every painting down."""
        if window is not None:
            window.installEventFilter(self)  # once more is the same as once

    def _look(self) -> None:
        """Every second: whether nobody has touched anything for too long."""
        minutes = self.state.idle_minutes
        if not minutes or not self.state.is_set or self.is_locked:
            return
        for window in QGuiApplication.topLevelWindows():
            self._watch(window)
        idle = self._now() - self._last_input
        if idle < timedelta(0):  # the clock was set back
            self._last_input = self._now()
        elif idle >= timedelta(minutes=minutes):
            self.lock()


def _nothing(_result: object) -> None:
    """Whatever came of it."""


def _kept_words(state: LockState) -> str:
    if not state.is_set:
        return "The passphrase of this desk was removed: everybody at it may change its switches."
    idle = f" It locks after {state.idle_minutes} min." if state.idle_minutes else ""
    return f"The passphrase of this desk is set.{idle} Ctrl+L locks it."
