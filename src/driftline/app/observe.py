"""Everything that is read of a window before it is judged."""

from dataclasses import dataclass, field, replace
from hashlib import blake2b

import polars as pl

from driftline.app.job import Job
from driftline.app.last_known import judged_by, last_known
from driftline.app.measure import COMPLETE, estimate_rows, measure
from driftline.app.pull import pull
from driftline.app.sample import count_repeats, sample
from driftline.app.unjudged import is_unjudged
from driftline.app.unseen import absent, empty_before, unreadable
from driftline.core.contrast.groups import Contrast
from driftline.core.contrast.spread import look
from driftline.core.finding import Finding, Topic
from driftline.core.labels.realised import Performance
from driftline.core.model import ModelVersion
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import Reference
from driftline.core.slice import Slice
from driftline.core.window import Window
from driftline.errors import (
    DriftlineError,
    ReferenceCorrupt,
    RegistryUnavailable,
    SchemaMismatch,
    SliceCorrupt,
    SliceTooLarge,
    SliceUnavailable,
)
from driftline.ports import InService, LedgerEntry, Run, WindowKey

NOTHING = Reference(Plan({}), {})
"""Stands for a reference that could not be had; nothing is compared with it."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A window's rows, counts and metrics, or the one finding that says why there are none.

    That is `blind`: nothing could be read, or nothing arrived on a day of rest.
    `raw` has the metrics as the rows alone have them; empty where the labels are in.
    `contrasts` are those of groups of rows; empty where too few labels are in. With
    `away` the registry gave no answer, and the version last known in service judges
    provisionally; where it gave one about that, it is `in_service`.
    """

    window: Window
    model: ModelVersion
    reference: Reference
    key: WindowKey
    rows: Slice | None = None
    profile: Profile | None = None
    performance: Performance = field(default_factory=lambda: Performance(0))
    blind: Finding | None = None
    away: Finding | None = None
    in_service: InService | None = None
    manifest: str = ""
    rows_manifest: str = ""
    sample: pl.DataFrame | None = None
    raw: dict[str, float] = field(default_factory=dict)
    contrasts: dict[str, Contrast] = field(default_factory=dict)
    repeats: float | None = None

    @property
    def awaits_registry(self) -> bool:
        """Whether the version in service is to judge the window once it can be asked for."""
        blind = self.blind is not None and self.blind.topic is Topic.REGISTRY
        return blind or self.away is not None


def pin_model(job: Job, window: Window) -> ModelVersion:
    """The version that the window was first judged by, or the one in service now.

    A window that is judged again when its labels arrive stays with its own version,
    wherever the alias has moved since.
    """
    before = job.ledger.latest(job.monitor, window)
    judged = before and not is_unjudged(before)
    pinned = before.key.model_version if before and judged else job.alias
    return job.registry.resolve(job.model, pinned)


def load_reference(job: Job, model: ModelVersion) -> Reference:
    """The version's own reference."""
    return job.registry.load_reference(model)


def observe(job: Job, window: Window, run: Run) -> Observation:
    """What is there to judge. A slice or reference that cannot be had is one too.

    Raises `SliceUnavailable`, `RegistryUnavailable` and `ReferenceCorrupt` where the
    window was judged before, and a `RegistryUnavailable` that a retry cannot help where
    no version is known either.
    """
    model, asked = None, job.clock()
    try:
        model = run(pin_model, job, window)
        reference = run(load_reference, job, model)
    except (RegistryUnavailable, ReferenceCorrupt) as error:
        if not is_unjudged(job.ledger.latest(job.monitor, window)):
            raise
        return _unasked(job, window, model, error, run)
    known = InService(model, reference, asked)
    seen = _looked_at(job, window, known, run)
    kept = job.last_known_for and model.alias  # a number says nothing of what serves
    return replace(seen, in_service=known) if kept else seen


def _unasked(
    job: Job,
    window: Window,
    model: ModelVersion | None,
    error: DriftlineError,
    run: Run,
) -> Observation:
    """The window as the version last known in service sees it, or without a reference.

    Where that version saw its rows before and cannot any more, the window stays as it is.
    """
    known = last_known(job, model, error)
    if isinstance(known, InService):
        seen = _looked_at(job, window, known, run)
        away = unreadable(error)
        if seen.blind is None:
            away = judged_by(known, away, job.clock())
        key = _key(job, known.model, window, away.statistic, seen.key.fingerprint)
        seen = replace(seen, away=away, key=key)
    else:
        seen = _unreferenced(job, window, model, error, known)
    before = _read_before(job, window)
    if before is None or seen.rows is not None:
        return seen
    return replace(seen, key=before.key.uncounted)


def _unreferenced(
    job: Job,
    window: Window,
    model: ModelVersion | None,
    error: DriftlineError,
    more: str,
) -> Observation:
    """The window without a reference, or the error again; `more` is said of it.

    Where the version cannot be asked either, it is that of the monitor's last window:
    nothing is judged by it, and who judges the window later asks anew. Before the first
    one it is unknown; what a retry cannot help is then for whoever sets the monitor up.
    """
    model = model or _last_model(job)
    if model is None and error.retryable:
        model = ModelVersion(job.model, "", job.alias)
    if model is None:
        raise error
    finding = unreadable(error)
    finding = replace(finding, message=f"{finding.message}{more}")
    key = _key(job, model, window, finding.statistic)
    return Observation(window, model, NOTHING, key, blind=finding)


def _looked_at(job: Job, window: Window, known: InService, run: Run) -> Observation:
    """The window's rows by that version's reference, or why there are none."""
    model, reference = known.model, known.reference
    try:
        return _seen(job, window, model, reference, run)
    except SliceUnavailable as error:
        before = _read_before(job, window)
        if before is not None and not is_unjudged(before):
            raise
        finding = absent(error, window, reference, empty_before(job, window))
        key = _key(job, model, window, finding.statistic)
    except (SliceCorrupt, SliceTooLarge, SchemaMismatch) as error:
        finding = unreadable(error)
        key = _key(job, model, window, finding.statistic, finding.message)
    return Observation(window, model, reference, key, blind=finding)


def _last_model(job: Job) -> ModelVersion | None:
    newest = job.ledger.history(job.monitor, limit=1, topics=())
    version = newest[0].key.model_version if newest else ""
    return ModelVersion(job.model, version, job.alias) if version else None


def _seen(
    job: Job, window: Window, model: ModelVersion, reference: Reference, run: Run
) -> Observation:
    pulled = run(pull, job, window)
    rows = pulled.slice
    profile = run(count, job, rows, reference)
    performance = run(measure, job, rows) if profile.rows else Performance(0)
    looked_at = (
        run(sample, job, rows, job.sample_rows) if _samples(job, profile) else None
    )
    raw: dict[str, float] = {}
    if looked_at is not None and performance.coverage < COMPLETE:
        raw = estimate_rows(job, model, reference, looked_at)
    digests = (pulled.rows_manifest, profile.digest, _digest(performance))
    key = _key(job, model, window, *digests)
    return Observation(
        window=window,
        model=model,
        reference=reference,
        key=key,
        rows=rows,
        profile=profile,
        performance=performance,
        manifest=pulled.manifest,
        rows_manifest=pulled.rows_manifest,
        sample=looked_at,
        raw=raw,
        repeats=run(count_repeats, job, rows) if profile.rows else None,
        contrasts=_contrasts(job, model, reference, looked_at, performance),
    )


def _contrasts(
    job: Job,
    model: ModelVersion,
    reference: Reference,
    table: pl.DataFrame | None,
    performance: Performance,
) -> dict[str, Contrast]:
    enough = performance.labelled >= job.harm.min_labelled
    if table is None or not enough or performance.coverage < job.harm.min_coverage:
        return {}
    return look(job.lessons(model.version, reference).contrasts(), table, job.roles)


def _samples(job: Job, profile: Profile) -> bool:
    return bool(job.sample_rows and profile.rows)


def _read_before(job: Job, window: Window) -> LedgerEntry | None:
    """The window as it stands, if its rows were judged: an outage does not unsay that."""
    before = job.ledger.latest(job.monitor, window)
    return before if before and before.record["rows_manifest"] else None


def count(job: Job, rows: Slice, reference: Reference) -> Profile:
    """One pass over the rows, by the reference's plan."""
    return job.engine.profile(rows, reference.plan)


def _digest(performance: Performance) -> str:
    """Changes when labels do, even where their counts stay the same.

    Rounded, because a sum taken in another order differs in its last digits.
    """
    numbers = {name: f"{m.value:.9g}" for name, m in performance.by_name.items()}
    return repr((performance.labelled, sorted(numbers.items())))


def _key(job: Job, model: ModelVersion, window: Window, *seen: str) -> WindowKey:
    fingerprint = blake2b("\x00".join(seen).encode(), digest_size=12).hexdigest()
    return WindowKey(job.monitor, model.version, window, fingerprint, job.policy)
