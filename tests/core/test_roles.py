"""Which columns are features."""

from hypothesis import given
from hypothesis import strategies as st

from driftline.core.roles import Roles, Task

NAMES = list("abcdefghij")
some = st.lists(st.sampled_from(NAMES), unique=True, max_size=4).map(tuple)


@given(some, some, some, st.permutations(NAMES))
def test_features_are_what_has_no_other_part(key, ignore, segments, present):
    """In the slice's order; a segment column may be a feature too."""
    roles = Roles(
        Task.BINARY,
        "a",
        "b",
        score="c",
        label="d",
        key=key,
        ignore=ignore,
        segments=segments,
    )
    taken = {"a", "b", "c", "d", *key, *ignore}
    expected = [name for name in present if name not in taken]
    assert roles.features_among(present) == expected


@given(some.filter(bool), some)
def test_named_features_are_the_only_ones_and_only_where_they_are_there(named, present):
    """In the monitor file's order."""
    roles = Roles(Task.BINARY, "a", "b", features=named)
    assert roles.features_among(list(present)) == [n for n in named if n in present]
