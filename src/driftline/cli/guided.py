"""`driftline demo`: prepare, watch day by day, and sum up honestly."""

from pathlib import Path

import typer

from driftline.demo import tour


def demo(folder: Path) -> None:
    """Run the demo in a folder; a second run goes on where the first one ended."""
    home = folder.resolve()
    home.mkdir(parents=True, exist_ok=True)
    with tour.prefect_at_home(home):
        flights = tour.prepare(home, typer.echo)
        tour.watch(home, flights, typer.echo)
