"""`driftline doctor`: what is wrong with this installation, and the remedy."""

import importlib.util
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import typer

from driftline import wiring
from driftline.errors import DriftlineError, LedgerRefused
from driftline.ports import Ledger

BOUNDS = {
    "prefect": ((3, 8, 4), (3, 9), "pip install 'prefect>=3.8.4,<3.9'"),
    "fastapi": ((0, 139), (0, 151), "pip install 'fastapi>=0.139,<0.151'"),
    "mlflow": ((3, 16), (4,), "pip install 'mlflow>=3.16,<4'"),
    "great-expectations": ((1, 20), (2,), "pip install 'great-expectations>=1.20,<2'"),
    "polars": ((1, 30), (3,), "pip install 'polars>=1.30,<3'"),
}

Check = tuple[str, str]
"""What was looked at, and the remedy; an empty remedy means that it is well."""


def doctor(monitor: str | None) -> None:
    """Print one line per check; exit code 2 when one needs a remedy."""
    checks = [*_versions(), *_nvml(), *_monitor_files(), *_parts(monitor)]
    for name, remedy in checks:
        mark = (
            typer.style("fix", fg="red") if remedy else typer.style("ok ", fg="green")
        )
        typer.echo(f"{mark}  {name}{': ' + remedy if remedy else ''}")
    raise typer.Exit(2 if any(remedy for _, remedy in checks) else 0)


def _versions() -> Iterator[Check]:
    for package, (lowest, below, remedy) in BOUNDS.items():
        try:
            found = version(package)
        except PackageNotFoundError:
            yield package, f"not installed; {remedy}"
            continue
        numbers = tuple(int(part) for part in found.split(".")[:3] if part.isdigit())
        fits = lowest <= numbers < below
        yield f"{package} {found}", "" if fits else f"does not work here; {remedy}"


def _nvml() -> Iterator[Check]:
    """An old package named pynvml hides nvidia-ml-py even when both are installed."""
    spec = importlib.util.find_spec("pynvml")
    if spec is None or spec.origin is None:
        yield "pynvml", "not installed; pip install nvidia-ml-py"
        return
    shadowed = Path(spec.origin).name == "__init__.py"
    yield (
        "pynvml of nvidia-ml-py",
        "an old package shadows it; pip uninstall pynvml" if shadowed else "",
    )


def _monitor_files() -> Iterator[Check]:
    root = wiring.project_root()
    names = wiring.monitor_names(root)
    if not names:
        yield (
            "monitors/",
            "no monitor file here; `driftline init --help` says how to make one",
        )
    for name in names:
        check = partial(wiring.load_monitor, name, root)
        yield f"monitors/{name}.yaml", _remedy(check)


def _parts(monitor: str | None) -> Iterator[Check]:
    """Connections of one monitor: rows, labels, ledger, model version and reference."""
    if monitor is None:
        return
    try:
        with wiring.open_job(monitor) as job:
            yield "source answers", _remedy(job.source.extent)
            if job.labels is not None:
                yield "labels' source answers", _remedy(job.labels.source.extent)
            yield "ledger answers and is sound", _remedy(partial(_verified, job.ledger))
            yield (
                "model version and reference",
                _remedy(
                    lambda: job.registry.load_reference(
                        job.registry.resolve(job.model, job.alias)
                    )
                ),
            )
    except DriftlineError as error:
        yield monitor, str(error)


def _verified(ledger: Ledger) -> None:
    """Raises with what contradicts itself in the history."""
    found = ledger.verify()
    if found:
        said = "; ".join(found[:3])
        raise LedgerRefused(
            f"{said}; keep the ledger as it is and restore a backup; `driftline export` "
            "prints what can be read"
        )


def _remedy(check: Callable[[], object]) -> str:
    try:
        check()
    except DriftlineError as error:
        return str(error)
    return ""
