"""How is a deployment created and run? (`refdesk init`, `refdesk serve`)"""

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from aiohttp import web

from refdesk.cli.folders import ConfigOption, DataOption, chosen_deployment
from refdesk.deployment import SETTINGS_FILE, Deployment, open_deployment
from refdesk.errors import DataError
from refdesk.logs import configure_logs

HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any free one.")
]
# Every connection is an open file. Many systems begin with 1,024 and allow far more when asked.
MOST_OPEN_FILES = 65_536
GARBAGE_AFTER_OBJECTS = 20_000
# A connection on which no request comes, or half of one, is closed; proxies close theirs sooner.
SILENCE_SECONDS = 75.0
_FIRST_SETTINGS = """\
# Settings of this refdesk deployment. Every key is explained in docs/reference/settings.md.

[library]
name = { en = "The library", zh = "图书馆" }
default_language = "en"

# [web]
# public_url = "https://library.example.edu/ask"

# [hours]
# time_zone = "Asia/Shanghai"
# [hours.places.library]
# names = { en = ["library"], zh = ["图书馆"] }
# weekly = { monday = ["08:00-12:00", "14:00-22:00"], tuesday = ["08:00-22:00"] }

# [adapters.web_chat]
# embed_origins = ["https://www.example.edu"]
"""


def init(folder: Annotated[Path, typer.Argument(help="Folder to create.")]) -> None:
    """Create a deployment: a folder with refdesk.toml and an empty database."""
    settings = folder / SETTINGS_FILE
    if settings.exists():
        raise DataError(f"{settings} exists already. Nothing was changed.")
    open_deployment(folder).close()
    settings.write_text(_FIRST_SETTINGS, "utf-8")
    typer.echo(f"Created {folder}. Next: refdesk kb import, refdesk staff add, refdesk serve.")


def serve(
    data: DataOption = None,
    config: ConfigOption = None,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8080,
) -> None:
    """Run a deployment until it is interrupted."""
    deployment = chosen_deployment(data, config)
    run_server(deployment, host, port, lambda address: print_now(f"refdesk is ready: {address}"))


def print_now(line: str) -> None:
    """Print a line that somebody may be waiting for."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run_server(
    deployment: Deployment,
    host: str,
    port: int,
    ready: Callable[[str], None],
    make_extras: Callable[[Deployment], Any] = lambda _deployment: None,
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` gets the address once requests are answered.

    `make_extras` may return `Extras` for the app.
    """
    configure_logs(deployment.settings.log.level, deployment.settings.log.format)
    _allow_many_connections()
    try:
        import uvloop  # noqa: PLC0415 - not there on every platform

        runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    except ImportError:
        runner = asyncio.Runner()
    try:
        with runner:
            runner.run(_serve(deployment, host, port, ready, make_extras))
    finally:
        deployment.close()


async def _serve(
    deployment: Deployment,
    host: str,
    port: int,
    ready: Callable[[str], None],
    make_extras: Callable[[Deployment], Any],
) -> None:
    from refdesk.app import App  # noqa: PLC0415 - brings every plugin; not for other commands

    app = App(deployment, make_extras(deployment))
    await app.start()
    # What the start has made stays for good: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    # Messages make many short-lived objects and few cycles: look for cycles less often.
    gc.set_threshold(GARBAGE_AFTER_OBJECTS)
    server = web.AppRunner(
        app.server,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=5.0,
        keepalive_timeout=SILENCE_SECONDS,
    )
    await server.setup()
    try:
        site = web.TCPSite(server, host, port, backlog=1024)
        await site.start()
    except OSError as error:
        await app.stop()
        await server.cleanup()
        raise DataError(f"Cannot listen on {host}:{port}: {error.strerror}.") from error
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    addresses = server.addresses
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{addresses[0][1]}{_base_path(deployment)}/")
    await stop.wait()
    await site.stop()
    await app.stop()
    await server.cleanup()


def _allow_many_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = MOST_OPEN_FILES if hard == unlimited else min(hard, MOST_OPEN_FILES)
    if soft != unlimited and soft < wanted:
        with suppress(ValueError, OSError):  # a system may have another limit that it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _base_path(deployment: Deployment) -> str:
    return urlsplit(deployment.settings.web.public_url).path.rstrip("/")
