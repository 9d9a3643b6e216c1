"""Names in a monitor file are names of files."""

import subprocess
import sys

import pytest

from driftline.core.registry import load, load_attribute, names
from driftline.errors import SettingsError, UnknownName

LEDGERS = "driftline.adapters.ledgers"


def test_names_are_the_public_files():
    """Neither underscore files nor folders without code are names."""
    assert names(LEDGERS) == ["sql"]


def test_listing_imports_nothing():
    """An optional vendor that is not installed must not break the list."""
    script = (
        "import sys; from driftline.core.registry import names; "
        f"names({LEDGERS!r}); print('{LEDGERS}.sql' in sys.modules)"
    )
    path = {"PYTHONPATH": "src"}
    ran = subprocess.run(
        [sys.executable, "-c", script], env=path, capture_output=True, text=True
    )
    assert ran.stdout.strip() == "False", ran.stderr


def test_a_name_gives_its_module():
    """With the two things that every adapter has."""
    module = load(LEDGERS, "sql")
    assert module.Settings().lease_s > 0
    assert callable(module.build)


@pytest.mark.parametrize("name", ["sqll", "_tables", "../sql", ""])
def test_an_unknown_name_is_refused_with_those_known(name: str):
    """The message names the kind, what was written and what there is."""
    with pytest.raises(UnknownName) as caught:
        load(LEDGERS, name)
    assert f"no ledger named {name!r}" in str(caught.value)
    assert "Known: sql" in str(caught.value)


def test_a_near_miss_is_suggested():
    """The nearest name comes with a question mark."""
    with pytest.raises(UnknownName, match=r"Did you mean 'sql'\?"):
        load(LEDGERS, "sqll")


def test_kinds_are_named_in_the_singular():
    """Also where the plural is not just an s more."""
    with pytest.raises(UnknownName, match="no registry named"):
        load("driftline.adapters.registries", "nothing")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("math", "package.module:function"),
        ("math:", "package.module:function"),
        ("no_such_package:fit", "cannot import 'no_such_package'"),
        ("math:no_such_name", "'math' has no 'no_such_name'"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path: str, message: str):
    """The message says which half is wrong."""
    with pytest.raises(SettingsError, match=message):
        load_attribute(path)
