"""The form of a client."""

from dataclasses import replace
from typing import Any

from PySide6.QtWidgets import QCheckBox, QLineEdit

from sesam_master.core.records import Access, Client, Ssh
from sesam_master.ui.components.form import FieldsForm
from sesam_master.ui.objects.fields import CalmChoice, CalmSpin, boxed, caption, line, show_text
from sesam_master.ui.theme import ThemeHolder

LONGEST_ALIVE_SECONDS = 3600
_SSH_WORDS = (
    "GNU find and tar do the work there. The private key lies at the agent and has no passphrase; "
    "only this host key is accepted. Compare it with the client before you save it."
)
_ALIVE_WORDS = "A client that is silent three times as long is taken for lost; 0 switches this off."


class ClientForm(FieldsForm):
    """What belongs to SSH is shown for that only."""

    def __init__(self, holder: ThemeHolder) -> None:
        super().__init__(holder, Client("", Access.LOCAL, ""))
        self.access = CalmChoice()
        self.locked = QCheckBox("Locked: not backed up, restores work")
        self.host = QLineEdit()
        self.port = CalmSpin(1, 65_535)
        self.user = QLineEdit()
        self.key_file = QLineEdit()
        self.host_key = QLineEdit()
        self.alive = CalmSpin(0, LONGEST_ALIVE_SECONDS, " s")
        self.marked = {
            "name": self.name,
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "key_file": self.key_file,
            "host_key": self.host_key,
            "alive_seconds": self.alive,
            "comment": self.comment,
        }
        self._lay_out()
        self._wire()

    def fill(self, client: Client) -> None:
        self._offer(client.access)
        self.access.choose(client.access)
        self.locked.setChecked(client.locked)
        login = client.ssh or Ssh()
        show_text(self.host, login.host)
        self.port.setValue(login.port)
        show_text(self.user, login.user)
        show_text(self.key_file, login.key_file)
        show_text(self.host_key, login.host_key)
        self.alive.setValue(login.alive_seconds)
        self._follow(client.access)

    def first_field(self) -> QLineEdit:
        return self.host if self.host.isVisibleTo(self) else self.comment

    def _lay_out(self) -> None:
        self.host.setPlaceholderText("Name or address")
        self.user.setPlaceholderText("root")
        self.key_file.setPlaceholderText("/root/.ssh/id_sesam, on the agent's machine")
        self.host_key.setPlaceholderText("ssh-ed25519 AAAA…")
        for field in (self.key_file, self.host_key):
            field.setProperty("mono", True)
        rows = self.rows
        rows.add("Name", self.name)
        rows.add("Access", self.access)
        host = line(self.host)
        host.addWidget(self.port)
        self.host.setAccessibleName("Host")
        self.port.setAccessibleName("Port")
        self._host = rows.add("Host, port", boxed(host))
        rows.add("User", self.user)
        rows.add("Key file", self.key_file)
        rows.add("Host key", self.host_key)
        alive = line(self.alive)
        alive.addStretch(1)
        self._alive = rows.add("Sign of life", boxed(alive))
        self.alive.setAccessibleName("Sign of life")
        self._words = caption(f"{_SSH_WORDS} {_ALIVE_WORDS}")
        rows.addRow("", self._words)
        rows.addRow("", self.locked)
        rows.add("Comment", self.comment)

    def _wire(self) -> None:
        self.access.currentIndexChanged.connect(self._change_access)
        self.locked.toggled.connect(lambda on: self.put(locked=on))
        self.host.textChanged.connect(lambda text: self._log_in(host=text.strip()))
        self.port.valueChanged.connect(lambda number: self._log_in(port=number))
        self.user.textChanged.connect(lambda text: self._log_in(user=text.strip()))
        self.key_file.textChanged.connect(lambda text: self._log_in(key_file=text.strip()))
        self.host_key.textChanged.connect(lambda text: self._log_in(host_key=text.strip()))
        self.alive.valueChanged.connect(lambda number: self._log_in(alive_seconds=number))

    def _offer(self, access: Access) -> None:
        """One that this desk does not know can be shown, not chosen."""
        known = [
            ("Local, where the agent runs", Access.LOCAL),
            ("SSH, without an agent", Access.SSH),
        ]
        if access is Access.UNKNOWN:
            known.append(("not known to this desk", Access.UNKNOWN))
        if self.access.count() != len(known):
            self.access.set_entries(known)

    def _change_access(self) -> None:
        access = self.access.value()
        login = (self._item.ssh or Ssh()) if access is Access.SSH else None
        self.put(access=access, ssh=login)
        self._follow(access)

    def _log_in(self, **changes: Any) -> None:
        if self._item.ssh is not None:
            self.put(ssh=replace(self._item.ssh, **changes))

    def _follow(self, access: Access) -> None:
        is_ssh = access is Access.SSH
        fields = (self._host, self.user, self.key_file, self.host_key, self._alive, self._words)
        for field in fields:
            self.rows.setRowVisible(field, is_ssh)
