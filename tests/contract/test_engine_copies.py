"""What all engines do with savesets that lie on more than one medium."""

import errno
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server_agent.adapters.tar import copying as copying_module
from server_agent.adapters.tar import shelved
from server_agent.domain.errors import SavesetDamaged
from server_agent.domain.jobs import Phase, Progress
from server_agent.ports import (
    Cancelled,
    CopyDone,
    CopyEvent,
    CopyRequest,
    EngineError,
    SavesetRef,
    Verified,
    VerifyRequest,
)
from tests.contract.engine_rig import (
    CHAIN,
    FULL,
    LABEL,
    LOCATION_ID,
    Rig,
    TarRig,
    back_up,
    bring_back,
    full,
    inc,
    make_rig,
    name_of,
    ref,
    with_files,
)
from tests.contract.restic_rig import ResticRig, template
from tests.fakes.engine import FakeControl

OTHER = "TAPE00001"
INC = name_of("I", 2)


@pytest.fixture(params=["fake", "tar", "restic"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    """An engine of each kind, with a second medium in a second data store."""
    if request.param == "restic":
        return with_second_repository(tmp_path)
    made = make_rig(request.param, tmp_path)
    second = os.fsencode(tmp_path / "second")
    made.engine.make_store(second, "Store_2")
    first = b"/store" if request.param == "fake" else os.fsencode(tmp_path / "store")
    made.engine.use_stores([first, second], {})
    made.engine.make_medium(second, "Store_2", OTHER)
    return made


def with_second_repository(root: Path) -> ResticRig:
    """It has a key of its own."""
    made = ResticRig(root)
    with_files(made)
    there = template(OTHER, LOCATION_ID)
    shutil.copytree(there / "store", root / "second")
    shutil.copy(there / "secrets/restic.key", root / "secrets/other.key")
    stores = [b"restic:" + os.fsencode(root / "store")]
    stores.append(b"restic+other:" + os.fsencode(root / "second"))
    made.engine.use_stores(stores, dict(zip((LABEL, OTHER), stores, strict=True)))
    return made


def elsewhere(saveset: SavesetRef) -> SavesetRef:
    return replace(saveset, label=OTHER)


def copying(
    rig: Rig, saveset: SavesetRef, control: FakeControl | None = None
) -> Iterator[CopyEvent]:
    return iter(rig.engine.copy(CopyRequest(saveset, OTHER), control or FakeControl()))


def copied(rig: Rig, saveset: SavesetRef) -> CopyDone:
    *_, done = copying(rig, saveset)
    assert isinstance(done, CopyDone)
    return done


def refused(code: str) -> "pytest.RaisesExc[EngineError]":
    return pytest.raises(EngineError, check=lambda error: error.code == code)


def two(rig: Rig) -> tuple[SavesetRef, SavesetRef]:
    back_up(rig, full(rig))
    rig.write("a", b"changed")
    back_up(rig, inc(rig, INC, *CHAIN))
    return ref(INC, FULL), ref(FULL)


def is_whole(rig: Rig, saveset: SavesetRef) -> bool:
    (found,) = (
        event
        for event in rig.engine.verify(VerifyRequest((saveset,)), FakeControl())
        if isinstance(event, Verified)
    )
    assert (found.saveset, found.label) == (saveset.name, saveset.label)
    return not found.fault


def test_a_copy_is_the_same_saveset(rig: Rig) -> None:
    top, base = two(rig)
    events = list(copying(rig, base))
    assert_size(rig, base, events[-1])
    assert any(isinstance(event, Progress) for event in events)
    assert rig.engine.present([elsewhere(base)]) == {FULL}
    assert rig.engine.present([elsewhere(top)]) == set()
    assert rig.engine.present([base]) == {FULL}
    assert is_whole(rig, elsewhere(base))


def assert_size(rig: Rig, saveset: SavesetRef, done: CopyEvent) -> None:
    """The stored bytes are those that lie there now."""
    assert isinstance(done, CopyDone)
    (found,) = (
        event
        for event in rig.engine.verify(VerifyRequest((saveset,)), FakeControl())
        if isinstance(event, Verified)
    )
    assert found.bytes_read
    if isinstance(rig, ResticRig):
        data = rig.root / "second" / OTHER / "data"
        size = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
        assert 0.5 * size < done.stored_bytes < size, "packs have heads too"
    elif isinstance(rig, TarRig):  # the data have a seek table behind what is compared
        assert done.stored_bytes == (rig.root / "second" / OTHER / saveset.name).stat().st_size
    else:
        assert done.stored_bytes == found.bytes_read


def there(rig: Rig) -> list[str]:
    """What the second medium has, without what makes it one."""
    if isinstance(rig, ResticRig):
        assert not list((rig.root / "second" / OTHER / "locks").iterdir())
        return [path.name for path in (rig.root / "second" / OTHER / "snapshots").iterdir()]
    assert isinstance(rig, TarRig)
    names = [path.name for path in (rig.root / "second" / OTHER).iterdir()]
    return [name for name in names if name != "sesam.label"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("second", [True, False])
def test_a_chain_is_read_across_media(rig: Rig, first: bool, second: bool) -> None:
    top, base = two(rig)
    copied(rig, base)
    copied(rig, top)
    chain = elsewhere(top) if first else top, elsewhere(base) if second else base
    assert bring_back(rig, chain).skipped == 0
    assert (rig.restored()["a"], rig.restored()["b"]) == (b"changed", b"b" * 100)


def test_one_place_goes_and_the_other_is_read(rig: Rig) -> None:
    back_up(rig, full(rig))
    base = ref(FULL)
    copied(rig, base)
    assert rig.engine.remove([base], {FULL}) == [FULL]
    assert rig.engine.present([base]) == set()
    assert rig.engine.present([elsewhere(base)]) == {FULL}
    assert rig.engine.entries(elsewhere(base), rig.source, None, 9).total == 3
    bring_back(rig, [elsewhere(base)])
    assert rig.restored()["b"] == b"b" * 100
    assert rig.engine.remove([elsewhere(base)]) == [FULL]
    assert rig.engine.present([elsewhere(base)]) == set()
    with pytest.raises(SavesetDamaged):
        rig.engine.entries(elsewhere(base), b"", None, 9)
    assert rig.kept() == set()


def test_the_copy_goes_and_the_first_stays(rig: Rig) -> None:
    back_up(rig, full(rig))
    base = ref(FULL)
    copied(rig, base)
    assert rig.engine.remove([elsewhere(base)], {FULL}) == [FULL]
    assert rig.engine.remove([elsewhere(base)], {FULL}) == [FULL]
    assert rig.engine.present([base]) == {FULL}
    assert rig.engine.present([elsewhere(base)]) == set()
    bring_back(rig, [base])
    assert rig.restored()["b"] == b"b" * 100
    copied(rig, base)
    assert is_whole(rig, elsewhere(base))


def test_what_is_damaged_is_not_copied(rig: Rig) -> None:
    back_up(rig, full(rig))
    base = ref(FULL)
    rig.damage(base, "data")
    with pytest.raises(EngineError) as error:
        copied(rig, base)
    assert (error.value.code, error.value.saveset) == ("SAVESET_DAMAGED", FULL)
    assert rig.engine.present([elsewhere(base)]) == set()
    assert rig.engine.remove([elsewhere(base)], {FULL}) == [FULL]


def test_what_is_not_there_is_not_copied(rig: Rig) -> None:
    back_up(rig, full(rig))
    base = ref(FULL)
    rig.unmount()
    with refused("STORE_MISSING"):
        copied(rig, base)
    rig.mount()
    rig.lose(base)
    with refused("SAVESET_MISSING"):
        copied(rig, base)


def test_what_is_there_is_not_written_over(rig: Rig) -> None:
    back_up(rig, full(rig))
    base = ref(FULL)
    copied(rig, base)
    with refused("NAME_TAKEN"):  # by the call: from the first event on its files may be removed
        copying(rig, base)
    assert is_whole(rig, elsewhere(base))


def test_a_medium_that_is_not_there_takes_no_copy(rig: Rig) -> None:
    back_up(rig, full(rig))
    missing = CopyRequest(ref(FULL), "GONE00001")
    if isinstance(rig, TarRig):
        with refused("STORE_MISSING"):
            list(rig.engine.copy(missing, FakeControl()))


@pytest.mark.parametrize("how", ["cancel", "close"])
def test_what_is_ended_leaves_nothing(rig: Rig, how: str) -> None:
    back_up(rig, full(rig))
    base = ref(FULL)
    control = FakeControl()
    events = copying(rig, base, control)
    assert isinstance(next(events), Progress)
    if how == "cancel":
        control.cancel()
        with pytest.raises(Cancelled):
            list(events)
    else:
        events.close()  # type: ignore[attr-defined]
    assert rig.engine.present([elsewhere(base)]) == set()
    if isinstance(rig, TarRig):
        assert there(rig) == []
    copied(rig, base)
    assert is_whole(rig, elsewhere(base))


class TestTar:
    """What only an engine on real disks can show."""

    @pytest.fixture
    def rig(self, tmp_path: Path) -> Rig:
        made = make_rig("tar", tmp_path)
        second = os.fsencode(tmp_path / "second")
        made.engine.make_store(second, "Store_2")
        made.engine.use_stores([os.fsencode(tmp_path / "store"), second], {})
        made.engine.make_medium(second, "Store_2", OTHER)
        return made

    def test_the_bytes_are_the_same(self, rig: Rig, tmp_path: Path) -> None:
        back_up(rig, full(rig))
        copied(rig, ref(FULL))
        there = {path.name: path.read_bytes() for path in medium(tmp_path).iterdir()}
        here = {path.name: path.read_bytes() for path in (tmp_path / "store" / LABEL).iterdir()}
        assert there.keys() == here.keys()
        assert [name for name in there if there[name] != here[name]] == ["sesam.label"]
        assert all(path.stat().st_mode & 0o077 == 0 for path in medium(tmp_path).iterdir())

    def test_what_the_medium_does_not_give_back_is_no_copy(self, rig: Rig, tmp_path: Path) -> None:
        rig.write("big", os.urandom(9 << 20))
        back_up(rig, full(rig))
        events = copying(rig, ref(FULL))
        for event in events:
            if isinstance(event, Progress) and event.phase is Phase.COMMIT:
                break
        (part,) = medium(tmp_path).glob("*.part")
        content = bytearray(part.read_bytes())
        content[6 << 20] ^= 1
        part.write_bytes(content)
        with refused("WRITE_DAMAGED"):
            list(events)
        assert [path.name for path in medium(tmp_path).iterdir()] == ["sesam.label"]
        assert rig.engine.present([ref(FULL)]) == {FULL}

    def test_a_disk_that_is_full_in_the_middle(
        self, rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rig.write("big", os.urandom(9 << 20))
        back_up(rig, full(rig))
        write, written = copying_module._write, []

        def fills(file: io.FileIO, data: bytes) -> None:
            if len(written) == 3:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            written.append(data)
            write(file, data)

        with monkeypatch.context() as patched:
            patched.setattr(copying_module, "_write", fills)
            with refused("NO_SPACE"):
                copied(rig, ref(FULL))
        assert [path.name for path in medium(tmp_path).iterdir()] == ["sesam.label"]
        copied(rig, ref(FULL))
        assert is_whole(rig, elsewhere(ref(FULL)))

    @pytest.mark.parametrize("gone", ["store", "second"])
    def test_a_medium_that_goes_meanwhile(self, rig: Rig, tmp_path: Path, gone: str) -> None:
        """What was written there is removed when it is back."""
        rig.write("big", os.urandom(9 << 20))
        back_up(rig, full(rig))
        events = copying(rig, ref(FULL))
        assert isinstance(next(events), Progress)
        (tmp_path / gone).rename(tmp_path / "away")
        with refused("STORE_MISSING"):
            list(events)
        (tmp_path / "away").rename(tmp_path / gone)
        rig.engine.sweep(OTHER, set)
        assert rig.engine.remove([elsewhere(ref(FULL))], {FULL}) == [FULL]
        assert [path.name for path in medium(tmp_path).iterdir()] == ["sesam.label"]
        copied(rig, ref(FULL))
        assert is_whole(rig, elsewhere(ref(FULL)))

    def test_a_medium_that_goes_before_its_listing_is_copied(
        self, rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without the listing nobody could put a catalogue back from the copy."""
        back_up(rig, full(rig))
        copy = shelved.copy

        def goes(shelf: Path, other: Path) -> bytes | None:
            (tmp_path / "store").rename(tmp_path / "away")
            return copy(shelf, other)

        monkeypatch.setattr(shelved, "copy", goes)
        with refused("STORE_MISSING"):
            copied(rig, ref(FULL))
        assert [path.name for path in medium(tmp_path).iterdir()] == ["sesam.label"]

    def test_a_base_on_a_medium_that_is_away_cannot_be_used(self, rig: Rig, tmp_path: Path) -> None:
        back_up(rig, full(rig))
        copied(rig, ref(FULL))
        (tmp_path / "second").rename(tmp_path / "away")
        with pytest.raises(EngineError) as error:
            back_up(rig, inc(rig, INC, elsewhere(ref(FULL))))
        assert (error.value.code, error.value.saveset) == ("BASE_DAMAGED", FULL)
        assert f"{OTHER} of this location. Is it mounted?" in error.value.text
        (tmp_path / "store").rename(tmp_path / "gone")
        with refused("STORE_MISSING"):  # nothing else could be written either
            back_up(rig, inc(rig, INC, elsewhere(ref(FULL))))

    def test_what_a_kill_leaves_goes_and_the_saveset_stays(
        self, rig: Rig, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        back_up(rig, full(rig))
        base = ref(FULL)
        for suffix in ("", ".idx", ".part", ".idx.tmp", ".lis.zst.tmp"):
            (medium(tmp_path) / f"{FULL}{suffix}").write_bytes(b"half")
        assert rig.engine.recover([], frozenset({FULL})) == []
        assert rig.engine.remove([elsewhere(base)], {FULL}) == [FULL]
        assert [path.name for path in medium(tmp_path).iterdir()] == ["sesam.label"]
        assert rig.engine.present([base]) == {FULL}
        bring_back(rig, [base])
        assert rig.restored()["b"] == b"b" * 100
        assert caplog.text == ""

    def test_a_lost_listing_is_said_of_the_saveset(self, rig: Rig, tmp_path: Path) -> None:
        back_up(rig, full(rig))
        (listing,) = (tmp_path / "lis").rglob(f"{FULL}.db")
        listing.unlink()
        with refused("SAVESET_MISSING"):
            copied(rig, ref(FULL))


def medium(root: Path) -> Path:
    return root / "second" / OTHER
