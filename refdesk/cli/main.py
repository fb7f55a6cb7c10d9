"""Which commands are there? Each is imported only when it is called."""

import sys

import typer

from refdesk.errors import RefdeskError


def main() -> None:
    """Run the command line: exit 0 done, 1 failed, 2 wrong usage."""
    try:
        make_app()()
    except RefdeskError as error:
        sys.stderr.write(f"refdesk: {error}\n")
        sys.exit(1)


def make_app() -> typer.Typer:
    """Return the whole command line."""
    from refdesk.cli.ask import ask, chat  # noqa: PLC0415
    from refdesk.cli.kb import kb_app  # noqa: PLC0415
    from refdesk.cli.serve import init, serve  # noqa: PLC0415

    app = typer.Typer(
        name="refdesk",
        help="Lets a library answer its readers where they already chat.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.command()(init)
    app.command()(serve)
    app.command()(ask)
    app.command()(chat)
    app.add_typer(kb_app, name="kb")
    return app
