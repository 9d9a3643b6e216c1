"""Checks a slice with Great Expectations, against a suite that is a JSON file.

The file has Great Expectations' own form: `{"expectations": [{"type", "kwargs",
"severity", "meta"}]}`. Three questions are answered from the slice itself: types (by
family or Polars name), the existence of columns and the number of rows.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.validators import _gx_findings as findings
from driftline.adapters.validators import _gx_propose, _gx_run, _gx_slice, _gx_suite
from driftline.core.finding import Finding
from driftline.core.reference import Reference
from driftline.core.roles import Roles
from driftline.ports import Context, Validator


class Settings(BaseModel):
    """How a slice is validated."""

    model_config = ConfigDict(extra="forbid")

    suite: str = Field(
        description="The suite's JSON file, for example expectations/late_flights.json."
    )
    sample_rows: int = Field(
        default=100_000,
        ge=1,
        description="Larger slices are judged on a seeded sample of so many rows.",
    )
    examples: int = Field(
        default=3, ge=0, le=100, description="Failing rows whose key a finding shows."
    )
    show_values: bool = Field(
        default=False,
        description="Also show failing values, which may be people's data.",
    )


class GreatExpectations(Validator):
    """A suite read once, when it is first needed, and checked before any row is."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self.settings = settings
        self.sample_rows = settings.sample_rows
        self._context = context

    @cached_property
    def _suite(self) -> list[_gx_suite.Expectation]:
        path = Path(self._context.root) / self.settings.suite
        return _gx_suite.read(path, self.settings.suite)

    def propose(self, reference: Reference, roles: Roles) -> dict[str, Any]:
        """A suite that the reference's days pass, sorted by column, with its reasons."""
        return _gx_propose.propose(reference, roles, self._context.monitor)

    def columns(self) -> list[str]:
        """The columns that the suite reads, sorted. Raises `SettingsError`."""
        return sorted({name for one in self._suite for name in one.columns})

    def check(self, rows: pl.DataFrame, total_rows: int) -> list[Finding]:
        """One finding per expectation, in the suite's order.

        A slice without rows gets a single finding, which is `errored`. A column
        without values is `unknown` to all but the expectations on missing values.
        """
        suite, showing = self._suite, self._showing()
        if not rows.height or not total_rows:
            return [findings.no_rows(total_rows, showing)]
        table = _gx_slice.table(rows, total_rows)
        settled = [_gx_slice.settle(one, table) for one in suite]
        asked = [
            one for one, known in zip(suite, settled, strict=True) if known is None
        ]
        judged = iter(_gx_run.judge(asked, rows, showing.examples))
        return [
            findings.from_judged(one, next(judged), table, showing)
            if known is None
            else findings.from_settled(one, known, table, showing)
            for one, known in zip(suite, settled, strict=True)
        ]

    def _showing(self) -> findings.Showing:
        return findings.Showing(
            suite=self.settings.suite,
            key=self._context.roles.key,
            examples=self.settings.examples,
            values=self.settings.show_values,
        )


def build(settings: Settings, context: Context) -> GreatExpectations:
    """The validator of one monitor; no file is read yet."""
    return GreatExpectations(settings, context)
