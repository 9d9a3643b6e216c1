"""What a window lacks where damaged files were left out of it, as a finding."""

from collections.abc import Sequence

from driftline.core.bounds.checks import ROWS
from driftline.core.finding import DIAGNOSIS, Finding, Outcome, Severity, Topic
from driftline.core.slice import Partial
from driftline.core.wording import how_many, percent


def judge_partial(
    partial: Sequence[Partial], findings: Sequence[Finding]
) -> list[Finding]:
    """That files were left out of the slice: the cause of how few rows it has.

    Critical where their number is, so a warning where little is lacking. Being a diagnosis
    it keeps the window from being learnt from, and from asking for a retraining.
    """
    if not partial:
        return []
    few = any(f.subject == ROWS and f.severity is Severity.CRITICAL for f in findings)
    return [
        Finding(
            Topic.SLICE,
            ROWS,
            DIAGNOSIS,
            Outcome.BREACHED,
            Severity.CRITICAL if few else Severity.WARNING,
            "; ".join(map(said, partial)),
            value=1.0,
            evidence={
                "cause": "files_left_out",
                "explains": 1.0,
                "share": 1 - min(each.coverage for each in partial),
                "parameters": {"files": _names(partial)},
                "undo": "write the files again",
                "columns": [ROWS],
                "certain": True,
            },
        )
    ]


def said(partial: Partial) -> str:
    """How much was read, and what is wrong with the first file of the rest.

    >>> from driftline.core.slice import LeftOut
    >>> said(Partial(2, 900, (LeftOut("c.parquet", 100, "c.parquet is cut."),)))
    '2 of 3 files were read, with 90% of the bytes; left out: c.parquet is cut'
    """
    first, *others = partial.left_out
    whole = how_many(partial.read + len(partial.left_out), "file")
    were = "was" if partial.read == 1 else "were"
    more = f" (and {how_many(len(others), 'more file')})" if others else ""
    return (
        f"{partial.read:,} of {whole} {were} read, with {percent(partial.coverage)} of "
        f"the bytes; left out: {first.why.removesuffix('.')}{more}"
    )


def _names(partial: Sequence[Partial]) -> list[str]:
    return [file.name for each in partial for file in each.left_out]
