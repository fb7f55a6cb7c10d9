"""How does a platform bring questions to a webhook: repeated, overlapping, twice at once, late?"""

import asyncio
import random
import time
from collections.abc import Callable

from aiohttp import ClientError, ClientSession, ClientTimeout
from moments import QUESTION_TAKEN, QUESTION_WRITTEN, Moments
from record import Asked, Record

MOST_ATTEMPTS = 3
PATIENCE_WINDOWS = 2.5
# This process may be late itself, on a machine that it shares with what it measures.
OWN_DELAY_SECONDS = 0.5
TWICE_AT_ONCE = 0.05
LATE_REPEAT = 0.05
GIVEN_UP = 0.02
PassiveReply = Callable[[Asked, str], None]


class Webhook:
    """One platform's way to refdesk's address for it."""

    def __init__(
        self,
        platform: str,
        window: float,
        record: Record,
        moments: Moments,
        chance: random.Random,
        passive_reply: PassiveReply | None = None,
    ) -> None:
        self._platform = platform
        self._window = window
        self._record = record
        self._moments = moments
        self._chance = chance
        self._passive_reply = passive_reply
        self._session: ClientSession | None = None
        self.addresses: list[str] = []

    async def deliver(self, question: Asked) -> None:
        """Repeat rounds of up to three overlapping attempts until refdesk says that it has it."""
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(self._window * PATIENCE_WINDOWS))
        if self._chance.random() < TWICE_AT_ONCE:
            self._record.fault("a question delivered twice at once")
            await asyncio.gather(self._attempt(question), self._attempt(question))
        while question.acknowledged is None:
            await self._round(question)
            if question.acknowledged is None:
                await asyncio.sleep(0.2 + self._chance.random() * 0.3)
        if self._chance.random() < LATE_REPEAT:
            self._record.fault("a question delivered again later")
            await asyncio.sleep(self._chance.random() * 5)
            await self._attempt(question)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _round(self, question: Asked) -> None:
        attempts: list[asyncio.Task[None]] = []
        for attempt in range(MOST_ATTEMPTS):
            if attempt:
                self._record.fault("a question repeated before the first was answered")
            attempts.append(asyncio.create_task(self._attempt(question)))
            done, _ = await asyncio.wait(attempts, timeout=self._window)
            if question.acknowledged is not None or len(done) == len(attempts):
                break
        await asyncio.gather(*attempts)

    async def _attempt(self, question: Asked) -> None:
        assert self._session is not None
        self._record.sent(question.number)
        begun = time.monotonic()
        event = {
            "id": f"q{question.number}",
            "reader": question.reader,
            "text": words(question),
            "requested_at": time.time(),
        }
        try:
            server = self._chance.choice(self.addresses)
            request = self._session.post(f"{server}/channels/{self._platform}", json=event)
            sending = asyncio.create_task(_answer_of(request))
            if self._moments.next:
                await asyncio.sleep(0.002)  # time for the request to be written
                self._moments.reached(QUESTION_WRITTEN)
            if self._chance.random() < GIVEN_UP:
                self._record.fault("a delivery whose connection the platform closed")
                await asyncio.sleep(0.002)
                sending.cancel()
            status, text = await sending
        except (ClientError, OSError, TimeoutError):
            return
        except asyncio.CancelledError:
            return
        if status != 200:
            self._record.fault(f"refdesk answered {status}")
            return
        in_time = time.monotonic() - begun <= self._window + OWN_DELAY_SECONDS
        if text and self._passive_reply is not None:
            if in_time:
                self._passive_reply(question, text)
            else:
                self._record.fault("an answer on the request came too late and was dropped")
        self._record.acknowledged(question.number)
        self._moments.reached(QUESTION_TAKEN)


async def _answer_of(request: object) -> tuple[int, str]:
    async with request as answer:  # type: ignore[attr-defined]  # aiohttp's context of a request
        return answer.status, await answer.text()


def words(question: Asked) -> str:
    """Return what the reader writes: one in five uses a command."""
    text = f"Question {question.number}: are you there?"
    return f"/echo {text}" if question.number % 5 == 0 else text
