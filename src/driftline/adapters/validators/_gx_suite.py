"""A suite's JSON as checked values, or a `SettingsError` that names file and line."""

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from driftline.adapters.validators import _gx_types as types
from driftline.core.finding import Severity
from driftline.errors import DependencyMissing, SettingsError

_SUITE_KEYS = ("name", "expectations", "meta", "notes", "id", "suite_parameters")
_ITEM_KEYS = (
    *("type", "kwargs", "severity", "meta", "notes", "description", "id"),
    *("rendered_content", "expectation_context", "success_on_last_run"),
)
_NOT_KWARGS = {
    *("id", "meta", "notes", "description", "severity", "rendered_content"),
    *("result_format", "catch_exceptions", "windows", "batch_id"),
    *("library_metadata", "condition_parser", "column_index"),
}
_WHOLE_TABLE = (
    "it needs every column, and Great Expectations is given only those that the suite "
    "names; use expect_column_to_exist"
)
_DATABASE = "it runs SQL, and a slice is not a database"
_REFUSED = {
    "expect_table_column_count_to_be_between": _WHOLE_TABLE,
    "expect_table_column_count_to_equal": _WHOLE_TABLE,
    "expect_table_columns_to_match_ordered_list": _WHOLE_TABLE,
    "expect_table_columns_to_match_set": _WHOLE_TABLE,
    "expect_query_results_to_match_comparison": _DATABASE,
    "expect_table_row_count_to_equal_other_table": _DATABASE,
    "unexpected_rows_expectation": _DATABASE,
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """One entry of a suite.

    `columns` are all that it reads; `subjects` those that it judges. `name` is its
    type, numbered where a column has the same type twice.
    """

    type: str
    kwargs: dict[str, Any]
    severity: Severity
    columns: tuple[str, ...]
    subjects: tuple[str, ...]
    name: str
    segment: str = ""
    note: str = ""

    @property
    def subject(self) -> str:
        """The column or columns; `rows` for an expectation on the whole table."""
        return ", ".join(self.subjects) or "rows"

    @property
    def mostly(self) -> float:
        """The share of rows that must meet it."""
        return float(self.kwargs.get("mostly", 1.0))


def read(path: Path, shown: str) -> list[Expectation]:
    """Every expectation of the file; `shown` is how messages call it."""
    body = _body(path, shown)
    items = body.get("expectations")
    if not isinstance(items, list) or not items:
        raise SettingsError(
            f"{shown} has no expectations: an empty suite would pass everything. Add "
            'entries to its "expectations" list, or let `driftline init` propose some.'
        )
    _refuse_unknown(body, _SUITE_KEYS, shown, "key")
    entries = [_entry(item, f"{shown}, entry {i}") for i, item in enumerate(items, 1)]
    return list(_numbered(entries))


def _body(path: Path, shown: str) -> dict[str, Any]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"no suite can be read at {shown}: {error.strerror}. `driftline init` "
            "proposes one from the reference; the monitor file's validation.suite names it."
        ) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        where = (
            f" line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        )
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "not UTF-8"
        raise SettingsError(f"{shown}{where} is not JSON: {reason}") from error
    if not isinstance(body, dict):
        raise SettingsError(
            f"{shown} holds a {type(body).__name__}; a suite is an object with a list "
            '"expectations"'
        )
    return body


def _entry(item: Any, where: str) -> Expectation:
    if not isinstance(item, dict):
        raise SettingsError(f"{where} is no object with type, kwargs and severity")
    if "expectation_type" in item:
        raise SettingsError(
            f'{where} is of Great Expectations 0.x: rename "expectation_type" to "type"'
        )
    _refuse_unknown(item, _ITEM_KEYS, where, "key")
    kind, kwargs = item.get("type"), item.get("kwargs", {})
    if not isinstance(kind, str) or not isinstance(kwargs, dict):
        raise SettingsError(f'{where} needs a "type" (text) and "kwargs" (an object)')
    where = f"{where} ({kind})"
    _check_kwargs(kind, kwargs, where)
    subjects = tuple(_subjects(kwargs))
    condition = kwargs.get("row_condition")
    return Expectation(
        type=kind,
        kwargs=kwargs,
        severity=_severity(item.get("severity", "critical"), where),
        columns=tuple(dict.fromkeys([*subjects, *_condition_columns(condition)])),
        subjects=subjects,
        name=kind,
        segment=_segment(condition),
        note=_note(item),
    )


def _check_kwargs(kind: str, kwargs: dict[str, Any], where: str) -> None:
    implementation = _implementation(kind, where)
    _refuse_unknown(
        kwargs, set(implementation.__fields__) - _NOT_KWARGS, where, "kwarg"
    )
    if any(isinstance(v, dict) and "$PARAMETER" in v for v in kwargs.values()):
        raise SettingsError(f"{where} uses a $PARAMETER; write the value itself")
    if not isinstance(kwargs.get("row_condition") or {}, dict):
        # Great Expectations reads `a and b` in text as `a`, and runs other text as code.
        raise SettingsError(
            f"{where}: write row_condition as an object, for example "
            '{"type": "comparison", "column": {"name": "origin"}, "operator": "==", '
            '"parameter": "JFK"}'
        )
    try:
        implementation(**kwargs)
    except Exception as error:  # pydantic's, and whatever its validators raise
        raise SettingsError(f"{where}: {_complaint(error)}") from error
    _check_bounds(kwargs, where)
    _check_types(kwargs, where)


def great_expectations() -> Any:
    """The library with all its expectations registered.

    It imports PySpark where that is installed, and PySpark without grpc calls
    `sys.exit(0)` while it is imported: a success that judged nothing. That is
    `DependencyMissing` here.
    """
    try:
        import great_expectations as gx
        import great_expectations.expectations
    except SystemExit as stopped:
        raise DependencyMissing(
            "importing Great Expectations ended the process: PySpark is installed "
            "without grpc. `pip install 'pyspark[connect]'`, or uninstall it"
        ) from stopped
    return gx


def _implementation(kind: str, where: str) -> Any:
    great_expectations()
    from great_expectations.expectations import registry

    known = registry.list_registered_expectation_implementations()
    if kind not in known:
        raise SettingsError(
            f"{where}: Great Expectations has no expectation of that type."
            f"{_near(kind, known)}"
        )
    if kind in _REFUSED:
        raise SettingsError(f"{where} cannot be used: {_REFUSED[kind]}")
    return registry.get_expectation_impl(kind)


def _complaint(error: Exception) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    first = errors()[0]
    field = first["loc"][0]
    return first["msg"] if field == "__root__" else f"{field}: {first['msg']}"


def _check_bounds(kwargs: dict[str, Any], where: str) -> None:
    given = [kwargs.get("min_value"), kwargs.get("max_value")]
    bounds = [bound for bound in given if isinstance(bound, int | float)]
    if bounds != sorted(bounds):
        raise SettingsError(
            f"{where}: min_value {bounds[0]} is above max_value {bounds[1]}"
        )


def _check_types(kwargs: dict[str, Any], where: str) -> None:
    words = [
        *kwargs.get("type_list", ()),
        *([kwargs.get("type_")] * ("type_" in kwargs)),
    ]
    for word in words:
        if not isinstance(word, str) or word.lower() not in types.KNOWN:
            raise SettingsError(
                f"{where}: no type named {word!r}.{_near(str(word).lower(), types.KNOWN)}"
                f" Known: {', '.join(types.KNOWN)}."
            )


def _refuse_unknown(
    given: dict[str, Any], known: Iterable[str], where: str, noun: str
) -> None:
    allowed = sorted(known)
    for name in given:
        if name not in allowed:
            raise SettingsError(
                f"{where} has no {noun} {name!r}.{_near(name, allowed)} "
                f"Known: {', '.join(allowed)}."
            )


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def _severity(word: Any, where: str) -> Severity:
    try:
        return Severity(word)
    except ValueError as error:
        allowed = ", ".join(Severity)
        raise SettingsError(
            f"{where}: severity {word!r} is none of {allowed}"
        ) from error


def _subjects(kwargs: dict[str, Any]) -> Iterator[str]:
    for name in ("column", "column_A", "column_B"):
        if name in kwargs:
            yield str(kwargs[name])
    yield from map(str, kwargs.get("column_list", ()))


def _condition_columns(condition: Any) -> Iterator[str]:
    if isinstance(condition, list):
        for part in condition:
            yield from _condition_columns(part)
    if isinstance(condition, dict):
        if isinstance(condition.get("column"), dict):
            yield str(condition["column"]["name"])
        for part in condition.values():
            yield from _condition_columns(part)


def _segment(condition: Any) -> str:
    if condition and condition.get("operator") == "==":
        return f"{condition['column']['name']}={condition['parameter']}"
    return ""


def _note(item: dict[str, Any]) -> str:
    meta = item.get("meta")
    notes = (meta.get("notes") if isinstance(meta, dict) else "") or item.get("notes")
    if not notes:
        return ""
    return notes if isinstance(notes, str) else " ".join(map(str, notes))


def _numbered(entries: list[Expectation]) -> Iterator[Expectation]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        place = (entry.subject, entry.type, entry.segment)
        seen[place] += 1
        again = seen[place]
        yield entry if again == 1 else replace(entry, name=f"{entry.type} #{again}")
