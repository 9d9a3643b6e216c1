"""Driftline: a file against a stored reference, as the daily flow judges it."""

import json
import sys
from pathlib import Path

from driftline import wiring
from driftline.core.comparison import DriftPolicy, judge_drift
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task

roles = Roles(Task.REGRESSION, timestamp="at", prediction="prediction")
reference = Reference.from_json(json.loads(Path(sys.argv[1]).read_text()))
profile = wiring.local_engine().profile(
    wiring.open_file(Path(sys.argv[2])), reference.plan
)
print(len(judge_drift(reference, profile, roles, DriftPolicy())))
