"""The contract's command-line options, and the run's settings that they and the environment make."""

from __future__ import annotations

import random

import pytest

from contracts.errors import ConfigurationError
from contracts.profiles import PROFILES
from contracts.session import MAX_BODY, TIMEOUT
from contracts.settings import API_KEY_VARIABLE, BASE_URL_VARIABLE, EXAMPLES, JOB_IDS_VARIABLE, Settings, read


def add(parser: pytest.Parser) -> None:
    """The options, beside pytest's own and Hypothesis's `--hypothesis-profile` and `--hypothesis-seed`."""
    group = parser.getgroup("contract", "the contract and the server it is held against")
    add = group.addoption
    add("--base-url", metavar="URL", help=f"the server to judge (or {BASE_URL_VARIABLE}; default: the embedded mock)")
    add("--job-id", metavar="ID", action="append", default=[], help="an id that exists; may be repeated")
    add("--job-ids", metavar="FILE", help=f"a file of ids that exist, one a line (or {JOB_IDS_VARIABLE}: id,id,...)")
    add(
        "--discover",
        metavar="N",
        type=int,
        default=0,
        help="ask for N ids that the official SDK lists",
    )
    add("--document", metavar="FILE", help="an OpenAPI 3.1 document with GET operations (default: the pinned one)")
    replaces = "an OpenAPI Overlay 1.0 in place of the pinned one, or the name of one that adds to it; may be repeated"
    add("--overlay", metavar="FILE|NAME", action="append", default=[], help=replaces)
    add("--no-overlay", action="store_true", help="leave the pinned overlay out")
    add("--annotation", metavar="KEYWORD", action="append", default=[], help="an unknown keyword that asserts nothing")
    add("--timeout", metavar="SECONDS", type=float, default=TIMEOUT, help="for one whole answer (default: %(default)s)")
    add("--max-body", metavar="BYTES", type=int, default=MAX_BODY, help="the largest body read (default: %(default)s)")
    add("--max-requests", metavar="N", type=int, help="stop after so many requests, of all processes together")
    add("--rate-limit", metavar="N/s", help="send no faster, all processes together: 10/s, 90/m, 1000/h")
    add(
        "--retries",
        metavar="N",
        type=int,
        help="send again, so often, what was not answered or put off (default: 0; nightly and prerelease: 2)",
    )
    add("--api-key-file", metavar="FILE", help=f"a file that holds the API key alone (or {API_KEY_VARIABLE}: the key)")
    add("--allow-plain-http-key", action="store_true", help="send the key over plain http to other machines too")
    add(
        "--redact",
        metavar="POINTER",
        action="append",
        default=[],
        help="keep no value at this place of a body, such as /items/*/name; may be repeated",
    )
    parser.addini("contract_redact", "places of bodies to keep no values at, one a line", type="linelist", default=[])
    add("--ca-bundle", metavar="FILE", help="certificates of the authorities to trust, PEM")
    add("--report-dir", metavar="DIR", help="write report.html, .json, .md and .sarif and exchanges.har there")
    add("--ledger", metavar="FILE", help="add the run to this SQLite file, which knows all runs (made if it is new)")
    add("--compare", metavar="FILE", help="report.json of an earlier run, to tell what is new or fixed")
    add(
        "--require",
        metavar="WHAT",
        action="append",
        default=[],
        help="what must be seen: all, statuses, PLACE=ONE, ...",
    )
    add("--waivers", metavar="FILE", help="violations that are known and borne until a date, TOML")
    add("--write-waivers", metavar="FILE", help="draft waivers for what this run finds")
    add("--shard", metavar="K/N", help="ask only this part of everything; with --tally FILE")
    add("--tally", metavar="FILE", help="write what this shard saw, for python -m contracts merge FILE...")
    probes = "also send methods that the document does not have, which may change or delete what is there"
    add("--probe-methods", action="store_true", help=f"{probes}; with --disposable")
    add("--disposable", action="store_true", help="nothing that the target holds matters to anybody")
    where = "keeps ids whose answers broke a promise for the next run: a folder, redis://..., github:owner/repo"
    add("--example-database", metavar="WHERE", help=f"{where} (default: {EXAMPLES}; none in the ci profile)")
    add("--no-progress", action="store_true", help="no live line on a terminal, no line every 30 s elsewhere")
    add("--utf8-ids", action="store_true", help="leave out ids whose bytes are not UTF-8, such as %%FF")


def settings(config: pytest.Config) -> Settings:
    """The run's settings; raises ContractError, in one line, for what makes no sense."""
    option = config.option
    profile = PROFILES.get(option.hypothesis_profile or "ci")
    if profile is None:
        problem = f"no profile is named {option.hypothesis_profile!r}"
        raise ConfigurationError(f"{problem}; choose one of {', '.join(PROFILES)}")
    if not profile.repeatable and option.hypothesis_seed is None:
        # Chosen here, so that it can be told, and is the same for all workers.
        if option.shard:
            problem = f"--shard {option.shard} of {profile.name} draws by a seed that all shards share"
            raise ConfigurationError(f"{problem}; give each the same --hypothesis-seed, such as the pipeline's number")
        option.hypothesis_seed = str(random.randrange(2**32))
    return read(
        profile=profile,
        seed="" if option.hypothesis_seed is None else str(option.hypothesis_seed),
        document=option.document,
        overlays=option.overlay,
        no_overlay=option.no_overlay,
        annotations=option.annotation,
        base_url=option.base_url,
        job_ids=option.job_id,
        job_ids_file=option.job_ids,
        timeout=option.timeout,
        max_body=option.max_body,
        ca_bundle=option.ca_bundle,
        discover=option.discover,
        report_dir=option.report_dir,
        ledger=option.ledger,
        shard=option.shard,
        tally=option.tally,
        example_database=option.example_database,
        require=option.require,
        waivers=option.waivers,
        write_waivers=option.write_waivers,
        compare=option.compare,
        probe_methods=option.probe_methods,
        disposable=option.disposable,
        api_key_file=option.api_key_file,
        plain_http_key=option.allow_plain_http_key,
        max_requests=option.max_requests,
        rate_limit=option.rate_limit,
        retries=option.retries,
        redact=[*config.getini("contract_redact"), *option.redact],
    )
