"""Monitor files, one list of mistakes: all at once, with lines, nothing else raised.

Over 300 lines because every mistake in a monitor file is one case.
"""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from driftline import wiring
from driftline.core.roles import Task
from driftline.core.window import Every
from driftline.errors import SettingsError, UnknownName
from driftline.settings.file import MAX_BYTES, merged, nearest, read_monitor
from driftline.settings.monitor import Monitor, Part

SMALLEST = """\
name: flights
model: {name: late-arrivals}
task: binary
columns:
  timestamp: at
  prediction: called
source: {parquet: {path: rows/}}
"""


@pytest.fixture
def read(tmp_path: Path):
    """The monitor in a file with this text."""

    def reading(text: str | bytes) -> Monitor:
        file = tmp_path / "flights.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_monitor(file)

    return reading


@pytest.mark.parametrize(("stated", "days"), [("", 7), (", last_known_days: 0", 0)])
def test_for_how_long_the_last_known_version_judges_is_stated(
    read, tmp_path, stated, days
):
    """In days, a week where nothing is stated; the job knows it."""
    monitor = read(SMALLEST.replace("late-arrivals", f"late-arrivals{stated}"))
    assert wiring.build_job(monitor, tmp_path).last_known_for == timedelta(days=days)


def refused(read, text: str | bytes) -> list[str]:
    """The lines of the error."""
    with pytest.raises(SettingsError) as caught:
        read(text)
    return str(caught.value).splitlines()


def test_the_smallest_monitor_is_complete(read):
    """What is not stated has the defaults that the product documents."""
    monitor = read(SMALLEST)
    assert (monitor.task, monitor.zone, monitor.every) == (
        Task.BINARY,
        "UTC",
        Every.DAY,
    )
    assert monitor.model.alias == "champion"
    assert monitor.notify == [Part(name="console")]
    assert monitor.source == Part(name="parquet", settings={"path": "rows/"})
    assert monitor.retraining is None


def test_a_byte_order_mark_is_no_part_of_the_first_key(read):
    """Some editors write one."""
    assert read(b"\xef\xbb\xbf" + SMALLEST.encode()).name == "flights"


def test_an_unknown_key_has_its_line_the_nearest_and_the_known_ones(read):
    """At the top and inside."""
    [top] = refused(read, SMALLEST + "retrainig: {}\n")
    assert top.startswith(
        "flights.yaml:8: unknown key 'retrainig' (did you mean 'retraining'?)"
    )
    assert "known here: name, model, task" in top
    [inner] = refused(
        read, SMALLEST.replace("  prediction:", "  predicton: x\n  prediction:")
    )
    assert inner.startswith("flights.yaml:6: unknown key 'columns.predicton'")
    assert "(did you mean 'prediction'?)" in inner


def test_everything_wrong_is_said_at_once(read):
    """Missing, unknown, of a wrong type and out of range, each with its line."""
    text = """\
name: flights
model: {name: 3, alais: x}
task: ranking
zone: Mars/Olympus
columns: {timestamp: at, decision_threshold: 2}
drift: {numeric: [wassertein], min_rows: many}
alarms: {pages: 1 per fortnight}
performance: {metric: roc}
"""
    lines = refused(read, text)
    wanted = {
        "2: 'model.name'": "write it in quotes",
        "2: unknown key 'model.alais'": "did you mean 'alias'?",
        "3: 'task'": "'binary', 'multiclass' or 'regression'",
        "4: 'zone'": "no time zone named 'Mars/Olympus'",
        "5: 'columns.prediction'": "is missing",
        "5: 'columns.decision_threshold'": "less than or equal to 1",
        "6: 'drift.numeric.0'": "Did you mean 'wasserstein'?",
        "6: 'drift.min_rows'": "valid integer",
        "7: 'alarms.pages'": "not a positive number per day",
        "8: 'performance.metric'": "Did you mean 'roc_auc'?",
        "1: 'source'": "is missing",
    }
    for start, words in wanted.items():
        assert any(
            line.startswith(f"flights.yaml:{start}") and words in line for line in lines
        ), (start, lines)
    assert len(lines) == len(wanted)


def test_a_key_that_stands_twice_is_an_error(read):
    """PyYAML would keep the last one and say nothing."""
    [line] = refused(read, SMALLEST + "zone: UTC\nzone: Asia/Tokyo\n")
    assert line == "flights.yaml: line 9: 'zone' stands twice; keep one of them"


def test_aliases_are_not_read(read):
    """Nine of them in nine levels are a billion values."""
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    [line] = refused(read, bomb)
    assert line == "flights.yaml: line 2: YAML aliases are not read here"


@pytest.mark.parametrize(
    "value",
    [
        '!!python/object/apply:os.system ["true"]',
        "!!python/name:os.system",
        "!!int twelve",
        "!!timestamp 2026-99-99",
        "!!float {}",
        "!!bool perhaps",
        "!!binary \N{SNOWMAN}",
        "!secret x",
    ],
)
def test_a_tag_makes_no_object(read, value):
    """Whatever it asks for: an error with its line, and nothing was run."""
    [line] = refused(read, f"name: flights\nzone: {value}\n")
    assert line.startswith("flights.yaml: ")
    assert "line 2" in line


@pytest.mark.parametrize(
    "text", ["NO", "12:30", "010", "2026-03-01", "yes", "off", "0x1f", "1_000"]
)
def test_text_that_yaml_takes_for_something_else_stays_text(read, text):
    """Norway is a country, not false; a time is not a number of minutes."""
    monitor = read(SMALLEST.replace("prediction:", f"positive: {text}\n  prediction:"))
    assert monitor.columns.positive == text


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("performance: {run_length_days: 12:30}", "performance.run_length_days"),
        ("drift: {min_rows: 1:30}", "drift.min_rows"),
        ("drift: {bounds: {a: {psi: .nan}}}", "drift.bounds.a.psi"),
        ("drift: {bounds: {a: {psi: nan}}}", "drift.bounds.a.psi"),
        ("drift: {bounds: {a: {psi: .inf}}}", "drift.bounds.a.psi"),
        ("schedule: 12.30", "schedule"),
        ("zone: 3.10", "zone"),
    ],
)
def test_what_is_no_number_is_refused_and_no_number_is_text(read, written, place):
    """12:30 is not 750, not-a-number is no bound, and 3.10 would lose its zero."""
    [line] = refused(read, SMALLEST + written + "\n")
    assert line.startswith(f"flights.yaml:8: '{place}' is ")


def test_a_class_that_reads_as_a_fraction_wants_quotes(read):
    """3.10 would become 3.1 without a word; 1 and true are what they say."""
    for text, kept in (("1", "1"), ("true", "True"), ("'3.10'", "3.10")):
        written = SMALLEST.replace("prediction:", f"positive: {text}\n  prediction:")
        assert read(written).columns.positive == kept
    bad = SMALLEST.replace("prediction:", "positive: 3.10\n  prediction:")
    [line] = refused(read, bad)
    assert line.endswith("write it in quotes")


def test_one_name_is_as_good_as_a_list_and_one_part_as_its_name(read):
    """`key: id` and `notify: [console]` need no brackets and no braces."""
    text = SMALLEST.replace("  prediction:", "  key: id\n  prediction:")
    monitor = read(
        text + "notify:\n  - console\n  - slack: {channel: x}\n  - console:\n"
    )
    assert monitor.columns.key == ["id"]
    assert [part.name for part in monitor.notify] == ["console", "slack", "console"]


@pytest.mark.parametrize("part", ["{}", "[a]", "{a: {}, b: {}}", "{a: 3}", "3", "null"])
def test_a_part_is_one_name_with_settings(read, part):
    """Anything else says how it is written, and shows no settings."""
    [line] = refused(read, SMALLEST + f"engine: {part}\n")
    assert "write `name` or `name: {setting: value}`" in line


def test_settings_of_a_part_are_never_printed(read):
    """A token that was written into the file, in the wrong place, stays there."""
    text = SMALLEST + "notify: {slack: {token: xoxb-secret}, console: {}}\n"
    assert "xoxb-secret" not in "\n".join(refused(read, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected keys such as"),
        ("- a\n- b\n", "expected keys such as"),
        ("just a sentence", "expected keys such as"),
        ("a: [1, 2\n", "not YAML: line 2"),
        ("a: b: c\n", "not YAML: line 1"),
        ("a: \x00\n", "not YAML"),
        ("a: 1\n---\nb: 2\n", "not YAML: line 2"),
        ("? [a, b]\n: 1\n", "line 1: a key is a single word"),
        ("{a: 1, {b: 2}: 3}", "line 1: a key is a single word"),
        ("[" * 50_000, "nested too deeply"),
        ("{a: " * 10_000, "nested too deeply"),
        ("x" * (MAX_BYTES + 1), "a monitor file has at most"),
        (b"name: fl\xfcge", "not UTF-8"),
        ("name: flights".encode("utf-16"), "not UTF-8"),
    ],
)
def test_what_is_no_monitor_file_says_so(read, text, words):
    """Empty, cut short, of another encoding, too deep or too large."""
    assert words in "\n".join(refused(read, text))


def test_a_file_that_is_not_there_names_the_command_that_makes_one(tmp_path):
    """So does a folder in its place."""
    for path in (tmp_path / "flights.yaml", tmp_path):
        with pytest.raises(SettingsError, match="driftline init"):
            read_monitor(path)


@pytest.mark.parametrize(
    "name", ["", " flights", "../flights", "a/b", "x" * 101, "fl\nights"]
)
def test_a_name_is_fit_for_a_file_and_an_address(read, name):
    """It is part of paths, keys and links."""
    quoted = json.dumps(name)
    [line] = refused(read, SMALLEST.replace("name: flights", f"name: {quoted}"))
    assert line.startswith("flights.yaml:1: 'name'")


class TestProject:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A project with one monitor."""
        (tmp_path / "monitors").mkdir()
        (tmp_path / "monitors" / "flights.yaml").write_text(SMALLEST)
        return tmp_path

    def test_a_monitor_is_found_by_its_name_or_its_file(self, root):
        """Both give the same."""
        by_name = wiring.load_monitor("flights", root)
        assert by_name == wiring.load_monitor("monitors/flights.yaml", root)

    def test_a_name_that_is_not_the_files_is_an_error(self, root):
        """Two files could else be one monitor to the ledger."""
        (root / "monitors" / "copy.yaml").write_text(SMALLEST)
        with pytest.raises(SettingsError, match=r"rename the file to flights\.yaml"):
            wiring.load_monitor("copy", root)

    @pytest.mark.parametrize("name", ["flihgts", "../monitors/flights", ""])
    def test_an_unknown_monitor_is_named_with_the_known_ones(self, root, name):
        """No name leads out of the folder."""
        with pytest.raises(UnknownName, match="Known: flights"):
            wiring.load_monitor(name, root)


class TestEnvironment:
    def test_a_variable_is_filled_in_wherever_it_stands(self, monkeypatch):
        """In lists and mappings, at any depth, and only where the value begins so."""
        monkeypatch.setenv("TOKEN", "xoxb")
        values = {"a": ["env:TOKEN", {"b": "env:TOKEN"}], "c": "an env:TOKEN", "d": 3}
        assert wiring.filled(values, "notify slack") == {
            "a": ["xoxb", {"b": "xoxb"}],
            "c": "an env:TOKEN",
            "d": 3,
        }

    def test_a_variable_that_is_not_set_is_an_error_that_names_it(self, monkeypatch):
        """And says how to make it optional."""
        monkeypatch.delenv("TOKEN", raising=False)
        with pytest.raises(
            SettingsError, match=r"variable TOKEN is not set.*`env:TOKEN\?`"
        ):
            wiring.filled({"token": "env:TOKEN"}, "notify slack")

    def test_an_optional_variable_may_be_unset(self, monkeypatch):
        """Then the setting is null; else it is the variable's value."""
        monkeypatch.delenv("TOKEN", raising=False)
        assert wiring.filled({"token": "env:TOKEN?"}, "") == {"token": None}
        monkeypatch.setenv("TOKEN", "xoxb")
        assert wiring.filled({"token": "env:TOKEN?"}, "") == {"token": "xoxb"}

    def test_a_secret_of_a_wrong_form_is_not_printed(self, monkeypatch, tmp_path):
        """The setting is named, its value is not."""
        monkeypatch.setenv("WAIT", "hunter2")
        context = wiring.Context("flights", str(tmp_path), "UTC", None)
        part = Part(name="sql", settings={"lease_s": "env:WAIT", "ulr": "x"})
        with pytest.raises(SettingsError) as caught:
            wiring.build("ledger", part, context)
        said = str(caught.value)
        assert "hunter2" not in said
        assert "flights: ledger 'sql': 'lease_s' is wrong" in said
        assert "unknown key 'ulr' (did you mean 'url'?)" in said


plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["binary", "psi", "env:X", "1 per week", "UTC", "<<", "=", "!!x"]),
)
trees = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | plain, inner, max_size=4)
    ),
    max_leaves=12,
)
keys = st.sampled_from(sorted(Monitor.model_fields)) | st.text(max_size=6)
mappings = st.dictionaries(keys, trees, max_size=8)
complete = st.builds(lambda more: yaml.safe_load(SMALLEST) | more, mappings)
pieces = st.lists(
    st.sampled_from(
        [
            *"{}[]:,-?&*!|>%@`'\"#~=<\n \t",
            "a",
            "1",
            "0x",
            "!!int ",
            "!!timestamp ",
            "<<: ",
            "name: ",
            "&a ",
            "*a",
            "---\n",
            "%YAML 1.1\n",
            "\\x",
            "\ud7ff",
            "é",
            "\x85",
        ]
    ),
    max_size=25,
).map("".join)


def settled(text: str | bytes, folder: Path) -> None:
    """Reading gives a monitor or a `SettingsError`; anything else fails the test."""
    file = folder / "m.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        monitor = read_monitor(file)
    except SettingsError as error:
        said = str(error)
    else:
        said = f"m.yaml: {monitor.name}"
    assert said.startswith("m.yaml:")


fuzzed = settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@fuzzed
@given(
    st.one_of(st.text(st.characters(exclude_categories=["Cs"])), pieces, st.binary())
)
@example("!!int ''")
@example("!!timestamp x")
@example("=: =")
@example("? {}\n")
def test_arbitrary_text_is_a_monitor_or_a_settings_error(tmp_path, text):
    """Whatever the bytes, nothing else is raised."""
    settled(text, tmp_path)


@fuzzed
@given(complete | mappings)
def test_arbitrary_yaml_is_a_monitor_or_a_settings_error(tmp_path, values):
    """Whatever the values under the known keys and others."""
    settled(yaml.safe_dump(values, allow_unicode=True), tmp_path)


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=5))
def test_a_hint_is_one_of_the_known_words(word, known):
    """Or there is none."""
    hint = nearest(word, known)
    assert not hint or any(repr(name) in hint for name in known)


plain = st.recursive(
    st.integers()
    | st.text(max_size=3)
    | st.none()
    | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(st.sampled_from("abc"), plain, max_size=3)


@given(mappings, mappings)
def test_a_merge_has_all_of_the_new_and_the_rest_of_the_old(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    """Nothing changes for what says nothing or the same; merging twice changes no more."""
    assert merged(old, {}) == old
    assert merged(old, old) == old
    once = merged(old, new)
    assert merged(once, new) == once
    assert set(once) == set(old) | set(new)
    assert all(once[key] == old[key] for key in set(old) - set(new))
    for key, value in new.items():
        if not isinstance(value, dict) or not isinstance(old.get(key), dict):
            assert once[key] == value


def test_a_part_of_another_name_is_another_part() -> None:
    """Settings of a source are merged with its own, and not with those of another."""
    old = {"source": {"parquet": {"path": "a", "glob": "*"}}, "drift": {"min_rows": 9}}
    own = merged(old, {"source": {"parquet": {"path": "b"}}}, Monitor)
    assert own["source"] == {"parquet": {"path": "b", "glob": "*"}}
    other = merged(old, {"source": {"sql": {"table": "t"}}, "drift": {}}, Monitor)
    assert other == {"source": {"sql": {"table": "t"}}, "drift": {"min_rows": 9}}
