"""The model's inputs are columns of the slice, or a critical finding says which are not."""

from hypothesis import given
from hypothesis import strategies as st

from driftline.core.finding import Outcome, Severity
from driftline.core.model import ModelVersion
from driftline.core.signature import check_signature

MODEL = ModelVersion("m", "3", signature={"distance": "long", "weight": "double"})


def test_a_slice_with_all_inputs_is_fine():
    """Further columns do no harm, and types are others' to judge."""
    [finding] = check_signature(MODEL, {"distance": "String", "weight": "f", "at": "t"})
    assert finding.outcome is Outcome.OK
    assert finding.message == "the slice has all 2 inputs of m v3"


def test_a_missing_input_is_critical_and_a_near_name_is_offered():
    """A renamed column is the usual reason."""
    [finding] = check_signature(MODEL, {"distance": "Int64", "weigth": "Float64"})
    assert (finding.outcome, finding.severity) == (Outcome.BREACHED, Severity.CRITICAL)
    assert finding.value == 1.0
    assert "'weight' (is it 'weigth' now?)" in finding.message
    assert finding.evidence == {"missing": ["weight"]}


def test_a_version_without_a_signature_gives_no_finding():
    """Nothing was promised, so nothing is broken."""
    assert check_signature(ModelVersion("m", "3"), {}) == []


@given(
    st.lists(st.text(max_size=5), unique=True, max_size=12), st.sets(st.integers(0, 11))
)
def test_every_missing_input_is_counted_and_five_are_named(names, absent):
    """However many there are, the sentence stays one."""
    model = ModelVersion("m", "1", signature=dict.fromkeys(names, "long"))
    gone = [name for i, name in enumerate(names) if i in absent]
    found = check_signature(model, {n: "Int64" for n in names if n not in gone})
    if not names:
        assert found == []
        return
    assert found[0].evidence["missing"] == gone
    assert found[0].value == len(gone)
    assert (f"and {len(gone) - 5} more" in found[0].message) is (len(gone) > 5)
