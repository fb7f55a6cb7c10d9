"""Which commands of `refdesk kb` keep the knowledge base?"""

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

from refdesk.cli.folders import ConfigOption, DataOption, JsonOption, chosen_deployment
from refdesk.cli.progress import shown_progress
from refdesk.errors import DataError
from refdesk.knowledge_base import KnowledgeBase

kb_app = typer.Typer(
    help="Keep the knowledge base: import, export, search, check, measure.", no_args_is_help=True
)

_MOST_HITS = 1000


@kb_app.command("import")
def import_entries(
    files: Annotated[list[Path], typer.Argument(help="Files, or folders of Markdown files.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Withdraw every entry that the files lack.")
    ] = False,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add and change entries from files, all or nothing."""
    from refdesk.knowledge_base.importing import import_files  # noqa: PLC0415 - only here

    with _opened(data, config) as base, shown_progress() as progress:
        result = import_files(base, files, author=_author(), replace=replace, progress=progress)
    for warning in result.warnings:
        typer.echo(f"refdesk: {warning}", err=True)
    counts = asdict(result)
    del counts["warnings"]
    if as_json:
        _print_json(counts)
    else:
        typer.echo(", ".join(f"{count} {name}" for name, count in counts.items()))


@kb_app.command("export")
def export_entries(
    file: Annotated[
        Path, typer.Argument(help="A .jsonl, .csv or .xlsx file, or a folder for Markdown.")
    ],
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write every published entry to a file that `import` reads back without loss."""
    from refdesk.knowledge_base.formats import write_file  # noqa: PLC0415 - only here

    with _opened(data, config) as base:
        entries = [stored.entry for stored in base.entries()]
    write_file(file, entries)
    if as_json:
        _print_json({"exported": len(entries), "file": str(file)})
    else:
        typer.echo(f"{len(entries)} entries written to {file}")


@kb_app.command()
def search(
    text: Annotated[str, typer.Argument(help="The question.")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=_MOST_HITS, help="At most so many.")] = 10,
    level: Annotated[int, typer.Option(min=0, max=5, help="Access level of who asks.")] = 0,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the entries that answer a question best."""
    with _opened(data, config) as base:
        hits = base.search(text, limit=limit, level=level)
    found = [
        {
            "_id": hit.entry_id,
            "title": hit.title,
            "snippet": hit.snippet,
            "score": round(hit.score, 4),
        }
        for hit in hits
    ]
    if as_json:
        _print_json(found)
        return
    if not found:
        typer.echo("Nothing found.", err=True)
    for hit in hits:
        typer.echo(f"{hit.confidence:4.0%}  {hit.entry_id}  {hit.title}\n      {hit.snippet}")


@kb_app.command()
def rebuild(
    data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Build the search index anew from the database."""
    with _opened(data, config) as base, shown_progress() as progress:
        progress("indexing", base.entry_count)
        count = base.rebuild()
    if as_json:
        _print_json({"entries": count})
    else:
        typer.echo(f"{count} entries indexed")


@kb_app.command()
def check(
    data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Compare index and database, and look for entries that need an editor; exit 1 if any."""
    from refdesk.knowledge_base.checking import check as check_base  # noqa: PLC0415 - only here

    with _opened(data, config) as base:
        health = check_base(base)
    problems = [*health.index_problems, *health.entry_problems]
    if as_json:
        word = "healthy" if health.is_healthy else "unhealthy"
        _print_json({"health": word, "entries": health.entries, "problems": problems})
    else:
        for problem in problems:
            typer.echo(f"refdesk: {problem}", err=True)
        typer.echo(f"{health.entries} entries, {len(problems)} problems")
    if not health.is_healthy:
        raise typer.Exit(1)


@kb_app.command("eval")
def evaluate(
    queries: Annotated[Path, typer.Option(help="JSON Lines of _id and text.")],
    qrels: Annotated[Path, typer.Option(help="Tab-separated: query-id, corpus-id, score.")],
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how well and how fast the base answers questions with known answers."""
    from refdesk.knowledge_base import evaluation  # noqa: PLC0415 - only here

    asked, judged = evaluation.read_queries(queries), evaluation.read_qrels(qrels)
    with _opened(data, config) as base:
        try:
            measures = evaluation.evaluate(base, asked, judged)
        except ValueError:
            raise DataError(
                f"No query of {queries} has a relevant entry in {qrels}. "
                "Check that both belong together."
            ) from None
    if as_json:
        _print_json(measures.as_json())
    else:
        for name, value in measures.as_json().items():
            typer.echo(f"{name:>10}  {value}")


@contextmanager
def _opened(data: Path | None, config: Path | None) -> Iterator[KnowledgeBase]:
    with closing(chosen_deployment(data, config)) as deployment:
        yield deployment.knowledge_base


def _print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def _author() -> str:
    """Return who runs the command; containers may have no such name."""
    try:
        return getuser()
    except (KeyError, OSError):
        return "command line"
