"""Profiles, references and findings that hypothesis makes up: consistent, and odd."""

from hypothesis import strategies as st

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import EXAMPLES, ColumnProfile, Profile
from driftline.core.reference import Measured, Reference

words = st.text(max_size=6)
counted = st.integers(0, 10**6)
finite = st.floats(allow_nan=False, allow_infinity=False)
exact = st.integers(-(2**40), 2**40).map(float)
"""Sums of these do not depend on their order."""

sums = exact | st.just(float("inf"))
dtypes = st.sampled_from(["", "Int64", "Float64", "String"])


@st.composite
def columns(draw: st.DrawFn, edges: int = 3) -> ColumnProfile:
    """One column of one part; absent now and then."""
    if draw(st.integers(0, 9)) == 0:
        return ColumnProfile(draw(counted), present=False)
    bins = draw(st.lists(counted, min_size=edges + 1, max_size=edges + 1))
    seen = draw(st.none() | st.tuples(finite, finite))
    nulls, nans, infinities = draw(counted), draw(counted), draw(counted)
    examples = draw(st.sets(words, max_size=EXAMPLES))
    return ColumnProfile(
        rows=sum(bins) + nulls + nans + infinities,
        nulls=nulls,
        nans=nans,
        infinities=infinities,
        minimum=None if seen is None else min(seen),
        maximum=None if seen is None else max(seen),
        total=draw(sums),
        squares=draw(sums),
        bins=tuple(bins),
        off_grid=draw(st.just(0) | counted),
        counts=draw(st.none() | st.dictionaries(words, counted, max_size=4)),
        unseen=draw(counted),
        unseen_examples=tuple(sorted(examples)),
        dtype=draw(dtypes),
    )


NAMES = ("amount", "origin", "é 'x\"")


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Profiles of one plan: they add."""
    made = {name: draw(columns()) for name in NAMES}
    extra = tuple(sorted(draw(st.sets(words, max_size=3))))
    return Profile(draw(counted), made, "plan", extra)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Numeric and other columns under any names."""
    column = st.builds(
        ColumnPlan,
        kind=st.sampled_from(Kind),
        dtype=words,
        edges=st.lists(finite, max_size=5, unique=True).map(lambda e: tuple(sorted(e))),
        centre=finite,
        scale=finite.filter(bool),
        categories=st.lists(words, max_size=4, unique=True).map(tuple),
        decimals=st.none() | st.integers(0, 6),
        grid=st.lists(finite, max_size=4, unique=True).map(lambda g: tuple(sorted(g))),
    )
    return Plan(draw(st.dictionaries(words, column, max_size=4)))


measured = st.builds(Measured, finite, finite, finite, counted)
references = st.builds(
    Reference,
    plan=plans(),
    days=st.dictionaries(words, profiles(), min_size=1, max_size=3),
    performance=st.dictionaries(
        words, st.dictionaries(words, measured, max_size=3), max_size=3
    ),
    origin=words,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | words,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4)
    ),
    max_leaves=10,
)
findings = st.builds(
    Finding,
    topic=st.sampled_from(Topic),
    subject=words,
    statistic=words,
    outcome=st.sampled_from(Outcome),
    severity=st.sampled_from(Severity),
    message=words,
    value=st.none() | finite,
    bounds=st.builds(Bounds, st.none() | finite, st.none() | finite, words),
    segment=words,
    evidence=st.dictionaries(words, json_values, max_size=3),
)
