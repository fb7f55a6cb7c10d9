"""Is a plugin fit to be installed? (`refdesk plugins check PATH`, in a process of its own.)"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from refdesk.cli.folders import JsonOption
from refdesk.core.hosting.plugin_checking import check_plugin, distribution_of, entry_points_of
from refdesk.errors import DataError, RefdeskError

# A plugin that takes longer to import would hold up every start.
MOST_SECONDS = 60.0


def check(
    path: Annotated[Path, typer.Argument(help="A project's folder, or a module.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Load a plugin in a process of its own: its hooks, problems, import time."""
    found = _in_a_fresh_process(path.resolve())
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        for one in found:
            _show(one)
    if any(one["problems"] for one in found):
        raise typer.Exit(1)


def _in_a_fresh_process(path: Path) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "refdesk.cli.plugin_check", str(path)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command, capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"{path} was not loaded within {MOST_SECONDS:.0f} seconds.") from None
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        raise DataError(f"Loading {path} ended the process with {done.returncode}.") from None
    if isinstance(found, str):
        raise DataError(found)
    result: list[dict[str, Any]] = found
    return result


def _show(one: dict[str, Any]) -> None:
    verdict = "has problems" if one["problems"] else "is fit to be installed"
    typer.echo(f"{one['name']} {verdict}. Import: {one['import_ms']:.1f} ms of CPU.")
    for kind in ("hooks", "problems", "advice"):
        for line in one[kind]:
            typer.echo(f"  {kind.removesuffix('s')}: {line}")


def _main(path: Path) -> None:
    """Be that process: whatever the plugin prints goes to standard error."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path[:0] = [str(path), str(path / "src"), str(path.parent)]
    try:
        points = entry_points_of(path)
        distribution = distribution_of(path)
        found: Any = [asdict(check_plugin(point, distribution)) for point in points]
    except RefdeskError as error:
        found = str(error)
    with answer:
        answer.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
