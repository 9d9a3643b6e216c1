"""From Parquet on disk to findings, beside Polars decoding the same columns."""

from functools import partial

from benchmarks.measuring import interleaved, median, ratio, raw
from benchmarks.recording import Figures, Row
from benchmarks.setting import Day, Setting, decoded
from driftline import wiring

BAR = 1.25


def measured(setting: Setting) -> Figures:
    """1M and 10M rows × 51 columns, in one process after imports."""
    day, rows, kept = Day(), [], {}
    for size in (1_000_000, 10_000_000):
        if size > setting.most_rows:
            continue
        path = setting.table(size)
        rows_of_file = wiring.open_file(path)
        works = {
            "decode": partial(decoded, rows_of_file),
            "judge": partial(day.findings, path),
        }
        costs = interleaved(works, setting.repeats)
        kept[f"{size}"] = raw(costs)
        wall = ratio(costs["judge"], costs["decode"])
        cpu = ratio(costs["judge"], costs["decode"], "cpu_s")
        said = (
            f"{wall:.2f} × wall, {cpu:.2f} × CPU ({median(costs['judge']):.2f} s against "
            f"{median(costs['decode']):.2f} s)"
        )
        work = f"profile and compare {size:,} rows × 51 columns"
        rows.append(
            Row(work, f"≤ {BAR} × the wall time of decoding", said, wall <= BAR)
        )
    return Figures(rows, kept)
