"""Asking AWS: the client, its two tries, and what its errors mean."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import SecretStr

from driftline.errors import CostUnavailable

TRANSIENT = {
    "InternalErrorException",
    "InternalFailure",
    "LimitExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
_CREDENTIALS = (
    "give valid ones as `access_key_id` and `secret_access_key` (with `session_token`), "
    "or through the environment, a profile or a role"
)
REMEDIES = {
    "AccessDeniedException": "allow budgets:ViewBudget, ce:GetCostAndUsage, "
    "ce:GetCostForecast and sts:GetCallerIdentity",
    "DataUnavailableException": "billing data take up to 24 hours to appear; "
    "the next day's run asks again",
    "ExpiredTokenException": "the credentials have expired; " + _CREDENTIALS,
    "InvalidClientTokenId": _CREDENTIALS,
    "InvalidSignatureException": _CREDENTIALS,
    "NotFoundException": "compare the name with those in the Billing console",
    "UnrecognizedClientException": _CREDENTIALS,
}


@dataclass(frozen=True, slots=True)
class Api:
    """Where AWS is and who asks. `keys` are id, secret and token, or None for boto3's chain."""

    region: str
    endpoint_url: str | None
    keys: tuple[SecretStr | None, SecretStr | None, SecretStr | None]
    timeout_s: float

    def ask(
        self, request: tuple[str, str], what: str, **arguments: Any
    ) -> dict[str, Any]:
        """The answer to a (service, operation).

        Raises `CostUnavailable` with AWS's error code and never its text, which can name
        keys and people: a traceback does not show it either.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        service, operation = request
        try:
            answer: dict[str, Any] = getattr(self._client(service), operation)(
                **arguments
            )
        except ClientError as error:
            raise _refused(what, error.response) from None
        except (BotoCoreError, ValueError) as error:
            raise _unreachable(what, error) from None
        return answer

    def _client(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        key, secret, token = (key and key.get_secret_value() for key in self.keys)
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": 2},
                connect_timeout=self.timeout_s,
                read_timeout=self.timeout_s,
            ),
        )


def day_of(answer: dict[str, Any]) -> date | None:
    """The day (UTC) by AWS's clock, or None when a proxy took the header out."""
    stamp = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return parsedate_to_datetime(stamp).date() if stamp else None


def money(value: dict[str, Any]) -> Decimal:
    """The amount, exactly as it was sent."""
    try:
        amount = Decimal(value["Amount"])
    except InvalidOperation as error:
        raise CostUnavailable(f"AWS sent {value['Amount']!r} as an amount") from error
    if not amount.is_finite():
        raise CostUnavailable(f"AWS sent {value['Amount']!r} as an amount")
    return amount


def period(start: date, end: date) -> dict[str, str]:
    """From `start` until before `end`."""
    return {"Start": start.isoformat(), "End": end.isoformat()}


def _refused(what: str, response: Any) -> CostUnavailable:
    code = str(response["Error"]["Code"])
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    transient = code in TRANSIENT or status >= 500 or status == 429
    otherwise = (
        "a later run asks again" if transient else "look the code up in AWS's docs"
    )
    remedy = REMEDIES.get(code, otherwise)
    return CostUnavailable(
        f"AWS refused {what} ({code}): {remedy}", retryable=transient
    )


def _unreachable(what: str, error: Exception) -> CostUnavailable:
    from botocore import exceptions

    kind = type(error).__name__
    network = (exceptions.HTTPClientError, exceptions.ConnectionError)
    if isinstance(error, network):
        return CostUnavailable(
            f"AWS did not answer when asked for {what} ({kind}): check the network, "
            "`region` and `endpoint_url`",
            retryable=True,
        )
    return CostUnavailable(f"cannot ask AWS for {what} ({kind}): {_CREDENTIALS}")
