"""What may a plugin read, and how does it say what it wants?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from refdesk.core.calendar.settings import HoursSettings
from refdesk.core.hosting.plugin_http import OutwardHttp, PluginHttp
from refdesk.core.hosting.plugin_resources import Opener, PluginResources
from refdesk.core.intents import (
    BeginDialogue,
    EndConsultation,
    HandOff,
    Intent,
    Perform,
    ReturnToSelfService,
    Say,
    Schedule,
    Unschedule,
    WriteRow,
)
from refdesk.core.messages import Language, Reply
from refdesk.core.offers import HandoffReason
from refdesk.core.translations import translate
from refdesk.core.turns.triggers import dump_data
from refdesk.storage import Prepared

Settings = TypeVar("Settings", bound=BaseModel)
Service = TypeVar("Service")
Opened = TypeVar("Opened")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is the same for every message: services, settings, hours, names."""

    services: Mapping[type[Any], Any]
    settings: Mapping[str, BaseModel]
    hours: HoursSettings | None
    library_names: Mapping[Language, str]
    library_id: str = "main"

    def __post_init__(self) -> None:
        """Let nobody who is handed these change them for others."""
        for name in ("services", "settings", "library_names"):
            object.__setattr__(self, name, MappingProxyType(getattr(self, name)))

    @property
    def zone(self) -> tzinfo:
        """The time zone of the library, as its opening hours name it; UTC without them."""
        return ZoneInfo(self.hours.time_zone) if self.hours else UTC


class PluginContext:
    """Handed to a plugin with each question or command; lives as long as that call.

    It never hands out sessions or tables of the core: what a plugin wants to happen is an intent,
    written together with the reply. A handler may run twice after a crash; intents of a run that
    did not finish are never written.
    """

    __slots__ = ("_http", "_intents", "_language", "_now", "_plugin", "_surroundings")

    def __init__(
        self, plugin: str, language: Language, now: float, surroundings: Surroundings
    ) -> None:
        """Speak for `plugin`; `now` is in seconds since the epoch."""
        self._plugin = plugin
        self._language: Language = language
        self._now = now
        self._intents: list[Intent] = []
        self._http: PluginHttp | None = None
        self._surroundings = surroundings

    @property
    def plugin(self) -> str:
        """The name of the plugin that this is for."""
        return self._plugin

    @property
    def language(self) -> Language:
        """The language to answer in."""
        return self._language

    @property
    def now(self) -> float:
        """The present moment, in seconds since the epoch."""
        return self._now

    @property
    def intents(self) -> list[Intent]:
        """What the plugin has asked for so far."""
        return self._intents

    def bound_to(self, plugin: str) -> "PluginContext":
        """Return a context of the same moment for another plugin, without intents."""
        return PluginContext(plugin, self.language, self.now, self._surroundings)

    @property
    def moment(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.fromtimestamp(self.now, UTC)

    @property
    def local_moment(self) -> datetime:
        """The present moment where the library is; in UTC when it has no opening hours."""
        return datetime.fromtimestamp(self.now, self._surroundings.zone)

    @property
    def hours(self) -> HoursSettings | None:
        """The library's opening hours, or None when it has configured none."""
        return self._surroundings.hours

    @property
    def library_name(self) -> str:
        """The library's name in the reader's language."""
        names = self._surroundings.library_names
        return names.get(self.language) or next(iter(names.values()), "")

    @property
    def library_id(self) -> str:
        """The library's short name, kept with every row."""
        return self._surroundings.library_id

    def settings(self, model: type[Settings]) -> Settings:
        """Return this plugin's own section of refdesk.toml, of the model it registered."""
        section = self._surroundings.settings[self.plugin]
        if not isinstance(section, model):
            raise TypeError(f"plugin {self.plugin} has registered {type(section).__name__}")
        return section

    def service(self, kind: type[Service]) -> Service:
        """Return a shared service by its type, such as the knowledge base."""
        service: Service = self._surroundings.services[kind]
        return service

    @property
    def http(self) -> PluginHttp:
        """Calls other systems: `await context.http.get_json("https://...")`."""
        if self._http is None:
            self._http = PluginHttp(self.service(OutwardHttp))
        return self._http

    async def opened(self, opener: Opener[Opened]) -> Opened:
        """Return what the async context manager `opener()` opens, kept open from call to call.

        It is opened when it is first asked for, and closed when the plugin is switched off or the
        program stops. Raises what opening raises; the next call tries again.
        """
        resources: PluginResources = self.service(PluginResources)
        return await resources.opened(self.plugin, opener)

    def translate(self, text: str, **values: object) -> str:
        """Return a system text in the reader's language."""
        return translate(text, self.language, **values)

    def say(self, reply: Reply | str) -> None:
        """Send a further reply, before the one that the handler returns."""
        self.intents.append(Say(Reply.of(reply) if isinstance(reply, str) else reply))

    def hand_off(self, reason: HandoffReason) -> None:
        """Ask for a person."""
        self.intents.append(HandOff(reason))

    def return_to_self_service(self) -> None:
        """Take the reader off the waiting list."""
        self.intents.append(ReturnToSelfService())

    def end_consultation(self) -> None:
        """Close the consultation: the reader says that it is over."""
        self.intents.append(EndConsultation())

    def write_row(self, statement: Prepared, **values: Any) -> None:
        """Change a row of the plugin's own tables, in the transaction that sends the reply."""
        self.intents.append(WriteRow(statement, values))

    def begin_dialogue(self, name: str, **answers: str | int | None) -> None:
        """Let the reader fill in a form that a plugin has registered.

        What is known already is given as values, as `finish` gets them.
        """
        self.intents.append(BeginDialogue(name, answers))

    def perform(self, effect: str, arguments: Mapping[str, Any]) -> None:
        """Have a registered effect of this plugin carried out, once, after the reply is stored.

        Raises `TypeError` when the arguments are no plain JSON.
        """
        self.intents.append(Perform(self.plugin, effect, dump_data(arguments)))

    def remind(self, at: datetime | float, name: str, reference: str = "", **data: Any) -> None:
        """Have a registered reminder of this plugin come to this reader.

        It replaces one with the same name and reference. Raises `ValueError` for a time without a
        zone, `TypeError` when the data is no plain JSON.
        """
        if isinstance(at, datetime) and at.tzinfo is None:
            raise ValueError("a reminder needs a time with a zone")
        moment = at.timestamp() if isinstance(at, datetime) else float(at)
        self.intents.append(Schedule(self.plugin, name, reference, moment, dump_data(data)))

    def cancel_reminder(self, name: str, reference: str = "") -> None:
        """Drop a reminder of this plugin for this reader, if there is one."""
        self.intents.append(Unschedule(self.plugin, name, reference))
