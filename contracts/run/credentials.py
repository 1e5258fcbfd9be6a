"""Read the API key, the account and other credentials from the environment, files and commands, and check them.

Hides how a command gives a key, and what Python's `ssl` says of certificates that cannot be used. No value is
ever part of an error.
"""

from __future__ import annotations

import os
import re
import shlex
import ssl
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.http import CredentialValue, Secret, check_api_key, read_api_key
from contracts.openapi import ConfigurationError, Credential, Document, is_token

Variables = Mapping[str, str] | None
"""What stands in for the process's environment, if anything does."""

_HEADER: Final = "CONTRACT_HEADER_"
_FRAMING: Final = ("connection", "content-length", "host", "transfer-encoding")
_MAX_WAIT: Final = 60.0
"""Seconds that a command is given to print a key."""


@contextmanager
def taken_out(names: Iterable[str]) -> Iterator[dict[str, Secret]]:
    """Take secrets out of the environment until the block ends, and yield them: a traceback may show all variables."""
    hidden = {each: Secret(os.environ.pop(each)) for each in names if each in os.environ}
    try:
        yield hidden
    finally:
        os.environ.update(hidden)


def variable(variables: Variables, name: str) -> str:
    """Return a variable's value. The environment itself is never a local variable: a traceback may show those."""
    return (os.environ if variables is None else variables).get(name, "")


def read_credentials(
    document: Document, options: Mapping[str, Any], variables: Variables
) -> tuple[CredentialValue, ...]:
    """Return every credential that has a value, those of `--header` last; raises ConfigurationError in one line."""
    return (*_of_document(document, options, variables), *_of_headers(options["header"], variables))


def _of_document(document: Document, options: Mapping[str, Any], variables: Variables) -> Iterator[CredentialValue]:
    key, file, command = document.api_key, options["api_key_file"], options["key_command"]
    for option, given in (("--api-key-file", file), ("--key-command", command)):
        if given and key is None:
            problem = "the document and its overlays name no header for an API key"
            raise ConfigurationError(f"{option}: {problem}; add a securityScheme with x-environment")
    for credential in document.credentials:
        if credential == key and file:
            yield _checked(credential, read_api_key(Path(file)))
        elif _is_set(credential, variables):
            yield _checked(credential, Secret(variable(variables, credential.environment)))
        elif credential == key and command:
            yield KeyCommand(command, credential)()


def _is_set(credential: Credential, variables: Variables) -> bool:
    # A key of blanks is a mistake; an account of blanks is none.
    value = variable(variables, credential.environment)
    return bool(value if credential.is_secret else value.strip())


def _checked(credential: Credential, value: Secret) -> CredentialValue:
    if not credential.is_secret and not (value.isascii() and value.strip().isprintable()):
        raise ConfigurationError(f"{credential.environment} holds no account; set it to printable ASCII characters")
    key = check_api_key(value, credential.environment)
    if credential.scheme == "basic" and ":" not in key:
        raise ConfigurationError(f"{credential.environment} holds no user and password; set it to user:password")
    return CredentialValue(credential, key)


def _of_headers(names: list[str], variables: Variables) -> Iterator[CredentialValue]:
    for name in dict.fromkeys(names):
        if not is_token(name) or name.lower() in _FRAMING:
            shown = re.split("[:= ]", name)[0]
            problem = "is no header that can be sent" if is_token(name) else "is no header's name alone"
            fix = f"its value is taken from a variable such as {_HEADER}X_TENANT for --header X-Tenant"
            raise ConfigurationError(f"--header {shown} {problem}; {fix}")
        environment = _HEADER + re.sub("[^A-Z0-9]", "_", name.upper())
        if not variable(variables, environment).strip():
            raise ConfigurationError(
                f"--header {name} is sent with the value of {environment}, which is not set; set it"
            )
        yield _checked(Credential(name, environment, scheme="none"), Secret(variable(variables, environment)))


def command_name(command: str) -> str:
    """Return what an error may show of a command: what follows the first word, or `=` in it, may be secret."""
    return command.strip().partition(" ")[0].partition("=")[0]


@dataclass(frozen=True, slots=True)
class KeyCommand:
    """A command that prints a key, and the credential that it is for."""

    command: str
    credential: Credential

    def __call__(self) -> CredentialValue:
        """Return the key that the command prints; raises ConfigurationError if it fails or prints none."""
        try:
            words = shlex.split(self.command)
            done = subprocess.run(  # noqa: S603 - the user's own command
                words, capture_output=True, text=True, check=False, timeout=_MAX_WAIT, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired:
            raise self._error(f"printed nothing within {_MAX_WAIT:g} s") from None
        except (OSError, ValueError, IndexError) as error:
            reason = getattr(error, "strerror", None) or (
                str(error) if isinstance(error, ValueError) else "it is empty"
            )
            raise self._error(f"cannot be run: {reason}") from None
        key = Secret(done.stdout)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or [""])[-1]
            raise self._error(f"ended with exit code {done.returncode}{': ' if last else ''}{last}")
        if not key.strip():
            raise self._error("printed nothing")
        return _checked(self.credential, check_api_key(key, "the output of --key-command"))

    @property
    def _name(self) -> str:
        return command_name(self.command)

    def _error(self, problem: str) -> ConfigurationError:
        return ConfigurationError(f"--key-command {self._name!r} {problem}; it has to print the key alone")


def read_certificate(options: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """Return the client's certificate and the file of its key; raises ConfigurationError for files of no use."""
    certificate, key = options["client_cert"], options["client_key"]
    if certificate is None:
        if key is not None:
            raise ConfigurationError("--client-key is the key of a certificate; give that by --client-cert FILE too")
        return None
    for option, file in (("--client-cert", certificate), ("--client-key", key)):
        if file is not None and not Path(file).is_file():
            raise ConfigurationError(f"{option} {file} is no file; name a file of PEM text")
    try:
        # Without the function OpenSSL would ask for a password on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password=lambda: "")
    except PermissionError:
        problem = f"--client-cert {certificate} or its key may not be read"
        raise ConfigurationError(f"{problem}; let this user read both") from None
    except (ssl.SSLError, OSError, ValueError) as error:
        raise ConfigurationError(f"--client-cert {certificate} {_problem(str(error), certificate, key)}") from None
    return certificate, key


def read_bundle(options: Mapping[str, Any]) -> str | None:
    """Return the file of the authorities to trust; raises ConfigurationError for one that holds no certificate."""
    bundle = options["ca_bundle"]
    if bundle is None:
        return None
    if not Path(bundle).is_file():
        raise ConfigurationError(f"--ca-bundle {bundle} is no file; name a file of PEM certificates")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(bundle)
    except PermissionError:
        raise ConfigurationError(f"--ca-bundle {bundle} may not be read; let this user read it") from None
    except OSError:  # ssl.SSLError is one.
        pass
    if not context.cert_store_stats()["x509"]:
        problem = "holds no certificate that can be read"
        raise ConfigurationError(f"--ca-bundle {bundle} {problem}; name a file of PEM certificates")
    return str(bundle)


def _problem(reason: str, certificate: str, key: str | None) -> str:
    if "MISMATCH" in reason.upper():
        return f"does not belong to the key in {key or certificate}; name its own key by --client-key FILE"
    if key is None and "PRIVATE KEY" not in Path(certificate).read_text("latin-1"):
        return "has no private key in it; name the file of its key by --client-key FILE"
    if "ENCRYPTED" in Path(key or certificate).read_text("latin-1"):
        return "has a key that is locked by a password; give a key without one"
    return "cannot be used; give a certificate and its key as PEM text"
