"""Entries of a suite by short names, and a validator that has read it."""

import json

from driftline.adapters.validators import great_expectations as adapter
from driftline.core.roles import Roles, Task
from driftline.ports import Context

ROLES = Roles(Task.BINARY, "at", "score", key=("id",))
BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
NOT_NULL = "expect_column_values_to_not_be_null"
OF_TYPE = "expect_column_values_to_be_of_type"
REGEX = "expect_column_values_to_match_regex"
MEAN = "expect_column_mean_to_be_between"


def expect(kind, severity="critical", **kwargs):
    """One entry of a suite."""
    return {"type": kind, "kwargs": kwargs, "severity": severity}


def validator(root, suite, roles=ROLES, **settings):
    """A validator whose suite has been written."""
    (root / "suite.json").write_text(json.dumps(suite), encoding="utf-8")
    return adapter.build(
        adapter.Settings(suite="suite.json", **settings),
        Context("shop", str(root), "UTC", roles),
    )
