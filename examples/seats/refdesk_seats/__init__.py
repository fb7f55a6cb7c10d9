"""Answers "is there a free seat?" from the library's seat system."""

import aiohttp
from pydantic import BaseModel, ConfigDict, Field

from refdesk import Offer, PluginContext, Question, hookimpl

FREE = {"en": "{count} seats are free now.", "zh": "现在有 {count} 个空座位。"}
SILENT = {
    "en": "The seat system does not answer just now. The board at the entrance shows free seats.",
    "zh": "座位系统暂时没有响应。门厅的显示屏上可以看到空座位数。",
}
SOURCE = {"en": "Seat system", "zh": "座位系统"}


class SeatsSettings(BaseModel):
    """Section `[plugins.seats]`."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field("", description='Where the seat system tells `{"free": 12}`.')
    patience_seconds: float = Field(2.0, gt=0, description="How long to wait for it.")


@hookimpl
def register_settings() -> type[BaseModel]:
    """Bring the section `[plugins.seats]`."""
    return SeatsSettings


@hookimpl
async def answer_question(question: Question, context: PluginContext) -> Offer | None:
    """Offer the number of free seats when the question is about seats."""
    settings = context.settings(SeatsSettings)
    if not settings.address or not question.mentions("seat", "seats", "座位", "空位"):
        return None
    count = await free_seats(settings.address, settings.patience_seconds)
    says = SILENT if count is None else FREE
    return Offer(
        says[question.language].format(count=count),
        confidence=0.9,
        source=SOURCE[question.language],
    )


async def free_seats(address: str, patience_seconds: float) -> int | None:
    """Return how many seats are free; None when the seat system does not say."""
    timeout = aiohttp.ClientTimeout(total=patience_seconds)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(address) as reply:
            told = await reply.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    count = told.get("free") if isinstance(told, dict) else None
    return count if isinstance(count, int) else None
