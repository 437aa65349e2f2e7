"""Says at the start of the agent which data stores do not answer and which media are not there."""

import logging
from functools import partial

from server_agent.domain.media import NEVER
from server_agent.domain.quoting import printable
from server_agent.ports import Engine, EngineError
from server_agent.service.changes import Changes
from server_agent.service.looking import Looking, NoAnswer

log = logging.getLogger(__name__)


def look_for_stores(changes: Changes, engine: Engine, looking: Looking) -> None:
    """To be called before anything else looks there: the log says for what the start waits."""
    with changes.read() as view:
        stores = view.data_stores()
    for store in stores:
        try:
            looking.at(store, partial(engine.space, store.path, store.name))
        except NoAnswer as error:
            where = printable(store.path)
            log.warning("%s. The agent starts when %s answers or is unmounted", error.text, where)
        except EngineError:
            continue  # of what answers, each medium is looked for


def look_for_media(changes: Changes, engine: Engine, looking: Looking) -> None:
    """The log says which are not in their places; lists are served without them."""
    with changes.read() as view:
        media = view.media()
        stores = {store.name: store for store in view.data_stores()}
    for medium in media:
        if medium.init_time == NEVER:
            if medium.write_protected:  # as `Media.delete` leaves it
                log.warning(
                    "Medium %s is write protected and was never made, or its removal was"
                    " interrupted: remove it again, or take the write protection off to use it",
                    medium.label,
                )
            continue
        try:
            looking.at(stores[medium.store], partial(engine.check_store, medium.label))
        except NoAnswer:
            continue  # `look_for_stores` has said it
        except EngineError as error:
            log.warning("%s", error.text)
