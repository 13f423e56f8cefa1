"""Progress line on stderr, shown only on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def progress_line(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function that shows the number of items done and the total."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return

    def show(done: int, total: int) -> None:
        if done == total or done % 20 == 0:
            click.echo(f"\r{label} {done}/{total}", nl=False, err=True)

    try:
        yield show
    finally:
        click.echo(err=True)
