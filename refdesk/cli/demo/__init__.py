"""How does one see the whole thing in a minute? (`refdesk demo`)

A sample library in a folder, a server that may be killed, and this process, which starts it again.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from refdesk.cli.demo.preparation import prepare
from refdesk.cli.demo.supervisor import Supervisor
from refdesk.cli.folders import JsonOption
from refdesk.cli.serve import HostOption, print_now
from refdesk.storage import ServerLock

PortOption = Annotated[
    int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any free one.")
]
KeepOption = Annotated[
    Path | None, typer.Option("--keep", help="Folder to use and keep, instead of a temporary one.")
]


def demo(
    *,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8080,
    keep: KeepOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start a sample library and print where its pages are."""
    folder = keep or Path(tempfile.mkdtemp(prefix="refdesk-demo-"))
    # Kept also while a server that was killed is started again.
    lock = ServerLock(folder / "demo.lock")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
        if not as_json:
            typer.echo("Preparing the sample library …", err=True)
        staff = prepare(folder)
        supervisor = Supervisor(folder, host, port, staff)
        address = supervisor.start()
        shown = {
            "demo": f"{address}demo",
            "chat": f"{address}chat",
            "desk": f"{address}desk",
            "staff": staff,
            "data": str(folder),
        }
        print_now(json.dumps(shown, ensure_ascii=False) if as_json else _for_people(shown, staff))
        supervisor.run()
    finally:
        lock.release()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _for_people(shown: Mapping[str, object], staff: list[dict[str, str]]) -> str:
    lines = [
        "",
        f"  Demo          {shown['demo']}",
        f"  Reader chat   {shown['chat']}",
        f"  Desk          {shown['desk']}",
        "",
    ]
    lines += [
        f"  {person['role']:<12}  {person['name']:<8} password {person['password']}"
        for person in staff
    ]
    return "\n".join([*lines, "", "  Ctrl+C ends the demo.", ""])
