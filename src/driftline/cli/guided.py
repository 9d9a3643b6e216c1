"""`driftline demo`: prepare, watch day by day, and sum up honestly."""

import shutil
from pathlib import Path

import typer

from driftline.demo import tour

INTRODUCTION = """\
One spring of real flights out of New York. A model trained on January and February
says which will be late; production is played day by day, judged by the Prefect flow.
"""

AFTERWARDS = """\
Look further (in a checkout, with .venv/bin on your PATH):
  report   {report}
  MLflow   mlflow ui --backend-store-uri sqlite:///{folder}/.driftline/mlflow.db
  Prefect  PREFECT_HOME={folder}/prefect prefect server start
  ledger   DRIFTLINE_ROOT={folder} driftline status flights
"""


def demo(folder: Path, *, fresh: bool) -> None:
    """Run the demo in a folder; a second run goes on where the first one ended."""
    home = folder.resolve()
    if fresh and (home / "flights.parquet").exists():
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    typer.echo(INTRODUCTION)
    with tour.prefect_at_home(home):
        flights = tour.prepare(home, typer.echo)
        judged = tour.watch(home, flights, typer.echo)
        typer.echo(f"\n{tour.conclude(home, flights, judged)}\n")
    typer.echo(AFTERWARDS.format(folder=folder, report=tour.best_report(home, judged)))
