"""What becomes of replies when the vault's key is missing, and of a reader who has been erased?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from refdesk.core.vault.keys import KEY_FILE
from refdesk.testing import FakeChannel, FakeClock, Library


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
async def library(tmp_path: Path, channel: FakeChannel) -> AsyncIterator[Library]:
    opened = Library(tmp_path / "library", adapters={"wechat": channel}, clock=FakeClock())
    yield opened
    opened.close()


async def test_without_the_key_a_reply_waits_and_goes_once_the_key_is_back(
    library: Library, channel: FakeChannel
) -> None:
    mei, li = library.reader("Mei", "wechat"), library.librarian("li")
    await mei.says("librarian")
    await li.claims(mei)
    (address,) = channel.sent
    heard = len(channel.sent[address])
    key = library.deployment.folder / KEY_FILE
    kept = key.rename(key.with_name("kept"))
    await library.restarted()
    await li.says("I am looking.")
    await library.settle()
    assert len(channel.sent[address]) == heard
    kept.rename(key)
    await library.advance(minutes=2)
    assert [one.text for one in channel.sent[address][heard:]] == ["Li:\nI am looking."]


async def test_an_erased_reader_gets_nothing_and_comes_back_as_somebody_new(
    library: Library, channel: FakeChannel
) -> None:
    mei = library.reader("Mei", "wechat")
    await mei.says("hello")
    (address,) = channel.sent
    rid = await library.app.gateway.reader_at("wechat", address)
    library.app.vault.forget({library.app.erasures.erase(rid).rid})
    heard = len(channel.sent[address])
    await library.advance(minutes=10)
    assert len(channel.sent[address]) == heard
    await mei.says("hello")
    assert len(channel.sent[address]) > heard
    assert await library.app.gateway.reader_at("wechat", address) != rid
