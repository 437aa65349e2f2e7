"""Comparing savesets with the digests that were taken when they were made."""

import errno
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from server_agent.adapters.tar import description, packed, stream
from server_agent.adapters.tar.description import Description, DescriptionError
from server_agent.adapters.tar.places import Places, SavesetFiles
from server_agent.adapters.tar.stream import DamagedFrame
from server_agent.adapters.tar.transfer import Pace
from server_agent.domain.jobs import Phase, Progress
from server_agent.ports import Cancelled, Control, SavesetRef, Verified, VerifyEvent, VerifyRequest


@dataclass(slots=True)
class Verify:
    """One run of `server_agent.ports.Engine.verify`."""

    places: Places
    request: VerifyRequest
    control: Control

    def events(self) -> Iterator[VerifyEvent]:
        done = 0
        total = self._total()
        for saveset in self.request.savesets:
            if self.control.cancelled:
                raise Cancelled
            self.places.check_store(saveset.label)
            verified = yield from self._one(saveset, done, total)
            done += verified.bytes_read
            yield verified

    def _total(self) -> int:
        sizes = 0
        for saveset in self.request.savesets:
            try:
                sizes += self.places.files_of(saveset).data.stat().st_size
            except OSError:
                continue  # said when it comes to it
        return sizes

    def _one(
        self, saveset: SavesetRef, before: int, total: int
    ) -> Generator[VerifyEvent, None, Verified]:
        files = self.places.files_of(saveset)
        read = 0
        missing = False
        pace = Pace()
        try:
            with self.places.blamed(saveset.label, "{} and verify it again."):
                description.recorded_sizes(files.description)  # it is there to its end
                description.check(files.description)
                known = description.read(files.description)
                for read in stream.check(files.data, known.frames, self.control):
                    if pace.due():
                        yield Progress(
                            Phase.TRANSFER,
                            bytes_done=before + read,
                            bytes_total=max(total, before + read),
                            current=saveset.name.encode(),
                        )
                fault = _listing_fault(files, known)
        except FileNotFoundError as error:
            fault, missing = f"{error.filename} is missing", True
        except (DescriptionError, DamagedFrame) as error:
            fault = f"what is on the medium is not what was written: {error}"
        except OSError as error:
            fault = f"it cannot be read: {error}"
        return Verified(saveset.name, read, fault, missing)


def _listing_fault(files: SavesetFiles, known: Description) -> str:
    """Raises FileNotFoundError: there is none."""
    try:
        is_right = packed.digest(files.listing) == known.listing_digest
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "", str(files.listing)) from None
    except OSError as error:
        return f"its listing cannot be read: {error}"
    return "" if is_right else "its listing is not what was written"
