"""Checks a slice with Great Expectations, against a suite that is a JSON file.

The file has Great Expectations' own form: `{"expectations": [{"type", "kwargs",
"severity", "meta"}]}`. Three questions are answered from the slice itself: types (by
family or Polars name), the existence of columns and the number of rows.
"""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.validators import _gx_findings as findings
from driftline.adapters.validators import (
    _gx_propose,
    _gx_run,
    _gx_slice,
    _gx_spark,
    _gx_suite,
)
from driftline.core.finding import Finding
from driftline.core.reference import Reference
from driftline.core.roles import Roles
from driftline.ports import Context, Frame, Validator

Answer = _gx_slice.Settled | _gx_run.Judged


class Settings(BaseModel):
    """How a slice is validated."""

    model_config = ConfigDict(extra="forbid")

    suite: str = Field(
        description="The suite's JSON file, for example expectations/late_flights.json."
    )
    sample_rows: int = Field(
        default=1_000_000,
        ge=1,
        description="Larger slices are judged on a seeded sample of so many rows; on Spark "
        "all rows are judged, and the sample only where its engine cannot answer.",
    )
    sample_values: int = Field(
        default=64_000_000,
        ge=1,
        description="Rows × columns of the suite that are judged at most: of a wide suite "
        "fewer rows. 16 to 60 bytes of memory each.",
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

    takes = (_gx_spark.KIND,)

    def __init__(self, settings: Settings, context: Context) -> None:
        self.settings = settings
        self._context = context

    @cached_property
    def sample_rows(self) -> int:  # type: ignore[override]  # read only
        """All rows of a usual day. Reads the suite, and may raise `SettingsError`."""
        width = len({*self.columns(), *self._context.roles.key})
        held = self.settings.sample_values // max(width, 1)
        return max(min(self.settings.sample_rows, held), 1)

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

    def check(self, rows: pl.DataFrame | Frame, total_rows: int) -> list[Finding]:
        """One finding per expectation, in the suite's order.

        A slice without rows gets a single finding, which is `errored`. A column
        without values is `unknown` to all but the expectations on missing values.
        """
        suite = self._suite
        if not total_rows or (isinstance(rows, pl.DataFrame) and not rows.height):
            return [findings.no_rows(total_rows, self._showing())]
        if isinstance(rows, Frame):
            return self._check_in_place(suite, rows, total_rows)
        return self._check_here(suite, rows, total_rows)

    def _check_here(
        self, suite: list[_gx_suite.Expectation], rows: pl.DataFrame, total: int
    ) -> list[Finding]:
        table = _gx_slice.table(rows, total)
        answers = self._answers(suite, table, partial(_gx_run.judge, rows=rows))
        return [
            self._finding(one, answer, table)
            for one, answer in zip(suite, answers, strict=True)
        ]

    def _check_in_place(
        self, suite: list[_gx_suite.Expectation], rows: Frame, total: int
    ) -> list[Finding]:
        """All rows, by Spark; what its engine cannot answer, on a sample and said so."""
        table = _gx_spark.table(rows, total)
        answers = self._answers(suite, table, partial(_gx_spark.judge, rows=rows))
        pairs = list(zip(suite, answers, strict=True))
        open_ones = [one for one, answer in pairs if _is_open(answer)]
        again: Iterator[Finding] = iter(())
        if open_ones:
            sample = rows.sample(self.sample_rows)
            again = iter(self._check_here(open_ones, sample, total))
        return [
            next(again) if _is_open(answer) else self._finding(one, answer, table)
            for one, answer in pairs
        ]

    def _answers(
        self,
        suite: list[_gx_suite.Expectation],
        table: _gx_slice.Table,
        judge: Callable[..., list[_gx_run.Judged]],
    ) -> list[Answer]:
        settled = [_gx_slice.settle(one, table) for one in suite]
        asked = [
            one for one, known in zip(suite, settled, strict=True) if known is None
        ]
        key, examples = self._context.roles.key, self.settings.examples
        judged = iter(judge(asked, key=key, examples=examples))
        return [next(judged) if known is None else known for known in settled]

    def _finding(
        self, one: _gx_suite.Expectation, answer: Answer, table: _gx_slice.Table
    ) -> Finding:
        if isinstance(answer, _gx_run.Judged):
            return findings.from_judged(one, answer, table, self._showing())
        return findings.from_settled(one, answer, table, self._showing())

    def _showing(self) -> findings.Showing:
        return findings.Showing(
            suite=self.settings.suite,
            key=self._context.roles.key,
            examples=self.settings.examples,
            values=self.settings.show_values,
        )


def _is_open(answer: Answer) -> bool:
    """Whether the question raised instead of being answered."""
    return isinstance(answer, _gx_run.Judged) and bool(answer.raised)


def build(settings: Settings, context: Context) -> GreatExpectations:
    """The validator of one monitor; no file is read yet."""
    return GreatExpectations(settings, context)
