"""The page about faults says nothing that no test holds."""

import ast
from pathlib import Path

import pytest

from tests.faults.matrix import AREAS, MATRIX

TESTS = Path(__file__).parents[1]


def functions(file: Path) -> dict[str, str]:
    """The tests of a file, with what must hold."""
    tree = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    found = [node for node in tree if isinstance(node, ast.FunctionDef)]
    return {f.name: ast.get_docstring(f) or "" for f in found}


@pytest.mark.parametrize("fault", MATRIX, ids=lambda fault: fault.name)
def test_every_row_is_held_by_tests_that_are_there(fault) -> None:
    """Each name is that of a function with a sentence, and the area is a known one."""
    assert fault.area in AREAS
    assert fault.tests
    for test in fault.tests:
        file, _, name = test.partition("::")
        assert functions(TESTS / file).get(name), test


def test_every_test_of_faults_is_in_a_row() -> None:
    """A fault that is tested is one that people can read about."""
    named = {test for fault in MATRIX for test in fault.tests}
    baselines = {"test_the_undisturbed_days_act"}
    for file in (TESTS / "faults").glob("test_*.py"):
        if file.name == Path(__file__).name:
            continue
        for name in functions(file):
            if name.startswith("test_") and name not in baselines:
                assert f"faults/{file.name}::{name}" in named


def test_rows_are_told_apart() -> None:
    """No fault is listed twice."""
    names = [(fault.area, fault.name) for fault in MATRIX]
    assert len(names) == len(set(names))
