"""A load that came again under a new date."""

from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.core.finding import Finding, Outcome, Severity, Topic


def published_again(job: Job, seen: Observation) -> list[Finding]:
    """A warning when every column counts exactly as in the window judged before.

    Of rows enough to be judged that is no coincidence: a producer that failed has often
    published the last good load once more.
    """
    assert seen.profile is not None
    if seen.profile.rows < job.drift.min_rows:
        return []
    start = seen.window.start
    last = job.ledger.history(job.monitor, before=start, limit=1, topics=())
    if not last or last[0].key.model_version != seen.model.version:
        return []
    before = job.ledger.profile(last[0])
    if before is None or before.digest != seen.profile.digest:
        return []
    label = last[0].key.window.label
    return [
        Finding(
            topic=Topic.SLICE,
            subject="slice",
            statistic="slice_repeated",
            outcome=Outcome.BREACHED,
            severity=Severity.WARNING,
            message=f"every column counts exactly as in {label}: has its load been "
            "published again under this date?",
            value=float(seen.profile.rows),
        )
    ]
