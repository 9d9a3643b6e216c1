"""Webhook, e-mail, PagerDuty, Teams and a hundred others, through Apprise's addresses.

See https://github.com/caronc/apprise/wiki for how the address of each service is
written. None of them has threads: the end of an incident is a message of its own, but
for PagerDuty, where a message would be one more incident.
"""

import importlib
import logging
from hashlib import blake2b
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from driftline.adapters.notifiers.console import plain_lines
from driftline.core.action import Message, Tone
from driftline.errors import DeliveryFailed, DependencyMissing, SettingsError
from driftline.ports import Context, Notifier, Receipt

KINDS = {
    Tone.OPENED: "failure",
    Tone.UPDATED: "warning",
    Tone.RESOLVED: "success",
    Tone.NOTE: "info",
}

PAGERS = {"pagerduty"}
"""Services in which Apprise opens an incident for every message, and closes none."""


class Settings(BaseModel):
    """Where to."""

    model_config = ConfigDict(extra="forbid")

    webhook_url: SecretStr | None = Field(
        default=None,
        description="An address of Apprise's, with its secrets: jsons://HOST/PATH, "
        "mailtos://USER:PASSWORD@HOST?to=…, pagerduty://KEY@…, workflows://… (Teams)",
    )


class Apprise(Notifier):
    """One address. Whether a service got a message twice is its own affair."""

    def __init__(self, url: SecretStr) -> None:
        self._url = url
        self._pages = url.get_secret_value().partition("://")[0].lower() in PAGERS
        digest = blake2b(url.get_secret_value().encode(), digest_size=6).hexdigest()
        self.place = f"apprise/{digest}"

    def send(self, message: Message, thread: str = "") -> Receipt:
        """Hand the message to the service. A refusal may pass, so it is tried again.

        A pager is not called by good news.
        """
        if self._pages and message.tone is Tone.RESOLVED:
            return Receipt()
        heading, *lines = plain_lines(message)
        try:
            accepted = _opened(self._url).notify(
                title=heading,
                body="\n".join(lines) or heading,
                notify_type=KINDS[message.tone],
                body_format="text",
                interpret_escapes=False,
            )
        except Exception as error:  # a plug-in of Apprise's may raise anything
            raise DeliveryFailed(
                f"{self.place} raised {type(error).__name__}", retryable=True
            ) from None
        if not accepted:
            raise DeliveryFailed(
                f"{self.place} did not accept the message; check its address and the "
                "service",
                retryable=True,
            )
        return Receipt()

    def draft(self, message: Message) -> str:
        """Title and body as the service would get them."""
        return "\n".join(plain_lines(message))


def _opened(url: SecretStr) -> Any:
    """Apprise with the one address; one that it cannot read is a mistake in the file."""
    try:
        apprise = importlib.import_module("apprise")
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            "the notifier apprise needs apprise; pip install 'driftline[apprise]'"
        ) from error
    # Its own words at a failure can hold the address, which is the secret.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    client = apprise.Apprise()
    if not client.add(url.get_secret_value()):
        raise SettingsError(
            "notify 'apprise': `webhook_url` is no address that Apprise knows; see "
            "https://github.com/caronc/apprise/wiki"
        )
    return client


def build(settings: Settings, context: Context) -> Notifier:
    """Apprise. An address that it cannot read is refused before anything is judged."""
    if settings.webhook_url is None:
        raise SettingsError("notify 'apprise': name a `webhook_url`")
    _opened(settings.webhook_url)
    return Apprise(settings.webhook_url)
