"""What befalls a location in a year, by chance."""

from datetime import datetime, timedelta
from random import Random

from tests.agent.service.year.story import HOUR, Disturbance, What, Whose


def story_of_a_year(
    seed: str, begin: datetime, changes: list[Disturbance], count: int
) -> list[Disturbance]:
    """Disturbances all over the year; none that touches a change of the plan."""
    random = Random(f"story {seed}")
    found = list(changes)
    for _ in range(count):
        at = begin + timedelta(days=random.uniform(2, 355), microseconds=random.randrange(1000))
        if any(abs(at - change.at) < timedelta(days=6) for change in changes):
            continue
        hours = random.choice([random.uniform(0.1, 3), random.uniform(3, 30), 0.5])
        match random.randrange(4):
            case 0:
                found.append(Disturbance(at, What.SLEEP, 2 * hours * HOUR))
            case 1:
                found.append(Disturbance(at, What.CRASH, 2 * hours * HOUR))
            case 2:
                found.append(Disturbance(at, What.JUMP, random.choice([-1, 1]) * hours * HOUR))
            case _:
                # Wrong for a while, then put right.
                wrong = random.choice([-1, 1]) * hours * HOUR
                found.append(Disturbance(at, What.JUMP, wrong))
                later = at + random.uniform(0.01, 20) * HOUR
                found.append(Disturbance(later, What.JUMP, -wrong))
    return found


def wishes_of_a_year(seed: str, begin: datetime, count: int) -> list[Disturbance]:
    """All over the year backups are ordered, and starts to come are taken back."""
    random = Random(f"wishes {seed}")
    found = []
    for _ in range(count):
        at = begin + timedelta(days=random.uniform(2, 355), microseconds=random.randrange(1000))
        ahead = random.choice([random.uniform(0.1, 40), random.uniform(40, 400)]) * HOUR
        found.append(Disturbance(at, What.ORDER, ahead))
        sleep = random.choice([timedelta(), timedelta(), random.uniform(0.01, 5) * HOUR])
        found += [
            Disturbance(
                at + random.uniform(0, 60) * HOUR,
                What.TAKE_BACK,
                sleep,
                whose=whose,
                waits=random.random() < 0.5,
            )
            for whose in Whose
        ]
    return found
