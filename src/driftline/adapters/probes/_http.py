"""One page of one server: whole, of the right kind, not too large, and in time.

Only the address in the monitor file is asked. No redirection is followed, and nothing that
a server says stands in an error: it may repeat the credentials that it was given.
"""

from base64 import b64encode
from http.client import HTTPException, HTTPResponse
from time import monotonic
from typing import Annotated
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from driftline.beside import beside
from driftline.errors import DriftlineError

BLOCK = 1 << 16

Address = Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")]
"""Without user, password and query, so that it may be shown."""

REMEDIES = {
    400: "it does not understand the query; try it on the server's own page",
    401: "set `token`, and `user` where it wants a password",
    403: "what `token` belongs to may not read this",
    404: "check `url`",
    422: "it cannot work the query out; try it on the server's own page",
    429: "it is asked too often",
    503: "is it starting, or overloaded?",
}
"""What to do about a status."""


class Unanswered(DriftlineError):
    """No answer that can be used; the message says why. `silent`: nor will the next be."""

    def __init__(self, message: str, *, silent: bool = False) -> None:
        super().__init__(message, retryable=True)
        self.silent = silent


class Server(BaseModel):
    """Where a server is, who asks, and what its answer may take."""

    model_config = ConfigDict(extra="forbid")

    url: Address = Field(description="Its address, without password and query")
    user: str | None = Field(default=None, description="Name that `token` belongs to")
    token: SecretStr | None = Field(
        default=None,
        description="A bearer token, or the password of `user`; use env:NAME",
    )
    timeout_s: float = Field(
        default=10.0, gt=0, le=300, description="For one whole answer, in seconds"
    )
    max_bytes: int = Field(
        default=4_000_000, ge=1, description="Largest answer that is read"
    )

    def get(self, path: str, kind: str) -> str:
        """The text at a path below `url`, which is of the media type `kind`.

        Raises `Unanswered`.
        """
        request = Request(self.url + path, headers=self._headers(kind))  # noqa: S310 -- http(s) only
        try:
            answer = beside(lambda: self._read(request, kind))
            return answer.result(timeout=self.timeout_s).decode()
        except TimeoutError:
            said = f"did not answer within {self.timeout_s:g} s"
            raise self._failed(said, silent=True) from None
        except UnicodeDecodeError:
            raise self._failed("answers with something that is not text") from None
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            said = f"cannot be asked ({type(reason).__name__}): is it running there?"
            raise self._failed(said, silent=True) from None

    def _headers(self, kind: str) -> dict[str, str]:
        headers = {"Accept": kind, "Accept-Encoding": "identity"}
        if self.token is not None:
            secret = self.token.get_secret_value()
            pair = b64encode(f"{self.user}:{secret}".encode()).decode()
            said = f"Bearer {secret}" if self.user is None else f"Basic {pair}"
            headers["Authorization"] = said
        return headers

    def _read(self, request: Request, kind: str) -> bytes:
        deadline = monotonic() + self.timeout_s
        with _opener().open(request, timeout=self.timeout_s) as response:
            self._check(response, kind)
            body = b""
            while block := response.read1(BLOCK):
                body += block
                if len(body) > self.max_bytes:
                    raise self._failed(f"answers with more than {self.max_bytes} bytes")
                if monotonic() > deadline:
                    raise TimeoutError
            if response.length:
                raise self._failed("hung up in the middle of its answer")
            return body

    def _check(self, response: HTTPResponse, kind: str) -> None:
        status, headers = response.status, response.headers
        if 300 <= status < 400:
            raise self._failed(
                f"redirects ({status}), and no redirection is followed: see with "
                "`curl -I` where to, and write that as `url` if it is right"
            )
        if status != 200:
            remedy = REMEDIES.get(status, "look into its log")
            raise self._failed(f"answers {status}: {remedy}")
        if headers.get("Content-Encoding", "identity") != "identity":
            raise self._failed("answers with packed text, which was not asked for")
        if "Content-Type" not in headers or headers.get_content_type() != kind:
            raise self._failed(f"does not answer with {kind}: check `url`")

    def _failed(self, said: str, *, silent: bool = False) -> Unanswered:
        return Unanswered(f"{self.url} {said}", silent=silent)


def _opener() -> OpenerDirector:
    """HTTP by the environment's proxies; whatever the status is, it is the answer."""
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    return opener
