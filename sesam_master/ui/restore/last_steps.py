"""The last steps of a restore: where to, a last look, and the run."""

from datetime import tzinfo

from PySide6.QtCore import QObject, Qt, Signal

from sesam_master.core.acts import Made
from sesam_master.core.gateway import FleetGateway
from sesam_master.core.records import Job
from sesam_master.core.restoring import RestoreOrder
from sesam_master.ui.acts.cancelling import Cancelling
from sesam_master.ui.acts.strip import ActStrip
from sesam_master.ui.bridge import Bridge
from sesam_master.ui.formatting import size_text
from sesam_master.ui.restore.check_step import CheckStep
from sesam_master.ui.restore.model import ListingModel
from sesam_master.ui.restore.presenter import RestorePresenter, start_trouble
from sesam_master.ui.restore.sentences import moment_words
from sesam_master.ui.restore.steps import RunStep
from sesam_master.ui.restore.target_step import TargetStep
from sesam_master.ui.restore.tree import Choice
from sesam_master.ui.theme import ThemeHolder


class LastSteps(QObject):
    """`changed`: what is chosen, or what can be done with it. `sent`: a job was asked for."""

    changed = Signal()
    sent = Signal()

    def __init__(
        self,
        holder: ThemeHolder,
        bridge: Bridge,
        gateway: FleetGateway,
        presenter: RestorePresenter,
        listing: ListingModel,
        zone: tzinfo,
    ) -> None:
        super().__init__()
        self._presenter = presenter
        self._listing = listing
        self._zone = zone
        self.target = TargetStep(holder)
        self.check = CheckStep(holder)
        self.run = RunStep(holder, bridge, gateway, zone)
        self.cancel = ActStrip(holder, bridge, Cancelling(gateway))
        self.target.changed.connect(self.changed)
        self.check.dry_run_wanted.connect(lambda: self.start(dry_run=True))
        self.run.restore_now.clicked.connect(lambda: self.start(dry_run=False))
        self.run.cancel.clicked.connect(self._ask_cancel)
        self.cancel.answered.connect(self._take_cancel)

    def order(self, *, dry_run: bool) -> RestoreOrder | None:
        """What was chosen; None without a saveset."""
        saveset, target = self._presenter.saveset, self.target
        if saveset is None:
            return None
        return RestoreOrder(
            saveset.name,
            tuple(self._listing.tree.paths()),
            target.target,
            target.rule,
            dry_run,
            target.target_client,
            target.without_interfaces.isChecked(),
        )

    def show_target(self) -> None:
        """The step is in front now."""
        saveset = self._presenter.saveset
        if saveset is not None:
            self.target.show_clients(saveset.client, self._presenter.clients)
            self.target.focus_first()

    def show_check(self) -> None:
        """The step is in front now."""
        order, saveset = self.order(dry_run=False), self._presenter.saveset
        if order is not None and saveset is not None:
            choice = self._listing.tree.choice()
            moment = moment_words(saveset, self._zone, self._presenter.now())
            self.check.show_order(order, self.target.shown_client, amount_words(choice), moment)

    def start_refusal(self) -> str | None:
        """Why nothing can be started now; None if it can."""
        if self._presenter.is_starting:
            return "The restore is sent."
        return start_trouble(self._presenter.place) or self.target.refusal

    def start(self, *, dry_run: bool) -> None:
        """Send it."""
        order = self.order(dry_run=dry_run)
        if order is not None and self.start_refusal() is None:
            self.sent.emit()
            self._presenter.start(order)
            self.changed.emit()

    def follow(self) -> None:
        """What can be done now."""
        reason = self.start_refusal()
        self.check.show_refusal(reason)
        self.run.show_refusal(reason)

    def focus_run(self) -> None:
        """The keyboard goes on where the job is."""
        self.run.protocol.setFocus(Qt.FocusReason.OtherFocusReason)

    def _ask_cancel(self) -> None:
        if self._presenter.job is not None and self._presenter.job.is_open:
            self.cancel.ask([self._presenter.job])

    def _take_cancel(self, _asked: Job, made: Made | None) -> None:
        for job in made.jobs if made is not None else ():
            self._presenter.take_job(job)


def amount_words(choice: Choice) -> str:
    """3 files and 1 folder, 4.7 GB."""
    is_known = not choice.is_empty and choice.size_bytes is not None
    return choice.words + (f", {size_text(choice.size_bytes)}" if is_known else "")
