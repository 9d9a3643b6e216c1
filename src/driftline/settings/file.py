"""Reads a monitor file: every mistake at once, each with its line and a near miss."""

import difflib
import re
import typing
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from driftline.errors import SettingsError
from driftline.settings.monitor import Monitor, Part

MAX_BYTES = 256 * 1024
"""A monitor file is a page; anything larger is not one."""

WRITTEN_BY = "`driftline init` makes a monitor file."
"""What to do where there is none."""

Lines = dict[tuple[str | int, ...], int]


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key that stands twice is an error, and aliases are not read.

    Keys are text, and of the values only true, false, null and plain decimal numbers
    are anything else: `NO` is a country, `12:30` a time and `010` a code, where YAML
    1.1 has false, 750 and 8.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases: a monitor file needs none, and nested ones can explode."""
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # PyYAML has no types
            raise SettingsError(f"line {mark.line + 1}: YAML aliases are not read here")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """PyYAML keeps the last of two equal keys; here that is an error."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise SettingsError(f"{_line(key_node)}: a key is a single word")
            if key_node.value in seen:
                raise SettingsError(
                    f"{_line(key_node)}: {key_node.value!r} stands twice; keep one of "
                    "them"
                )
            seen.add(key_node.value)
            key_node.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        """A value that its tag cannot be made of is an error with its line."""
        try:
            return super().construct_object(node, deep)
        except (SettingsError, yaml.YAMLError):
            raise
        except Exception as error:  # int(), date() and the like raise many things
            tag = str(node.tag).rpartition(":")[2]
            raise SettingsError(
                f"{_line(node)}: {str(node.value)[:40]!r} is no {tag}"
            ) from error


def _line(node: Any) -> str:
    return f"line {node.start_mark.line + 1}"


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _firsts in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_firsts)
    )


def read_monitor(path: Path) -> Monitor:
    """The monitor in a file, or one `SettingsError` that lists everything wrong."""
    values, node = _values(path)
    return _validated(values, node, path.name)


def read_policy(path: Path, over: Path) -> Monitor:
    """The monitor in the file `over`, with whatever the file at `path` says instead.

    `path` is a whole monitor file or the parts that differ: mappings are merged key by
    key, lists and parts such as a source are replaced. Raises `SettingsError`.
    """
    own, _ = _values(over)
    values, node = _values(path, f"`--policy` takes what differs from {over.name}.")
    if "name" in values and values["name"] != own.get("name"):
        raise SettingsError(
            f"{path.name}: `name: {values['name']}` is another monitor than "
            f"{own.get('name')}; leave the name out or name the same one"
        )
    return _validated(merged(own, values, Monitor), node, path.name)


def merged(
    old: dict[str, Any], new: dict[str, Any], model: type[BaseModel] | None = None
) -> dict[str, Any]:
    """Both mappings in one, the new one's values where both have a key.

    A part that is given another name is another part: none of its old settings stay.

    >>> merged({"a": {"b": 1, "c": [1]}}, {"a": {"c": [2]}})
    {'a': {'b': 1, 'c': [2]}}
    """
    found = dict(old)
    for key, value in new.items():
        before = old.get(key)
        field = model.model_fields.get(key) if model else None
        inner = _model_in(field.annotation) if field else None
        found[key] = value
        if not isinstance(before, dict) or not isinstance(value, dict):
            continue
        if inner is not Part:
            found[key] = merged(before, value, inner)
        elif set(before) == set(value):
            found[key] = merged(before, value)
    return found


def _values(path: Path, remedy: str = WRITTEN_BY) -> tuple[dict[str, Any], Any]:
    """What a file says, and its tree, in which every value has its line.

    `remedy` is what to do where there is no such file.
    """
    text = _text(path, remedy)
    try:
        node = yaml.compose(text, Loader=_Loader)
        values = yaml.load(text, Loader=_Loader)  # noqa: S506 - ours, safe  # nosec B506
    except SettingsError as error:
        raise SettingsError(f"{path.name}: {error}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path.name}: not YAML: {_where(error)}") from error
    except RecursionError as error:
        raise SettingsError(f"{path.name}: nested too deeply to be read") from error
    if not isinstance(values, dict):
        raise SettingsError(
            f"{path.name}: expected keys such as `name:` and `columns:`; "
            "`driftline init` writes a complete example"
        )
    return values, node


def _validated(values: dict[str, Any], node: Any, name: str) -> Monitor:
    try:
        return Monitor.model_validate(values)
    except ValidationError as error:
        lines = dict(_lines(node, ()))
        listed = "\n".join(_sentences(error, lines, name))
        raise SettingsError(listed) from error


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """A hint such as ` (did you mean 'source'?)`, or nothing.

    >>> nearest("sorce", ["source", "name"])
    " (did you mean 'source'?)"
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def sentences_of(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """A part's own validation errors as lines for a person.

    Text is not shown: it may have come from the environment.
    """
    found = (_sentence(entry, model, hidden=True) for entry in error.errors())
    return "\n".join(f"{where}: {sentence}" for sentence in found)


def _text(path: Path, remedy: str) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"cannot read {path}: {error.strerror}. {remedy}"
        ) from error
    if len(raw) > MAX_BYTES:
        raise SettingsError(
            f"{path.name}: {len(raw)} bytes; a monitor file has at most {MAX_BYTES}"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path.name}: not UTF-8: {error.reason}") from error


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).replace("\n", " ")
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)


def _lines(node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[Any, int]]:
    """The line of every value in the file, by its place in the tree."""
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, key.value), key.start_mark.line + 1
            for place, line in _lines(value, (*path, key.value)):
                if place != (*path, key.value):
                    yield place, line
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*path, index))


def _sentences(error: ValidationError, lines: Lines, name: str) -> Iterator[str]:
    for entry in error.errors():
        place = tuple(entry["loc"])
        while place and place not in lines:
            place = place[:-1]
        yield f"{name}:{lines.get(place, 1)}: {_sentence(entry, Monitor)}"


def _sentence(entry: Any, model: type[BaseModel], *, hidden: bool = False) -> str:
    place = ".".join(str(step) for step in entry["loc"])
    known = _keys_at(model, entry["loc"][:-1])
    match entry["type"]:
        case "extra_forbidden":
            hint = nearest(str(entry["loc"][-1]), known)
            return f"unknown key {place!r}{hint}; known here: {', '.join(known)}"
        case "missing":
            return f"{place!r} is missing"
        case _:
            message = entry["msg"].removeprefix("Value error, ")
            wrong = _shown(entry["input"], hidden)
            quoted = isinstance(entry["input"], int | float) and _is_text(entry)
            hint = "; write it in quotes" if quoted else ""
            return f"{place!r} {wrong}: {message}{hint}"


def _is_text(entry: Any) -> bool:
    return bool(entry["type"] == "string_type")


def _shown(value: Any, hidden: bool) -> str:
    """What was written, unless it may be long or a secret."""
    if isinstance(value, dict | list):
        return "is a mapping" if isinstance(value, dict) else "is a list"
    return "is wrong" if hidden and isinstance(value, str) else f"is {value!r:.60}"


def _keys_at(model: type[BaseModel], place: tuple[Any, ...]) -> list[str]:
    """The keys that a mapping at this place may have."""
    for step in place:
        field = model.model_fields.get(str(step))
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            break
        model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(inner) for inner in typing.get_args(annotation))
    return next((model for model in found if model is not None), None)
