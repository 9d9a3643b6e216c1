"""What every listener must do."""

import pytest
from pydantic import SecretStr, ValidationError

from driftline.core.registry import load, names

PACKAGE = "driftline.adapters.listeners"


@pytest.mark.parametrize("name", names(PACKAGE))
def test_unknown_settings_are_refused(name: str) -> None:
    """A misspelt key is an error, never ignored."""
    with pytest.raises(ValidationError, match="no_such_key"):
        load(PACKAGE, name).Settings(no_such_key=1)


@pytest.mark.parametrize("name", names(PACKAGE))
def test_somebody_has_to_be_named(name: str) -> None:
    """A listener that would obey anyone is not set up by leaving a line out."""
    assert load(PACKAGE, name).Settings.model_fields["users"].is_required()


@pytest.mark.parametrize("name", names(PACKAGE))
def test_secrets_are_not_shown(name: str) -> None:
    """A field that sounds like a secret is one that prints as stars."""
    fields = load(PACKAGE, name).Settings.model_fields
    for field in {"token", "app_token", "password", "secret"} & fields.keys():
        assert fields[field].annotation is SecretStr
