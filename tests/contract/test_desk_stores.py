"""What all stores of a desk do, also for two desks that use the same ones."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend

from sesam_master import local
from sesam_master.core.registry import (
    CredentialStore,
    PictureStore,
    Registration,
    RegistryStore,
    Remembered,
)
from sesam_master.storage.credentials import EncryptedFile, KeyringCredentials
from sesam_master.storage.pictures import PictureFile
from sesam_master.storage.registry_file import RegistryFile
from tests.desk.remote import rig

ALPHA = Registration("id-a", "Älpha", "EMEA / DACH", "::1", 11401, b"\x00\xff", "AB" * 32)
BETA = Registration("id-b", "Here", "", "", 0, b"", "", is_on=False, socket="unix:/run/a.sock")
DEADLINE = 20.0


class Keyring(KeyringBackend):
    """What the stores of all desks see."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self._kept[service, username]


@dataclass(frozen=True)
class Desks:
    """The stores of two desks that use the same ones."""

    registries: tuple[RegistryStore, RegistryStore]
    credentials: tuple[CredentialStore, CredentialStore]
    pictures: tuple[PictureStore, PictureStore]


def in_memory(_directory: Path) -> Desks:
    registry, credentials = rig.MemoryRegistry(), rig.MemoryCredentials()
    pictures = rig.MemoryPictures()
    return Desks((registry, registry), (credentials, credentials), (pictures, pictures))


def in_files(directory: Path) -> Desks:
    registry, credentials = directory / "new" / "locations.json", directory / "credentials.json"
    pictures = directory / "pictures.sqlite"
    return Desks(
        (RegistryFile(registry), RegistryFile(registry)),
        (EncryptedFile(credentials, "correct horse"), EncryptedFile(credentials, "correct horse")),
        (PictureFile(pictures), PictureFile(pictures)),
    )


def in_a_keyring(directory: Path) -> Desks:
    keyring = Keyring()
    return replace(
        in_files(directory), credentials=(KeyringCredentials(keyring), KeyringCredentials(keyring))
    )


@pytest.fixture(params=[in_memory, in_files])
def desks(request: pytest.FixtureRequest, tmp_path: Path) -> Desks:
    made: Desks = request.param(tmp_path)
    return made


@pytest.fixture(params=[in_memory, in_files, in_a_keyring])
def credentials(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[CredentialStore, CredentialStore]:
    made: Desks = request.param(tmp_path)
    return made.credentials


def add(*registrations: Registration) -> Callable[[dict[str, Registration]], object]:
    return lambda listed: listed.update({item.location_id: item for item in registrations})


def together(*acts: Callable[[], object]) -> None:
    """Each in a thread of its own, begun at the same time."""
    begin = threading.Barrier(len(acts))
    failures: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        begin.wait(DEADLINE)
        try:
            act()
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert failures == []


@pytest.mark.parametrize("is_local", [False, True])
def test_registrations_are_kept_in_their_order(desks: Desks, is_local: bool) -> None:
    store = local.MemoryRegistry([]) if is_local else desks.registries[0]
    empty = store.stamp()
    assert store.load() == []
    assert store.change(add(BETA, ALPHA)) == [BETA, ALPHA]
    assert store.load() == [BETA, ALPHA]
    stamp = store.stamp()
    assert stamp not in (empty, ())
    assert store.stamp() == stamp
    renamed = replace(BETA, name="Renamed")
    assert store.change(add(renamed)) == [renamed, ALPHA]
    assert store.stamp() != stamp
    assert store.change(lambda listed: listed.pop("id-b")) == [ALPHA]
    assert store.load() == [ALPHA]


@pytest.mark.parametrize("is_local", [False, True])
def test_a_change_that_fails_changes_nothing(desks: Desks, is_local: bool) -> None:
    store = local.MemoryRegistry([]) if is_local else desks.registries[0]
    store.change(add(ALPHA))
    stamp = store.stamp()

    def fail(listed: dict[str, Registration]) -> None:
        listed.clear()
        raise LookupError("not listed")

    with pytest.raises(LookupError):
        store.change(fail)
    assert store.load() == [ALPHA]
    assert store.stamp() == stamp
    assert store.change(add(BETA)) == [ALPHA, BETA]


def test_a_desk_changes_what_the_other_has_kept(desks: Desks) -> None:
    first, second = desks.registries
    first.change(add(ALPHA))
    stamp = first.stamp()
    second.change(add(BETA))
    assert first.stamp() != stamp
    assert first.load() == [ALPHA, BETA]
    assert first.change(lambda listed: listed.pop("id-a")) == [BETA]
    assert second.change(lambda _listed: None) == [BETA]


def test_no_registration_is_lost_between_two_desks(desks: Desks) -> None:
    def fill(store: RegistryStore, name: str) -> None:
        for number in range(30):
            store.change(add(replace(ALPHA, location_id=f"{name}{number}")))

    first, second = desks.registries
    together(lambda: fill(first, "a"), lambda: fill(second, "b"))
    kept = [item.location_id for item in first.load()]
    assert sorted(kept) == sorted(f"{name}{number}" for name in "ab" for number in range(30))
    assert kept == [item.location_id for item in second.load()]


def test_credentials(credentials: tuple[CredentialStore, CredentialStore]) -> None:
    store = credentials[0]
    assert store.get("id-a") is None
    store.put("id-a", "sesam_1")
    store.put("id-b", "sesam_ä")
    store.put("id-a", "sesam_2")
    assert (store.get("id-a"), store.get("id-b")) == ("sesam_2", "sesam_ä")
    store.delete("id-a")
    store.delete("id-a")
    assert (store.get("id-a"), store.get("id-b")) == (None, "sesam_ä")


def test_a_desk_gets_the_credentials_that_the_other_has_put(
    credentials: tuple[CredentialStore, CredentialStore],
) -> None:
    first, second = credentials
    first.put("id-a", "sesam_1")
    second.put("id-b", "sesam_2")
    for store in credentials:
        assert (store.get("id-a"), store.get("id-b")) == ("sesam_1", "sesam_2")
    first.delete("id-b")
    assert second.get("id-b") is None
    second.delete("id-b")
    second.put("id-a", "sesam_3")
    assert first.get("id-a") == "sesam_3"


def test_no_credential_is_lost_between_two_desks(
    credentials: tuple[CredentialStore, CredentialStore],
) -> None:
    def fill(store: CredentialStore, name: str) -> None:
        for number in range(20):
            store.put(f"{name}{number}", f"sesam_{name}{number}")
        store.delete(f"{name}0")

    first, second = credentials
    together(lambda: fill(first, "a"), lambda: fill(second, "b"))
    for store in credentials:
        for name in "ab":
            assert store.get(f"{name}0") is None
            kept = [store.get(f"{name}{number}") for number in range(1, 20)]
            assert kept == [f"sesam_{name}{number}" for number in range(1, 20)]


def kept_in(store: PictureStore) -> dict[str, bytes]:
    return {item.location_id: item.snapshot for item in store.load()}


def test_pictures(desks: Desks) -> None:
    store = desks.pictures[0]
    assert store.load() == []
    store.forget("id-a")
    store.save([])
    store.save([Remembered("id-a", b"\x00old", 1), Remembered("id-b", b"", 2)])
    store.save(iter([Remembered("id-a", b"\xffnew", 3)]))
    assert sorted(store.load(), key=lambda item: item.location_id) == [
        Remembered("id-a", b"\xffnew", 3),
        Remembered("id-b", b"", 2),
    ]
    store.forget("id-a")
    store.forget("id-a")
    assert kept_in(store) == {"id-b": b""}


def test_pictures_that_cannot_be_had_save_none(desks: Desks) -> None:
    def half() -> object:
        yield Remembered("id-a", b"a", 1)
        raise LookupError("no more")

    with pytest.raises(LookupError):
        desks.pictures[0].save(half())  # type: ignore[arg-type]
    assert desks.pictures[0].load() == []


def test_two_desks_keep_and_forget_pictures(desks: Desks) -> None:
    first, second = desks.pictures
    first.save([Remembered("id-a", b"1", 1)])
    second.save([Remembered("id-b", b"2", 2)])
    assert kept_in(first) == kept_in(second) == {"id-a": b"1", "id-b": b"2"}
    second.forget("id-a")
    assert kept_in(first) == {"id-b": b"2"}


def test_no_picture_is_lost_between_two_desks(desks: Desks) -> None:
    def fill(store: PictureStore, name: str) -> None:
        for number in range(20):
            store.save([Remembered(f"{name}{number}", name.encode(), number)])
        store.forget(f"{name}0")

    first, second = desks.pictures
    together(lambda: fill(first, "a"), lambda: fill(second, "b"))
    wanted = {f"{name}{number}": name.encode() for name in "ab" for number in range(1, 20)}
    assert kept_in(first) == kept_in(second) == wanted
