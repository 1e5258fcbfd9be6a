"""Refuse options that make no sense together, before anything is read or sent."""

from collections.abc import Mapping
from typing import Any, Final

from contracts.http import PROBED_METHODS, plain_url
from contracts.openapi import ConfigurationError

_HARMFUL: Final = (
    f"--probe-methods sends {', '.join(PROBED_METHODS)}, by which a server that accepts them may change or delete what "
    "it holds; if nothing on the target matters, say so by --disposable"
)


def check_combinations(options: Mapping[str, Any], base_url: str | None) -> None:
    """Raise ConfigurationError for options that make no sense together."""
    if not base_url and (options["job_id"] or options["job_ids"]):
        raise ConfigurationError("--job-id and --job-ids name resources of a server; give its --base-url too")
    if not base_url and options["discover"]:
        raise ConfigurationError("--discover lists resources of a server; give the server's --base-url too")
    if options["start"] == "":
        raise ConfigurationError("--start is empty; give the command that starts the server")
    if options["wait"] and not base_url:
        raise ConfigurationError("--wait waits for a server; give its --base-url, or start it by --start")
    if options["probe_methods"] and not options["disposable"]:
        raise ConfigurationError(_HARMFUL)
    if (options["shard"] is None) != (options["tally"] is None):
        raise ConfigurationError("--shard and --tally go together: a shard alone is no verdict; give both, then merge")
    if options["shard"] is not None:
        _check_shard(options)


def _check_shard(options: Mapping[str, Any]) -> None:
    """Raise ConfigurationError for options that make no sense for a part of a run."""
    if options["probe_methods"]:
        raise ConfigurationError("--probe-methods may change what other shards read; leave --shard out")
    if options["ledger"] is not None:
        raise ConfigurationError("--ledger would count a shard as a run; give it to `contract merge`")
    since = options["changes_since"] or ""
    if "://" in since and plain_url(since) != since:
        what = "the file of a shard would hold the user and query of the URL, which may be secret"
        raise ConfigurationError(f"--changes-since {plain_url(since)}: {what}; name a file or REV:path")
