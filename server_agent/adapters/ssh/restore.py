"""One restore to a client over SSH: first whole beside the target, then into its places."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from server_agent.adapters.ssh import moving, refusals
from server_agent.adapters.ssh.client import SshClient
from server_agent.adapters.ssh.staging import JOURNAL_SUFFIX, Staging
from server_agent.adapters.ssh.standing import look_there
from server_agent.adapters.tar import private
from server_agent.adapters.tar.child import Child
from server_agent.adapters.tar.failures import no_space
from server_agent.adapters.tar.listing import Amount
from server_agent.adapters.tar.restore import Restore
from server_agent.adapters.tar.selection import Selection
from server_agent.adapters.tar.slices import Orphan
from server_agent.adapters.tar.standing import Look, nothing_there
from server_agent.adapters.tar.tally import Tally
from server_agent.adapters.tar.target import below
from server_agent.domain.jobs import Level, Phase, Progress
from server_agent.domain.quoting import quoted
from server_agent.ports import EngineError, Message, RestoreEvent

Extract = Callable[..., Iterator[RestoreEvent]]


@dataclass(slots=True)
class RemoteRestore(Restore):
    """Like its base, with the same rules. Nothing at the target changes before all that is restored
    is whole at the client; then each file replaces its old version in one step."""

    client: SshClient

    def _bring(self, selection: Selection, scratch: Path) -> Iterator[RestoreEvent]:
        target = self.request.target
        self._check_target()
        for text in self._survey.warnings:
            self._tally.unknown.append(text)
            yield Message(Level.WARNING, "CLIENT_LIMITED", text)
        if self._is_ruled and self._is_used():
            yield from self._paced(self._rule(selection, self._look(scratch), None))
        yield from self._unsaved(selection)
        yield from self._part_links(selection)
        self._total = total = self._damage.whole(selection.amount())
        yield self._progress(total)
        journal = self.places.journal(self.request.job_id or scratch.name)
        staging = Staging(self.client, target, journal.with_suffix(JOURNAL_SUFFIX))
        self._aside = staging
        with staging:
            staging.begin(self.request.paths or selection.sources(), self.control)
            extract = partial(self._extract, selection, staging, total)
            yield from extract(selection.slices, staging.tree, self._tally)
            yield from self._link_orphans(selection, staging, extract, scratch)
            staging.remove_cut(self.control)
            yield self._progress(total, Phase.COMMIT)
            sources = [path.rstrip(b"/") or b"/" for path in selection.sources()]
            for _ in staging.commit(sources, self.request.overwrite):
                yield self._progress(total, Phase.COMMIT)
        self._tally.failed += staging.failed
        self._tally.unknown += staging.unknown
        yield from staging.said()
        yield from self._set_directories(selection, staging, extract)
        if staging.is_full:
            raise no_space(
                f"no space left on a file system below {quoted(target)} at client {staging.name}:"
                f" {staging.failed} entries are as they were before"
            )
        self._replaced = staging.replaced

    def _rehearse(self, selection: Selection, scratch: Path) -> Iterator[RestoreEvent]:
        self._check_target()
        look = self._look(scratch) if self._is_used() else nothing_there
        yield from self._rehearsed(selection, look)

    def _check_target(self) -> None:
        if not self.request.target.startswith(b"/"):
            raise EngineError(
                "TARGET_UNUSABLE",
                f"{quoted(self.request.target)} cannot be the target: it is no absolute path."
                " Name a directory that can be written",
            )

    def _is_used(self) -> bool:
        """Whether anything is in the target. Raises EngineError (TARGET_UNUSABLE): it is none."""
        target = self.request.target
        there = self.client.survey((target,), self.control).looks[target]
        if there.kind == "l":
            behind = there.leads_to
            there = self.client.survey((behind,), self.control).looks[behind]
        if there.kind not in ("", "d"):
            raise EngineError(
                "TARGET_UNUSABLE",
                f"{quoted(target)} cannot be the target at client"
                f" {refusals.name_of(self.client.reach)}: it is no directory."
                " Name a directory that can be written",
            )
        return there.has_entries

    def _look(self, scratch: Path) -> Look:
        words = scratch.with_suffix(".look.tmp")
        return look_there(self.client, self.request.target, words, self.control)

    def _link_orphans(
        self, selection: Selection, staging: Staging, extract: Extract, scratch: Path
    ) -> Iterator[RestoreEvent]:
        """Hard links whose data lie under names that are not restored get them in the tree."""
        if not selection.has_adopted():
            return
        yield from extract(selection.data_of_orphans, staging.data, self._tally)
        words = scratch.with_suffix(".links.tmp")
        try:
            with open(words, "xb", opener=private.opener) as file:
                file.writelines(_words(selection.orphans(), staging))
                for path, first in selection.other_names():
                    self._tally.files += 1
                    names = below(staging.tree, first), below(staging.tree, path)
                    file.write(b"link\0%b\0%b\0" % names)
            with self.client.start(
                moving.link(staging.tree), self.control, fed_from=words
            ) as child:
                for message in _complaints(child):
                    self._tally.failed += 1
                    yield message
        finally:
            words.unlink(missing_ok=True)

    def _set_directories(
        self, selection: Selection, staging: Staging, extract: Extract
    ) -> Iterator[RestoreEvent]:
        """Those that were there before get their times, owners and modes, which what was moved into
        them has changed too."""
        for path in staging.unmade:
            selection.leave_out(path)
        again = Tally(unknown=self._tally.unknown)
        yield from extract(selection.directories, staging.target, again)
        self._tally.bare += again.bare
        self._tally.first_bare = self._tally.first_bare or again.first_bare
        self._tally.failed += again.failed

    def _reached(self, total: Amount) -> Progress:
        staging = self._aside
        if isinstance(staging, Staging) and staging.is_moved:
            return Restore._reached(self, total)
        return Progress(Phase.TRANSFER, files_total=total.files, bytes_total=total.size)


def _words(orphans: Iterator[Orphan], staging: Staging) -> Iterator[bytes]:
    for _, group in itertools.groupby(orphans, key=lambda orphan: orphan.data):
        first, *others = group
        place = below(staging.tree, first.path)
        yield b"move\0%b\0%b\0" % (below(staging.data, first.member), place)
        for other in others:
            yield b"link\0%b\0%b\0" % (place, below(staging.tree, other.path))


def _complaints(child: Child) -> Iterator[Message]:
    said = bytearray()
    while child.talks:
        for output in child.ready():
            said.extend(child.read(output))
    status = child.wait()
    lines = bytes(said).decode("utf-8", "backslashreplace").splitlines()
    if status and not lines:
        lines = [f"the client's shell ended with status {status}"]
    for line in lines:
        text = f"a hard link was not restored: {line}"
        yield Message(Level.WARNING, "NOT_RESTORED", text)
