"""Reads a monitor file: every mistake at once, each with its line and a near miss."""

import difflib
import typing
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from driftline.errors import SettingsError
from driftline.settings.monitor import Monitor

MAX_BYTES = 256 * 1024
"""A monitor file is a page; anything larger is not one."""

Lines = dict[tuple[str | int, ...], int]


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key that stands twice is an error, and aliases are not read."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases: a monitor file needs none, and nested ones can explode."""
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise SettingsError(f"line {mark.line + 1}: YAML aliases are not read here")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """PyYAML keeps the last of two equal keys; here that is an error."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                raise SettingsError(
                    f"line {key_node.start_mark.line + 1}: "
                    f"{key_node.value!r} stands twice; keep one of them"
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def read_monitor(path: Path) -> Monitor:
    """The monitor in a file, or one `SettingsError` that lists everything wrong."""
    text = _text(path)
    try:
        node = yaml.compose(text, Loader=_Loader)
        values = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader of ours
    except SettingsError as error:
        raise SettingsError(f"{path.name}: {error}") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path.name}: not YAML: {_where(error)}") from error
    if not isinstance(values, dict):
        raise SettingsError(
            f"{path.name}: expected keys such as `name:` and `columns:`; "
            "`driftline init` writes a complete example"
        )
    try:
        return Monitor.model_validate(values)
    except ValidationError as error:
        lines = dict(_lines(node, ()))
        listed = "\n".join(_sentences(error, lines, path.name))
        raise SettingsError(listed) from error


def nearest(word: str, known: typing.Iterable[str]) -> str:
    """A hint such as ` (did you mean 'source'?)`, or nothing.

    >>> nearest("sorce", ["source", "name"])
    " (did you mean 'source'?)"
    """
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]!r}?)" if near else ""


def sentences_of(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """A part's own validation errors as lines for a person."""
    return "\n".join(f"{where}: {_sentence(entry, model)}" for entry in error.errors())


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"cannot read {path}: {error.strerror}. `driftline init` makes a monitor file."
        ) from error
    if len(raw) > MAX_BYTES:
        raise SettingsError(
            f"{path.name} has {len(raw)} bytes; a monitor file has at most {MAX_BYTES}"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path.name} is not UTF-8: {error.reason}") from error


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
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


def _sentence(entry: Any, model: type[BaseModel]) -> str:
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
            return f"{place!r} is {entry['input']!r}: {message}"


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
