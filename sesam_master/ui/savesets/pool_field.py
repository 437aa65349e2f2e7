"""The media pool that savesets are copied or moved to."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from sesam_master.core.components import Components
from sesam_master.core.components_source import ComponentsSource
from sesam_master.core.records import Saveset
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.objects.fields import NameField


class PoolField(NameField):
    """The pools of the locations are asked for when savesets are; one may also be written.
    `changed`: another name, or other pools."""

    changed = Signal()

    def __init__(self, bridge: Bridge, source: ComponentsSource) -> None:
        super().__init__("Media pool")
        self._bridge = bridge
        self._source = source
        self._pools: set[str] = set()
        self._owner = QObject(self)
        self.setMinimumContentsLength(14)
        self.currentTextChanged.connect(lambda _text: self.changed.emit())

    def missing(self) -> str:
        """Why savesets cannot go there; "" if nothing is known against it."""
        if not self.name():
            return "Choose the media pool first."
        if self._pools and self.name() not in self._pools:
            return f"There is no media pool “{self.name()}” there."
        return ""

    def offer(self, savesets: Sequence[Saveset]) -> None:
        """Pools of their locations; first one in which they do not lie."""
        self._pools.clear()
        self._owner.deleteLater()  # answers for others come to nobody
        self._owner = QObject(self)
        lying = {saveset.pool for saveset in savesets}
        self.set_names([])
        self.show_name("")

        def take(whole: Components) -> None:
            self._pools |= {pool.name for pool in whole.pools or ()}
            self.set_names(sorted(self._pools))
            other = sorted(self._pools - lying)
            if not self.name() and other:
                self.show_name(other[0])
            self.changed.emit()

        for location_id in dict.fromkeys(saveset.location_id for saveset in savesets):
            call = self._source.components(location_id)
            self._bridge.ask(call, self._owner, take, lambda _error: None)
