"""Say how the requests of a session are sent, and which URL makes sense as their target."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from contracts.http.authorization import CredentialValue, KeySource
from contracts.http.retries import Retries
from contracts.openapi import ConfigurationError, Inputs
from contracts.options import MAX_BODY, TIMEOUT


def check_base_url(text: str) -> str:
    """Return the URL that operations' paths are put behind, without a trailing slash; raises ConfigurationError.

    A password in it is never repeated.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ConfigurationError("--base-url is no URL; write it as https://host:port/path") from None
    if "@" in (parts.netloc or text):
        fix = "take them out, and give the API key by its environment variable or --api-key-file"
        raise ConfigurationError(f"--base-url carries credentials; {fix}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        problem = "has no scheme" if "://" not in text else "is no http or https URL"
        raise ConfigurationError(f"--base-url {text!r} {problem}; write it as https://host:port/path")
    if parts.query or parts.fragment or any(char.isspace() or not char.isprintable() for char in text):
        raise ConfigurationError(f"--base-url {text!r} has more than scheme, host, port and path; leave the rest out")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port is not None else ''}{parts.path.rstrip('/')}"


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """How requests are sent: `timeout` in seconds, `max_body` in bytes.

    With `probes` the session also sends PROBED_METHODS, which may change or delete what the target holds.
    """

    credentials: tuple[CredentialValue, ...] = field(default=(), repr=False)
    key_source: KeySource | None = field(default=None, repr=False)
    plain_http_key: bool = False
    """Whether secrets may travel in clear text to another machine."""
    timeout: float = TIMEOUT
    max_body: int = MAX_BODY
    ca_bundle: str | None = None
    certificate: tuple[str, str | None] | None = None
    """The client's certificate and the file of its key, if that is another one."""
    retries: Retries = Retries()  # noqa: RUF009 - it is frozen
    probes: bool = False
    trace: bool = False
    """Whether every request carries a `traceparent` of its own, by which the server's owners find it."""
    inputs: Mapping[str, Inputs] = field(default_factory=dict)
    """By the operation's path, what its requests carry beside the path: the required parameters."""
    turns: Path | None = None
    """The file by which several processes agree to take turns at a server that answers one connection at a time."""
