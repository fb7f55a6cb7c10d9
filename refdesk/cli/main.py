"""Which commands are there? Only the one that is called gets imported."""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from refdesk.errors import RefdeskError
from refdesk.logs import configure_logs

# command -> module and name of its function, or of its group of commands
COMMANDS = {
    "demo": ("refdesk.cli.demo", "demo"),
    "init": ("refdesk.cli.serve", "init"),
    "serve": ("refdesk.cli.serve", "serve"),
    "ask": ("refdesk.cli.ask", "ask"),
    "chat": ("refdesk.cli.ask", "chat"),
    "kb": ("refdesk.cli.kb", "kb_app"),
    "staff": ("refdesk.cli.staff", "staff_app"),
    "reader": ("refdesk.cli.reader", "reader_app"),
    "vault": ("refdesk.cli.vault", "vault_app"),
    "backup": ("refdesk.cli.backup", "backup"),
    "restore": ("refdesk.cli.restore", "restore"),
    "plugins": ("refdesk.cli.components", "plugins_app"),
    "adapters": ("refdesk.cli.components", "adapters_app"),
    "check": ("refdesk.cli.check", "check"),
}


def main() -> None:
    """Run the command line: exit 0 done, 1 failed, 2 wrong usage."""
    configure_logs()
    try:
        make_app(sys.argv[1:])()
    except RefdeskError as error:
        sys.stderr.write(f"refdesk: {error}\n")
        sys.exit(1)


def make_app(words: Sequence[str] = ()) -> typer.Typer:
    """Return the command line for these words; the whole of it when they name no command."""
    app = typer.Typer(
        name="refdesk",
        help="Lets a library answer its readers where they already chat.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    # With a second command beside it, Typer keeps the name of a single one.
    app.callback()(_nothing)
    wanted = [word for word in words[:1] if word in COMMANDS]
    for name in wanted or COMMANDS:
        module, attribute = COMMANDS[name]
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _nothing() -> None:
    """Let a library answer its readers where they already chat."""
