"""Numbers are written so that nobody reads in them what is not so."""

from hypothesis import given
from hypothesis import strategies as st

from driftline.core.contrast.groups import named
from driftline.core.joint.coding import Coding
from driftline.core.profiles.plan import Kind
from driftline.core.wording import MOST_MORE, all_apart, apart, number, percent

SHARES = st.floats(1e-12, 1 - 1e-12)


@given(SHARES, st.integers(0, MOST_MORE - 1))
def test_a_part_never_reads_like_none_or_all(share: float, more: int) -> None:
    """A single row among millions is neither 0% nor 100%."""
    assert 0 < float(percent(share, more).removesuffix("%")) < 100


@given(SHARES)
def test_a_percentage_is_off_by_half_of_its_second_digit_at_most(share: float) -> None:
    """Two digits say a share to a twentieth of it; what is left of all, too, but its last."""
    said = float(percent(share).removesuffix("%")) / 100
    assert abs(said - share) <= 0.05 * share
    if share < 0.9999:
        assert abs(said - share) <= 0.5 * (1 - share)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), unique=True))
def test_different_numbers_are_written_differently(values: list[float]) -> None:
    """However close they are, and whatever is beside them."""
    assert len(set(all_apart(values))) == len(values)


def test_groups_of_large_numbers_have_names_of_their_own() -> None:
    """A window keeps what it saw of a group by its name, so no two may share one."""
    seconds = Coding("at", Kind.NUMERIC, edges=tuple(1.7e9 + i for i in range(7)))
    names = [named(seconds, cell) for cell in range(seconds.cells)]
    assert len(set(names)) == len(names) - 1  # the cell for the rest is no group
    assert names[1] == "at 1,700,000,000 to 1,700,000,001"


@given(st.floats(1e-3, 1e14), st.integers(-1, MOST_MORE - 1))
def test_a_number_of_a_size_that_people_know_has_no_exponent(
    value: float, more: int
) -> None:
    """Neither where rounding takes it to a thousand, nor at any other size."""
    assert "e" not in number(value, more)


def test_numbers_just_below_a_thousand_are_written_as_those_above_it() -> None:
    """With three digits 999.6 is a thousand, and reads like the others."""
    assert apart(999.6, 1500.0) == ("1,000", "1,500")
