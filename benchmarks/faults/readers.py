"""When do readers ask, and in which order do their platforms pass it on?"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from record import NUMBERS_OF_A_READER, Asked, Record

PLATFORMS = ("plain", "keyed", "polling")
# So much of what readers write does not wait for what they wrote before.
HASTY = 0.3
SWAPPED = 0.05

Deliver = Callable[[Asked], Coroutine[Any, Any, None]]


class Readers:
    """Readers spread over the platforms; each asks its questions over the given seconds."""

    def __init__(
        self, record: Record, readers: int, messages: int, seconds: float, chance: random.Random
    ) -> None:
        self._record = record
        self._readers = readers
        self._seconds = seconds
        self._each = messages // readers
        self._chance = chance
        self._deliveries: set[asyncio.Task[None]] = set()

    async def ask(self, deliver: Mapping[str, Deliver]) -> None:
        """Return when every question has been passed on and taken in."""
        async with asyncio.TaskGroup() as group:
            for reader in range(self._readers):
                platform = PLATFORMS[reader % len(PLATFORMS)]
                group.create_task(self._one(reader, platform, deliver[platform]))

    async def _one(self, reader: int, platform: str, deliver: Deliver) -> None:
        numbers = [reader * NUMBERS_OF_A_READER + n for n in range(1, self._each + 1)]
        for place in range(len(numbers) - 1):
            if self._chance.random() < SWAPPED:  # the platform passes on the later one first
                numbers[place], numbers[place + 1] = numbers[place + 1], numbers[place]
                self._record.fault("questions in another order")
        pause = self._seconds / self._each
        async with asyncio.TaskGroup() as group:
            for number in numbers:
                await asyncio.sleep(self._chance.uniform(0, 2 * pause))
                question = Asked(number, platform, f"reader-{reader:03}")
                self._record.add(question)
                delivery = group.create_task(deliver(question))
                if self._chance.random() >= HASTY:
                    await delivery
