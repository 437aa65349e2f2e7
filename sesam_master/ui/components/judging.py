"""What may not have been meant, what stands against deleting, and what that stops. Pure text."""

from sesam_master.core.components import (
    Component,
    Components,
    DataStore,
    Drive,
    Loader,
    LoaderKind,
    MediaPool,
    Medium,
)
from sesam_master.core.draft import Draft
from sesam_master.core.records import Access, Client, Task
from sesam_master.ui.components.words import fill_words
from sesam_master.ui.formatting import number_text
from sesam_master.ui.objects.words import count_words, named_list

MADE_BY_BACKUP = "A medium is made and labelled by the first backup that needs one."


def objection(draft: Draft[Component]) -> str | None:
    """Why what is being changed cannot be saved; None if it can."""
    match draft.item:
        case Medium() if draft.is_new:
            return MADE_BY_BACKUP
        case Loader(name=name, kind=LoaderKind.UNKNOWN) if not draft.is_new:
            return f"This desk does not know what {name} is made of, and would lose it."
        case Client(name=name, access=Access.UNKNOWN):
            return f"This desk does not know how {name} is reached, and would lose it."
        case Task(name=name, options=options) if (
            options.exclude_kind is None or options.time_reference is None
        ):
            return f"This desk does not know an option of {name}, and would lose it."
        case _:
            return None


def needs(item: Component, whole: Components) -> str | None:
    """Why an object cannot be deleted as far as is known; None if it can."""
    name = item.name
    match item:
        case Client():
            tasks = [task.name for task in whole.tasks if task.client == name]
            return f"{name} has tasks: {named_list(tasks)}. Delete them first." if tasks else None
        case DataStore():
            users = [medium.label for medium in whole.media or () if medium.data_store == name]
            users += [drive.name for drive in whole.drives if drive.data_store == name]
            return f"{name} is used by {named_list(users)}." if users else None
        case Drive():
            return f"{name} is the only drive." if len(whole.drives) == 1 else None
        case MediaPool():
            media = [medium.label for medium in whole.media or () if medium.pool == name]
            return f"{name} has media: {named_list(media)}." if media else None
        case Medium(savesets=savesets) if savesets:
            return f"{name} holds {count_words(savesets, 'saveset')}."
        case _:
            return None


def consequence(item: Component) -> str:
    """What deleting an object stops, and what it leaves as it is."""
    match item:
        case Client():
            return "It has no tasks, so nothing stops. Savesets of it stay and can be restored."
        case Task(client=client):
            return (
                f"{client} is not backed up by it any more. Its savesets stay and can be restored."
            )
        case DataStore():
            return "It has no media and no drives. Nothing on its disk is touched."
        case Loader():
            return (
                "Its media stay where they are. From then on a person puts them in: jobs that need "
                "one ask for it."
            )
        case Drive(group=group):
            return f"No job is started on it any more; other drives of {group} go on."
        case MediaPool():
            return "It has no media, so nothing is lost."
        case Medium():
            return "It holds no saveset. Its label on the disk is removed with it."


def warnings(item: Component, base: Component | None, whole: Components) -> list[str]:
    """What is remarkable about an object as it is being changed. `base` is it at the location."""
    match item:
        case Client():
            return _client_warnings(item, whole, is_new=base is None)
        case Task():
            return _task_warnings(item, whole)
        case DataStore():
            return _store_warnings(item, base, is_kept=whole.is_kept)
        case Loader():
            return _loader_warnings(item, whole)
        case Drive():
            return _drive_warnings(item, whole)
        case MediaPool():
            return _pool_warnings(item, base, whole)
        case Medium():
            return []


def _client_warnings(client: Client, whole: Components, *, is_new: bool) -> list[str]:
    found = []
    if client.locked:
        found.append("It is locked: its tasks are not backed up.")
    if not is_new and not any(task.client == client.name for task in whole.tasks):
        found.append("It has no task: nothing of it is backed up.")
    return found


def _task_warnings(task: Task, whole: Components) -> list[str]:
    found = []
    client = next((one for one in whole.clients if one.name == task.client), None)
    if client is not None and client.locked:
        found.append(f"Its client {client.name} is locked: it is not backed up.")
    if any(pattern != pattern.strip() for pattern in task.excludes):
        found.append("An exclude begins or ends with a blank, which counts.")
    options = task.options
    if options.without_interfaces and options.backup_even_if_pre_fails:
        found.append("Without interfaces sbc_pre is not run, so that it cannot fail.")
    return found


def _store_warnings(store: DataStore, base: Component | None, *, is_kept: bool) -> list[str]:
    """How it was while its location was reached warns of nothing now."""
    found = []
    if isinstance(base, DataStore) and not is_kept:
        if base.fault:
            found.append(f"It cannot be used just now: {base.fault.rstrip('.')}.")
        if base.fill is not None and base.fill * 100 > store.high_water_mark:
            mark = f"its mark of {store.high_water_mark} %"
            found.append(f"It is above {mark} ({fill_words(base)}): no backup begins on it.")
        if base.path.rstrip(b"/") != store.path.rstrip(b"/"):
            found.append("The other directory has to bear its label: move its content there first.")
    return found


def _loader_warnings(loader: Loader, whole: Components) -> list[str]:
    stores = {store.name: store for store in whole.stores or ()}
    found = []
    for name in loader.data_stores if whole.stores is not None else ():
        if name not in stores:
            found.append(f"There is no data store {name} here.")
        elif not stores[name].removable:
            found.append(f"The data store {name} is not removable: its media stay in their drive.")
        elif all(drive.data_store != name for drive in whole.drives):
            found.append(f"No drive writes to {name}: add one under Drives.")
    return found


def _drive_warnings(drive: Drive, whole: Components) -> list[str]:
    found = []
    if not drive.active:
        found.append("It is off: no job is started on it.")
    if whole.pools is not None and all(pool.drive_group != drive.group for pool in whole.pools):
        found.append(f"No media pool uses the drive group {drive.group}: nothing is written by it.")
    return found


def _pool_warnings(pool: MediaPool, base: Component | None, whole: Components) -> list[str]:
    found = []
    drives = [drive for drive in whole.drives if drive.group == pool.drive_group]
    if drives and not any(drive.active for drive in drives):
        found.append(f"All drives of {pool.drive_group} are off: its backups wait.")
    kept = pool.retention
    if not any((kept.keep_newest, kept.weekly, kept.monthly, kept.yearly)):
        days = number_text(kept.eol_days)
        found.append(
            f"A task that is not backed up for {days} days loses its last saveset: keep the newest."
        )
    if isinstance(base, MediaPool) and kept.eol_days < base.retention.eol_days:
        found.append("What is saved already keeps the EOL that it has.")
    return found
