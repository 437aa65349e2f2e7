"""The forms of what media are made of: data stores, drives, media pools, media."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget

from sesam_master.core.components import (
    LONGEST_EOL_DAYS,
    MOST_KEPT,
    MOST_STREAMS,
    DataStore,
    Drive,
    MediaPool,
    Medium,
    Retention,
)
from sesam_master.core.path_text import path_bytes, path_text
from sesam_master.ui.components.form import FieldsForm
from sesam_master.ui.components.words import retention_words
from sesam_master.ui.objects.fields import (
    CalmSpin,
    NameField,
    boxed,
    caption,
    line,
    show_text,
)
from sesam_master.ui.theme import ThemeHolder

_PATH_WORDS = (
    "A directory of the agent's machine; it is made if its last part is missing, and labelled. "
    "One that bears the label of this data store is taken with its media."
)
_MARK_WORDS = "Of its file system, whatever lies there. No backup begins above it."
_IMMUTABLE_WORDS = (
    "Nobody can delete or change its savesets before, at the agent and on the disk; refused where "
    "the disk cannot do that. It is taken back only when the EOL of all of them is over."
)
_REMOVABLE_WORDS = (
    "A job that needs one that is not there asks for it, on the page Now and by sm_alarm, and "
    "waits instead of failing at once."
)
_ENCRYPTED_WORDS = (
    "What lies there already stays as it is. The key is kept at the agent alone: keep a copy of it "
    "elsewhere (sesam-agent key export), for without it nothing that is encrypted comes back."
)
_SPARE_WORDS = (
    "Written to while its own media cannot be: a full data store, a medium that is away or write "
    "protected. Such a backup says so, and keeps the EOL of this pool."
)
_GROUP_WORDS = "Media pools name the group: any of its drives that is free does the work."
_RULE_WORDS = "What is saved already keeps its EOL; rules that keep more than that hold at once."
_PROTECTED_WORDS = "Nothing is written to it any more, and nothing deleted, whatever its EOL."


class StoreForm(FieldsForm):
    """The form of a data store."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__(holder, DataStore("", b""))
        self.path = QLineEdit()
        self.path.setProperty("mono", True)
        self.path.setPlaceholderText("/backup/store")
        self.high_water = CalmSpin(1, 100, " %")
        self.immutable = QCheckBox("Immutable: what is saved stays until its EOL is over")
        self.removable = QCheckBox("Removable: its media are put in by hand")
        self.marked = {
            "immutable": self.immutable,
            "removable": self.removable,
            "name": self.name,
            "path": self.path,
            "high_water_mark": self.high_water,
            "comment": self.comment,
        }
        self.rows.add("Name", self.name)
        self.rows.add("Path", self.path)
        self.rows.addRow("", caption(_PATH_WORDS))
        self.rows.add("High-water mark", _short(self.high_water))
        self.high_water.setAccessibleName("High-water mark")
        self.rows.addRow("", caption(_MARK_WORDS))
        self.rows.addRow("", self.immutable)
        self.rows.addRow("", caption(_IMMUTABLE_WORDS))
        self.rows.addRow("", self.removable)
        self.rows.addRow("", caption(_REMOVABLE_WORDS))
        self.rows.add("Comment", self.comment)
        self.immutable.toggled.connect(lambda on: self.put(immutable=on))
        self.removable.toggled.connect(lambda on: self.put(removable=on))
        self.path.textChanged.connect(self._change_path)
        self.high_water.valueChanged.connect(lambda number: self.put(high_water_mark=number))

    def fill(self, store: DataStore) -> None:
        if self.is_other or self._path() not in (None, store.path):
            self.path.setText(path_text(store.path))
            self.path.setCursorPosition(0)
        self.high_water.setValue(store.high_water_mark)
        self.immutable.setChecked(store.immutable)
        self.removable.setChecked(store.removable)

    def first_field(self) -> QWidget:
        return self.high_water

    def _path(self) -> bytes | None:
        """None while what stands there means nothing."""
        try:
            return path_bytes(self.path.text())
        except ValueError:
            return None

    def _change_path(self) -> None:
        path = self._path()
        if path is None:
            words = r"Path: write a backslash as \\, and a byte that is no text as \xE4."
            self.put_typed("path", words)
        else:
            self.put(path=path)


class DriveForm(FieldsForm):
    """The form of a drive."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__(holder, Drive("", 1, active=True))
        self.active = QCheckBox("Active: jobs are started on it")
        self.streams = CalmSpin(1, MOST_STREAMS)
        self.group = QLineEdit()
        self.store = NameField("Data store")
        self.marked = {
            "name": self.name,
            "streams": self.streams,
            "group": self.group,
            "data_store": self.store,
            "comment": self.comment,
        }
        self.rows.add("Name", self.name)
        self.rows.addRow("", self.active)
        self.rows.add("Streams", _short(self.streams))
        self.streams.setAccessibleName("Streams")
        self.rows.addRow("", caption("So many jobs it does at once."))
        self.rows.add("Drive group", self.group)
        self.rows.addRow("", caption(_GROUP_WORDS))
        self.rows.add("Data store", self.store)
        self.rows.add("Comment", self.comment)
        self.active.toggled.connect(lambda on: self.put(active=on))
        self.streams.valueChanged.connect(lambda number: self.put(streams=number))
        self.group.textChanged.connect(lambda text: self.put(group=text.strip()))
        self.store.named.connect(lambda name: self.put(data_store=name))
        self.store.currentTextChanged.connect(lambda _text: _check(self, "data_store", self.store))

    def set_stores(self, names: Iterable[str]) -> None:
        """The data stores of the location."""
        self.store.set_names(names)

    def fill(self, drive: Drive) -> None:
        self.active.setChecked(drive.active)
        self.streams.setValue(drive.streams)
        show_text(self.group, drive.group)
        self.store.show_name(drive.data_store)

    def first_field(self) -> QWidget:
        return self.streams


class PoolForm(FieldsForm):
    """The form of a media pool. Its rule is said in words below the numbers."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__(holder, MediaPool(""))
        self.group = NameField("Drive group")
        self.numbers = {
            "eol_days": CalmSpin(0, LONGEST_EOL_DAYS, " days"),
            "keep_newest": CalmSpin(0, MOST_KEPT),
            "weekly": CalmSpin(0, MOST_KEPT, " weeks"),
            "monthly": CalmSpin(0, MOST_KEPT, " months"),
            "yearly": CalmSpin(0, MOST_KEPT, " years"),
        }
        self.words = caption("")
        self.encrypted = QCheckBox("Encrypt what is saved from now on")
        self.spare = NameField("Spare pool", "none")
        self.marked = {
            "name": self.name,
            "encrypted": self.encrypted,
            "spare_pool": self.spare,
            "drive_group": self.group,
            "comment": self.comment,
            **self.numbers,
        }
        widest = max(spin.sizeHint().width() for spin in self.numbers.values())
        for spin in self.numbers.values():
            spin.setMinimumWidth(widest)
        self._lay_out()
        self.group.named.connect(lambda name: self.put(drive_group=name))
        self.encrypted.toggled.connect(lambda on: self.put(encrypted=on))
        self.spare.named.connect(lambda name: self.put(spare_pool=name))
        self.spare.currentTextChanged.connect(lambda _text: _check(self, "spare_pool", self.spare))
        self.group.currentTextChanged.connect(lambda _text: _check(self, "drive_group", self.group))
        for field, spin in self.numbers.items():
            spin.valueChanged.connect(lambda number, field=field: self._keep(**{field: number}))

    def set_pools(self, names: Iterable[str]) -> None:
        """The media pools of the location; one is no spare pool of itself."""
        self.spare.set_names(name for name in names if name != self._item.name)

    def set_groups(self, names: Iterable[str]) -> None:
        """The drive groups of the location."""
        self.group.set_names(names)

    def fill(self, pool: MediaPool) -> None:
        self.group.show_name(pool.drive_group)
        self.encrypted.setChecked(pool.encrypted)
        self.spare.show_name(pool.spare_pool)
        for field, spin in self.numbers.items():
            spin.setValue(getattr(pool.retention, field))
        self._say(pool.retention)

    def first_field(self) -> QWidget:
        return self.numbers["eol_days"]

    def _lay_out(self) -> None:
        self.rows.add("Name", self.name)
        self.rows.add("Drive group", self.group)
        for field, label, explained in (
            ("eol_days", "EOL after", "From the sesam day of the saveset on"),
            ("keep_newest", "Keep newest", "Of each task, however old they are"),
            ("weekly", "Keep weekly", "The newest of each task a week"),
            ("monthly", "Keep monthly", "The newest of each task a month"),
            ("yearly", "Keep yearly", "The newest of each task a year"),
        ):
            spin = self.numbers[field]
            spin.setAccessibleName(label)
            row = line(spin)
            words = caption(explained)
            words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(words, 1)
            self.rows.add(label, boxed(row))
        self.rows.addRow("", self.words)
        self.rows.addRow("", self.encrypted)
        self.rows.addRow("", caption(_ENCRYPTED_WORDS))
        self.rows.add("Spare pool", self.spare)
        self.rows.addRow("", caption(_SPARE_WORDS))
        self.rows.add("Comment", self.comment)

    def _keep(self, **changes: Any) -> None:
        retention = replace(self._item.retention, **changes)
        self.put(retention=retention)
        self._say(retention)

    def _say(self, retention: Retention) -> None:
        self.words.setText(f"Keeps savesets for {retention_words(retention)}. {_RULE_WORDS}")


class MediumForm(FieldsForm):
    """The form of a medium, of which only protection and comment can be changed."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__(holder, Medium(""))
        self.protected = QCheckBox("Write protected")
        self.marked = {"write_protected": self.protected, "comment": self.comment}
        self.rows.add("Label", self.name)
        self.rows.addRow("", self.protected)
        self.rows.addRow("", caption(_PROTECTED_WORDS))
        self.rows.add("Comment", self.comment)
        self.protected.toggled.connect(lambda on: self.put(write_protected=on))

    def fill(self, medium: Medium) -> None:
        self.protected.setChecked(medium.write_protected)

    def first_field(self) -> QWidget:
        return self.protected


def _check(form: FieldsForm, field: str, name: NameField) -> None:
    """A name that is none of those to choose from is said at its field."""
    if name.is_wrong:
        what = name.accessibleName().lower()
        typed = name.name()
        words = f"There is no {what} “{typed}” here." if typed else f"No {what} is chosen."
        form.put_typed(field, words)


def _short(field: QWidget) -> QWidget:
    """No wider than it needs."""
    row = line(field)
    row.addStretch(1)
    return boxed(row)
