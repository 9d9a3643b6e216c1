"""What most recent windows were watched for is no news; what is hard or new still counts."""

from driftline.core.bounds.familiar import OFTEN, RECENT, demote_known, watched_names
from driftline.core.finding import Finding, Outcome, Severity, Topic


def drifted(subject: str, *, soft: bool = True) -> Finding:
    return Finding(
        Topic.DRIFT,
        subject,
        "rank_shift",
        Outcome.BREACHED,
        Severity.WARNING,
        f"{subject} drifted",
        evidence={"soft": soft},
    )


def test_drift_of_most_recent_windows_is_a_remark() -> None:
    """Seven of the last ten windows had it: it is shown, and the verdict is not about it."""
    past = [["a/rank_shift"]] * OFTEN + [[]] * (RECENT - OFTEN)
    [found] = demote_known([drifted("a")], past)

    assert found.severity is Severity.INFO
    assert found.matters
    assert found.evidence["known_windows"] == OFTEN


def test_fewer_windows_and_older_ones_do_not_make_it_known() -> None:
    """Six of ten, or ten before the last ten, leave it news."""
    few = [["a/rank_shift"]] * (OFTEN - 1) + [[]] * 4
    old = [["a/rank_shift"]] * RECENT + [[]] * RECENT

    assert demote_known([drifted("a")], few)[0].severity is Severity.WARNING
    assert demote_known([drifted("a")], old)[0].severity is Severity.WARNING


def test_another_column_and_a_hard_signal_still_count() -> None:
    """Only what is soft and the same is known."""
    past = [["a/rank_shift"]] * RECENT
    found = demote_known([drifted("b"), drifted("a", soft=False)], past)

    assert [f.severity for f in found] == [Severity.WARNING] * 2


def test_a_window_remembers_what_it_was_watched_for() -> None:
    """Remarks too, so that what is known stays known while it lasts."""
    known = demote_known([drifted("a")], [["a/rank_shift"]] * RECENT)

    assert watched_names([*known, drifted("b", soft=False)]) == ["a/rank_shift"]
