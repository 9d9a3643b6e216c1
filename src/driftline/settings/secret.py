"""Which settings are secrets, and where they may be written: not in a monitor file."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, SecretStr

KEPT = ("env:", "prefect-secret:")
"""How a setting begins that says where its value is kept."""

_PASSWORD = re.compile(r"://[^/?#@]*:[^/@]+@|[?&](?:password|passwd|pwd|token)=", re.I)


def is_kept(value: object) -> bool:
    """Whether the setting only says where its value is.

    >>> is_kept("env:SLACK_BOT_TOKEN?"), is_kept("xoxb-1")
    (True, False)
    """
    return isinstance(value, str) and value.startswith(KEPT)


def written_out(model: type[BaseModel], values: dict[str, Any]) -> Iterator[str]:
    """Names of the settings that hold a secret as it is.

    Those are fields of type `SecretStr`, and addresses with a password in them wherever
    they stand. The field `url` is an address, so without a password it is no secret.

    >>> class Settings(BaseModel):
    ...     url: SecretStr
    ...     token: SecretStr | None = None
    >>> list(written_out(Settings, {"url": "sqlite:///rows.db", "token": "xoxb-1"}))
    ['token']
    >>> list(written_out(Settings, {"url": "postgresql://me:pw@host/rows"}))
    ['url']
    """
    for name, value in values.items():
        field = model.model_fields.get(name)
        kinds = _kinds(field.annotation) if field else set()
        if isinstance(value, dict):
            inner = next((k for k in kinds if issubclass(k, BaseModel)), BaseModel)
            yield from (f"{name}.{deeper}" for deeper in written_out(inner, value))
        elif isinstance(value, str) and not is_kept(value):
            secret = SecretStr in kinds and name != "url"
            if secret or _PASSWORD.search(value):
                yield name


def _kinds(annotation: Any) -> set[type]:
    """The classes that an annotation names, at any depth."""
    if isinstance(annotation, type):
        return {annotation}
    return {kind for inner in get_args(annotation) for kind in _kinds(inner)}
