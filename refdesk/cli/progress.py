"""How does a long command show that it is getting on?"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def shown_progress(unit: str = "entries") -> Iterator[Callable[[str, int], None]]:
    """Yield a function that is told a stage and a count; it draws on a terminal's standard error.

    Rich (50 ms of CPU) is imported only when there is a terminal to draw on.
    """
    if not sys.stderr.isatty():
        yield lambda _stage, _count: None
        return
    from rich.console import Console  # noqa: PLC0415 - see above
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn(f"{{task.completed}} {unit}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task("reading", total=None)

        def show(stage: str, count: int) -> None:
            drawn.update(task, description=stage, completed=count)

        yield show
