"""The monitor file that `driftline init` writes: complete, commented, and small."""

from dataclasses import dataclass

import yaml

from driftline.core.proposal import Named, Proposal
from driftline.core.roles import Task


@dataclass(frozen=True, slots=True)
class Draft:
    """What the file is filled with."""

    name: str
    path: str
    zone: str
    named: Named
    proposal: Proposal


TEMPLATE = """\
# One watched model. Every key has a meaning; an unknown one is an error.
name: {name}
model: {{name: {name}, alias: champion}}   # the MLflow registered model that serves
task: {task}                               # binary, multiclass or regression
zone: {zone}                               # days start at midnight here

columns:
  timestamp: {timestamp}
  prediction: {prediction}                 # {predicted}
  label: {label}                           # what came true; null if it never comes
{positive}  key: {key}                               # names one row; shown where a row fails
  segments: {segments}                     # performance is followed per value of these
  # features: []                           # empty: every other column

source:
  parquet: {{path: {path}}}                # CSV too; or sql: {{url: env:WAREHOUSE, table: …}}

# labels:                                  # where labels arrive later, in their own table:
#   source: {{parquet: {{path: labels.csv, timestamp: arrived_at}}}}   # joined by the key
#   timestamp_is: arrival                  # or event: it is the prediction's time stamp
#   within_days: 30

validation:
  great_expectations: {{suite: expectations/{file_stem}.json}}

# How many false ones you accept, as pages and as days in the weekly digest.
alarms: {{pages: 1 per quarter, digest: 1 per week}}

# owner: {{data: "#data-platform", model: ann}}        # whom messages name

notify:
  - console
  # - slack: {{channel: "#models", token: env:SLACK_BOT_TOKEN}}
# listen:                                  # buttons: `driftline listen`
#   - slack: {{app_token: env:SLACK_APP_TOKEN, users: [U012AB3CD]}}
# messages:
#   quiet_hours: {{begins: 18:00, ends: 08:00, weekends: true}}

health:
  - host
  - gpu
  # - triton: {{url: "http://triton:8002/metrics", model: {name}, latency_limit: 50}}
  # - prometheus:
  #     url: http://prometheus:9090
  #     queries: [{{name: replicas, query: sum(up), lower: 2}}]
# costs:
#   - aws: {{budgets: [ml-inference]}}

# retraining:                              # off until you name a trainer
#   trainer: {{function: {{function: my_project.training:fit}}}}
#   train_days: 60
#   holdout_days: 14
#   margin: 0.005                          # least gain that promotes
# registry: {{mlflow: {{trusted: true}}}}      # any model may be loaded here, which runs its
#                                          # code; without it, only what is data alone

schedule: "0 6 * * *"                      # cron, in the zone above
# verdict_by: 09:00                        # people hear when no verdict is there by then
"""

PREDICTED = {
    Task.BINARY: "a probability, or a class",
    Task.MULTICLASS: "a class",
    Task.REGRESSION: "a value",
}


def render(draft: Draft) -> str:
    """The file's text; names from the data are quoted wherever YAML needs it."""
    named, found = draft.named, draft.proposal
    text = TEMPLATE.format(
        name=_scalar(draft.name),
        file_stem=draft.name,
        task=found.task.value,
        zone=draft.zone,
        timestamp=_scalar(named.timestamp),
        prediction=_scalar(named.prediction),
        label=_scalar(named.label),
        positive=_positive(found),
        predicted=PREDICTED[found.task],
        key=_listed(found.key),
        segments=_listed(found.segments),
        path=_scalar(draft.path),
    )
    return _aligned(text)


def _positive(found: Proposal) -> str:
    """The line that says what counts as yes; none where nothing is a yes or no."""
    if found.task is not Task.BINARY:
        return ""
    return (
        f"  positive: {_scalar(found.positive)}                     "
        "# the label that counts as yes\n"
    )


def _scalar(value: object) -> str:
    """The value as it may stand between braces, where a comma would end a plain one."""
    return _listed((value,))[1:-1]


def _listed(values: tuple[object, ...]) -> str:
    text: str = yaml.safe_dump(
        list(values), default_flow_style=True, allow_unicode=True, width=10**6
    )
    return text.strip()


def _aligned(text: str) -> str:
    """Comments in one column again after the values have taken their room."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(line: str) -> str:
    value, gap, comment = line.partition("   # ")
    if not gap or line.lstrip().startswith("#"):
        return line
    return f"{value.rstrip():<42} # {comment.lstrip()}"
