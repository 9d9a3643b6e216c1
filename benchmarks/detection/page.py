"""The table on a terminal, and `docs/detection.md` from the JSON files beside it."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.detection.interval import wilson
from benchmarks.detection.measures import kept, said
from benchmarks.detection.table import TABLE, Measure, softer
from benchmarks.page import mark

FOLDER = Path(__file__).parents[2] / "docs" / "detection"
WORDS = Path(__file__).with_name("page.md")

PEERS = ("nannyml", "evidently", "whylogs")
NAMES = {"nannyml": "NannyML", "evidently": "Evidently", "whylogs": "whylogs"}
OTHER_WORLDS = ("small", "transfer", "further")
"""Parts whose trials have everything."""

Record = dict[str, Any]


def printed(records: Sequence[Record], parts: Sequence[str]) -> str:
    """The table of a run, one block per world and length of reference."""
    blocks = [
        _block(f"{world}, reference of {days} days", chosen, parts)
        for world, days, chosen in _apart(records)
    ]
    return "\n\n".join([*blocks, _causes(records)])


def _apart(records: Sequence[Record]) -> list[tuple[str, int, list[Record]]]:
    """The records of each world and length of reference."""
    keys = dict.fromkeys((r["world"], r["reference"]) for r in records)
    return [
        (*key, [r for r in records if (r["world"], r["reference"]) == key])
        for key in keys
    ]


def _block(title: str, records: Sequence[Record], parts: Sequence[str]) -> str:
    lines = [title, "-" * len(title)]
    lines += [
        _line(measure, records)
        for measure in TABLE
        if _is_said(measure, records) and {measure.needs, *OTHER_WORLDS} & {*parts}
    ]
    planted = softer(records)
    if planted:
        lines += ["", "every planted kind: found in time | paged in time"]
        lines += [
            f"  {name:32} {track:8} {seen.said:28} | {paged.said}"
            for name, track, seen, paged in planted
        ]
    return "\n".join(lines)


def _is_said(measure: Measure, records: Sequence[Record]) -> bool:
    figure = measure.of(records)
    return figure.value is not None or figure.said == "not available"


def _line(measure: Measure, records: Sequence[Record]) -> str:
    figure = measure.of(records)
    holds = mark(_holds(measure, records))
    return f"{holds:4} {measure.title:78} {measure.bar:12} {figure.said}"


def _holds(measure: Measure, records: Sequence[Record]) -> bool | None:
    value = measure.of(records).value
    return None if measure.holds is None or value is None else measure.holds(value)


def _causes(records: Sequence[Record]) -> str:
    """Which findings stood on unchanged days, the most frequent first."""
    lines = ["findings on unchanged days (! is critical), by world, track, reference"]
    for mark_ in ("paged", "watched"):
        counts: dict[tuple[str, str, int], Counter[str]] = {}
        for record in kept(records, "quiet"):
            key = (record["world"], record["track"], record["reference"])
            for day, names in record["why"].items():
                if record[mark_][int(day)] == "1":
                    counts.setdefault(key, Counter()).update(names)
        for key, found in counts.items():
            ranked = ", ".join(f"{n} {c}" for n, c in found.most_common(12))
            lines.append(f"  {mark_} {key}: {ranked}")
    return "\n".join(lines)


def save(name: str, records: Sequence[Record]) -> Path:
    """The raw records of a tool, from which the page can be written again.

    What was said of each planted change is left out.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}.json"
    kept_facts = [
        {k: v for k, v in r.items() if k != "why" or r["kind"] == "quiet"}
        for r in records
    ]
    lines = ",\n".join(json.dumps(r, separators=(",", ":")) for r in kept_facts)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return path


def loaded() -> dict[str, list[Record]]:
    """The records of every tool that has a file; ours are without a tool's name."""
    found: dict[str, list[Record]] = {}
    for path in sorted(FOLDER.glob("*.json")):
        for record in json.loads(path.read_text(encoding="utf-8")):
            found.setdefault(record.get("tool", "driftline"), []).append(record)
    return found


def write() -> Path:
    """The page anew, with its picture."""
    from benchmarks.detection.picture import drawn

    tools = loaded()
    ours = tools.get("driftline", [])
    drawn(tools, FOLDER / "alarms.svg")
    parts = {
        "picture": "![false alarms and what is found](detection/alarms.svg)",
        "table": _table(tools, [m for m in TABLE if m.bar]),
        "beside": _table(tools, [m for m in TABLE if not m.bar]),
        "planted": _planted([r for r in ours if _is(r, "flights", 90)]),
        "others": _others(ours),
        "long": _said_seeds([r for r in ours if _is(r, "flights", 90)]),
        "short": _said_seeds([r for r in ours if _is(r, "flights", 30)]),
        "seeds": _seeds(tools),
        "half": _half(tools),
    }
    text = WORDS.read_text(encoding="utf-8")
    for name, value in parts.items():
        text = text.replace("{{" + name + "}}", value)
    path = FOLDER.with_suffix(".md")
    path.write_text(text, encoding="utf-8")
    return path


def _is(record: Record, world: str, reference: int) -> bool:
    return (record["world"], record["reference"]) == (world, reference)


def _table(tools: dict[str, list[Record]], measures: Sequence[Measure]) -> str:
    ours = tools.get("driftline", [])
    long, short = ([r for r in ours if _is(r, "flights", n)] for n in (90, 30))
    head = ["measure", "bar", "Driftline, 90 days", "holds", "30 days"]
    lines = [
        f"| {' | '.join([*head, *NAMES.values()])} |",
        "|" + "---|" * (len(head) + len(NAMES)),
    ]
    for measure in measures:
        cells = [
            measure.title,
            measure.bar,
            _cell(measure, long),
            mark(_holds(measure, long)),
            _cell(measure, short),
            *(_both(measure, tools, peer) for peer in NAMES),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(measure: Measure, records: Sequence[Record]) -> str:
    figure = measure.of(records)
    return "–" if figure.said == "not measured" else figure.said


def _both(measure: Measure, tools: dict[str, list[Record]], peer: str) -> str:
    """With defaults and, where it differs, with quality checks."""
    if measure.needs in ("bugs", "concept"):
        return "–"
    cells = [_cell(measure, tools.get(name, [])) for name in (peer, f"{peer}+")]
    if "not available" in cells:
        return "–"
    return "<br>".join(dict.fromkeys(cells))


def _planted(records: Sequence[Record]) -> str:
    tracks = {"rows": "N0", "days": "N1", "natural": "natural"}
    found = {(name, track): (a, b) for name, track, a, b in softer(records)}
    names = dict.fromkeys(name for name, _ in found)
    head = [f"{what}, {t}" for t in tracks.values() for what in ("found", "paged")]
    lines = [f"| change | {' | '.join(head)} |", "|" + "---|" * (len(head) + 1)]
    for name in names:
        cells = [
            figure.said if figure else "–"
            for track in tracks
            for figure in found.get((name, track), (None, None))
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _others(records: Sequence[Record]) -> str:
    worlds = [(w, r) for w, _, r in _apart(records) if w != "flights"]
    lines = [
        f"| measure | {' | '.join(world for world, _ in worlds)} |",
        "|" + "---|" * (len(worlds) + 1),
    ]
    for measure in TABLE:
        cells = [_cell(measure, chosen) for _, chosen in worlds]
        if any(cell not in ("–", "not available") for cell in cells):
            lines.append(f"| {measure.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _seeds(tools: dict[str, list[Record]]) -> str:
    return ", ".join(
        f"{name} {_said_seeds(tools.get(peer, []))}" for peer, name in NAMES.items()
    )


def _said_seeds(records: Sequence[Record]) -> str:
    """Over how many seeds the records are.

    >>> _said_seeds([{"seed": 3}, {"seed": 3}])
    '1 seed'
    """
    count = len({record["seed"] for record in records})
    return f"{count} seed{'' if count == 1 else 's'}"


def _half(tools: dict[str, list[Record]]) -> str:
    """Evidently's own flag for the whole data set: half of the columns at once."""
    days = [
        2 * breached >= record["features"]
        for record in kept(tools.get("evidently", []), "quiet")
        for breached in record["breached"]
    ]
    if not days:
        return ""
    share = said(wilson(sum(days), len(days)))
    return (
        "Evidently's flag for a whole data set, half of the columns at once, is raised on "
        f"{share.said} of the unchanged days."
    )
