"""Which parts does a deployment have, and how are they put together? (Only here all are known.)"""

import os
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from refdesk.core import hookspecs
from refdesk.core.channels.adapter import Adapter, NoSettings
from refdesk.core.channels.gateway import Gateway, LibraryIdentity
from refdesk.core.effects.desk import EffectDesk
from refdesk.core.effects.jobs import Jobs
from refdesk.core.effects.reminders import Reminders
from refdesk.core.effects.runner import Effects
from refdesk.core.health.readiness import Readiness
from refdesk.core.hosting.loop_watchdog import LoopWatchdog
from refdesk.core.hosting.plugin_host import PluginHost
from refdesk.core.hosting.plugin_http import OutwardHttp
from refdesk.core.hosting.plugin_loading import (
    LoadReport,
    load_entry_point,
    load_plugins,
    refused_names,
)
from refdesk.core.hosting.plugin_names import found_entry_points
from refdesk.core.hosting.plugin_overview import PluginOverview
from refdesk.core.hosting.plugin_resources import PluginResources
from refdesk.core.hosting.plugin_switches import PluginSwitches
from refdesk.core.lifecycle.handoff_routing import HandoffRouting
from refdesk.core.lifecycle.lifecycle import Lifecycle
from refdesk.core.log.event_reading import EventReading
from refdesk.core.log.live import Live
from refdesk.core.log.log_changes import LogChanges
from refdesk.core.log.shared_live import SharedLive
from refdesk.core.outbox.desk import OutboxDesk
from refdesk.core.outbox.outbox import Outbox
from refdesk.core.outbox.passive_reply import PassiveReplies
from refdesk.core.outbox.sending_windows import SendingWindows
from refdesk.core.pipeline import Pipeline
from refdesk.core.plugin_context import Surroundings
from refdesk.core.reader_tokens import ReaderTokens
from refdesk.core.secrets import deployment_key
from refdesk.core.settings import parse, read_only, refuse_unknown_names
from refdesk.core.staff.desk_work import Desk
from refdesk.core.staff.duty import Duty
from refdesk.core.staff.staff_accounts import StaffAccounts
from refdesk.core.turns.consultation_store import ConsultationStore
from refdesk.core.turns.inbox import Inbox
from refdesk.core.turns.leases import Lease
from refdesk.core.turns.message_limits import MessageLimits
from refdesk.core.turns.rate_limit import RateLimit
from refdesk.core.turns.turns import SILENCE_SECONDS, Turns
from refdesk.core.vault.erasure_journal import JOURNAL_FILE, ErasureJournal
from refdesk.core.vault.erasures import Erasures
from refdesk.core.vault.identity_vault import IdentityVault
from refdesk.core.vault.keys import VaultKeys
from refdesk.core.web.assets import WebAssets
from refdesk.core.web.health import Watched
from refdesk.core.web.plugin_routes import guarded_routes
from refdesk.core.web.server import make_server
from refdesk.deployment import Deployment
from refdesk.errors import NotFoundError, PluginError
from refdesk.knowledge_base import KnowledgeBase
from refdesk.logs import get_logger
from refdesk.storage import Database, ServerLock

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Extras:
    """What a command or a test adds to the parts that are always there.

    `plugins` are asked before the installed ones, under the names of their modules; `adapters` are
    named by their channel account. `clock` tells everybody the time, in seconds since the epoch;
    `monotonic` is what spans are measured with. `store` is the class that keeps consultations.
    """

    routes: Sequence[web.RouteDef] = ()
    assets: Sequence[WebAssets] = ()
    services: Mapping[type[Any], Any] = field(default_factory=dict)
    plugins: Sequence[object] = ()
    adapters: Mapping[str, type[Adapter]] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    store: type[ConsultationStore] = ConsultationStore


class Parts:
    """Everything a deployment consists of; nothing runs yet.

    `background` are the loops that run beside the server; what is first in it begins first.
    `rounds` do once what has become due, as the loops do each time: so time passes in a test.
    """

    def __init__(self, deployment: Deployment, extras: Extras | None = None) -> None:
        """Put the parts together."""
        extras = extras or Extras()
        settings = deployment.settings
        self.settings = settings
        self.deployment = deployment
        self.clock, self.monotonic = extras.clock, extras.monotonic
        self._lock = ServerLock(deployment.folder / "server.lock")
        self.host = PluginHost(
            settings.plugins.deadline_seconds,
            trace="on" if os.environ.get("REFDESK_TRACE_HOOKS") else "off",
        )
        for plugin in extras.plugins:
            self.host.register(getattr(plugin, "__name__", type(plugin).__name__), plugin)
        given = [LoadReport(name, "loaded", "given by the program") for name in self.host.names()]
        found = load_plugins(self.host, settings.plugins.disabled, settings.plugins.first)
        self.plugin_reports = [*given, *found]
        refuse_unknown_names(settings.plugins, "plugins", _names(self.plugin_reports))
        plugin_settings = self._plugin_settings()
        tables = [one for _plugin, one in self.host.collect(hookspecs.register_tables)]
        for one in tables:
            deployment.database.migrate(one.migrations)
        self.switches = PluginSwitches(deployment.database, settings.library.id, self.clock)
        self.switches.begin(self.host)
        self.watchdog = LoopWatchdog(
            settings.plugins.blocked_after_seconds,
            self.host.files(),
            self.host.blocking,
            self.host.blocked,
        )
        self.erasures = Erasures(
            deployment.database,
            settings.library.id,
            ErasureJournal(deployment.folder / JOURNAL_FILE),
            [statement for one in tables for statement in one.erase_reader],
            self.clock,
        )
        shared = deployment.database.engine == "postgresql"
        self.lease = Lease(silence_seconds=SILENCE_SECONDS if shared else None)
        self.live = self._make_live(shared)
        self._adapters: dict[str, Adapter] = {}
        self._make_core(deployment, plugin_settings, extras.store)
        self.adapter_reports = self._load_adapters(extras.adapters)
        self.outbox = Outbox(
            deployment.database,
            settings.library.id,
            self.live,
            self._adapters,
            self.clock,
            lease=self.lease,
            address_of=self._address_of,
            monotonic=self.monotonic,
        )
        self.services[Outbox] = self.outbox
        self.services[OutboxDesk] = OutboxDesk(
            deployment.database, settings.library.id, self.outbox.touched, self.clock
        )
        self.background: list[Callable[[], Awaitable[None]]] = [
            self.outbox.run,
            self.lifecycle.run,
            lambda: self.erasures.follow(self.vault.forget),
            self.effects.run,
            self.reminders.run,
            self.jobs.run,
            partial(self.switches.follow, self.host),
        ]
        self.rounds: list[Callable[[], Coroutine[Any, Any, object]]] = [
            self.lifecycle.round,
            self.jobs.run_due,
            self.reminders.fire_due,
            self.effects.perform_due,
            self.outbox.recover,
            self.outbox.send_due,
            partial(self.switches.apply, self.host),
        ]
        if isinstance(self.live, SharedLive):
            self.live.on_hint = self.turns.look_soon
            self.background += [self.live.run, self.turns.follow]
        self.condition = "starting"
        self.readiness = Readiness(
            deployment.database,
            settings.library.id,
            self.lease,
            lambda: self.condition,
            self.inbox.seconds_since_failure,
        )
        self._registry: Any = None
        self.server = self._make_server(extras)

    def _make_live(self, shared: bool) -> Live:
        database, library = self.deployment.database, self.settings.library.id
        if not shared:
            return Live()
        return SharedLive(
            EventReading(database, library),
            lambda hear, missed: database.hints(
                f"refdesk_{library}", self.lease.node, hear, missed
            ),
        )

    def _make_core(
        self,
        deployment: Deployment,
        plugin_settings: Mapping[str, BaseModel],
        store: type[ConsultationStore],
    ) -> None:
        settings, database = deployment.settings, deployment.database
        library = settings.library.id
        self.duty = Duty()
        changes = LogChanges(database, library, self.live, self._needs_outbox, self.clock)
        self.desk = Desk(changes, settings.consultations)
        self.staff = StaffAccounts(database, library)
        self.http = OutwardHttp(settings.plugins.local_services)
        self.services: dict[type[Any], Any] = {
            Database: database,
            Desk: self.desk,
            Duty: self.duty,
            EventReading: self.desk.reading,
            KnowledgeBase: deployment.knowledge_base,
            Live: self.live,
            OutwardHttp: self.http,
            PluginHost: self.host,
            PluginOverview: PluginOverview(self.host, self.plugin_reports),
            PluginResources: self.host.resources,
            PluginSwitches: self.switches,
            StaffAccounts: self.staff,
        }
        surroundings = Surroundings(
            self.services, plugin_settings, settings.hours, settings.library.name, library
        )
        routing = HandoffRouting(self.host, surroundings, self.clock)
        self.lifecycle = Lifecycle(
            changes, self.duty, routing, settings.consultations, self.monotonic
        )
        self.pipeline = Pipeline(self.host, surroundings, settings.answers, self.clock)
        self.store = store(database, library, self._needs_outbox, self.clock, self.lease)
        self.turns = Turns(
            self.store, self.pipeline, self.live, settings.answers.fragment_seconds, self.clock
        )
        limits = settings.limits
        message_limits = MessageLimits(
            RateLimit(limits.burst, limits.per_second),
            RateLimit(limits.address_burst, limits.address_per_second),
        )
        self.inbox = Inbox(self.store, self.turns, self.live, message_limits)
        node, inbox, clock = self.lease.node, self.inbox, self.clock
        self.effects = Effects(database, library, self.host, surroundings, inbox, node, clock)
        self.reminders = Reminders(database, library, inbox, clock)
        self.services[EffectDesk] = EffectDesk(self.effects, self.desk.reading)
        self.jobs = Jobs(database, library, self.host, surroundings, node, clock)
        keys = VaultKeys(deployment.folder, settings.vault)
        self.vault = IdentityVault(database, library, keys, self.clock)
        self.gateway = Gateway(
            self.inbox,
            self.desk.reading,
            self.live,
            ReaderTokens(deployment_key(deployment.folder)),
            self.vault,
            PassiveReplies(database, library, self.live, inbox, self._adapters, self.lease, clock),
            SendingWindows(database, library, clock),
            LibraryIdentity(
                settings.library.name, settings.library.default_language, settings.web.public_url
            ),
            self.clock,
        )

    def _plugin_settings(self) -> dict[str, BaseModel]:
        """Check every plugin's section; one without settings of its own may have no keys in it."""
        models: dict[str, type[BaseModel]] = dict.fromkeys(self.host.names(), NoSettings)
        models |= self.host.collect(hookspecs.register_settings)
        return {
            plugin: parse(
                read_only(model), self.settings.plugins.section(plugin), f"plugins.{plugin}"
            )
            for plugin, model in models.items()
        }

    def _load_adapters(self, given: Mapping[str, type[Adapter]]) -> list[LoadReport]:
        section = self.settings.adapters
        reports = [LoadReport(name, "loaded", "given by the program") for name in given]
        found = dict(given)
        for point in found_entry_points("refdesk.adapters", section.first):
            loaded, report = load_entry_point(point, section.disabled)
            if loaded is not None and not (
                isinstance(loaded, type) and issubclass(loaded, Adapter)
            ):
                report = LoadReport(point.name, "quarantined", "it is no Adapter", report.version)
            elif loaded is not None:
                found[point.name] = loaded
            reports.append(report)
        reports += refused_names("refdesk.adapters")
        for report in reports:
            if report.condition == "quarantined":
                log.error("adapter_quarantined", adapter=report.name, reason=report.reason)
        for name, adapter in found.items():
            settings = parse(adapter.settings_model, section.section(name), f"adapters.{name}")
            self._adapters[name] = adapter(name, settings, self.gateway)
        refuse_unknown_names(section, "adapters", _names(reports))
        return reports

    def _needs_outbox(self, account: str) -> bool:
        adapter = self._adapters.get(account)
        return adapter is None or adapter.capabilities.delivery == "outbox"

    async def _address_of(self, account: str, rid: str) -> str | None:
        """Return where a reader is written to; the terminal has no addresses."""
        adapter = self._adapters.get(account)
        if adapter is not None and adapter.runs == "by its command":
            return rid
        return await self.vault.address_of(account, rid)

    async def metrics(self) -> bytes:
        """Return the figures of this server, in Prometheus' text format."""
        # Imported only now: 0.1 s of CPU that a start can spare.
        from refdesk.core.health import metrics, stored_metrics  # noqa: PLC0415 - as above

        if self._registry is None:
            self._registry = metrics.registry_of(self)
        stored = stored_metrics.StoredFigures(
            await self.desk.reading.numbers_by_state(),
            await self.outbox.statistics(),
            self.outbox.watch.alerts(),
            len(await self.effects.attention(1_000)),
        )
        return metrics.exposition(self._registry, stored)

    def _make_server(self, extras: Extras) -> web.Application:
        routes: list[web.RouteDef] = list(extras.routes)
        self.services.update(extras.services)
        assets = [*extras.assets]
        assets += [one for _plugin, one in self.host.collect(hookspecs.register_web_assets)]
        for plugin, added in self.host.collect(hookspecs.register_routes):
            routes += guarded_routes(self.host, plugin, added)
        for adapter in self._adapters.values():
            routes += adapter.routes()
            assets += adapter.web_assets()
        _refuse_collisions(routes)
        watched = Watched(self.readiness, self.metrics)
        return make_server(self.settings, self.services, routes, assets, watched)

    def adapter(self, name: str) -> Adapter:
        """Return a loaded adapter by its account name; raises `NotFoundError` saying why not."""
        if name not in self._adapters:
            reasons = [one.reason for one in self.adapter_reports if one.name == name]
            raise NotFoundError(f"The channel {name} does not run: {', '.join(reasons)}.")
        return self._adapters[name]


def _names(reports: Sequence[LoadReport]) -> list[str]:
    return [report.name for report in reports]


def _refuse_collisions(routes: Sequence[web.RouteDef]) -> None:
    seen: set[tuple[str, str]] = set()
    for route in routes:
        key = (route.method, route.path)
        if key in seen:
            raise PluginError(f"Two components serve {route.method} {route.path}.")
        seen.add(key)
