"""What a run is asked to do: options, environment and files, read and found to make sense."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from contracts import comparison, keywords, overlay, requirements
from contracts.checks import scalar
from contracts.document import PINNED, PINNED_OVERLAY, Document, Operation, load, operation_at
from contracts.errors import ConfigurationError
from contracts.methods import PROBED
from contracts.pace import Limits, check_rate
from contracts.profiles import PROFILES, Profile
from contracts.redaction import Redaction
from contracts.requirements import Requirement
from contracts.secret import Secret, check_api_key, read_api_key
from contracts.session import MAX_BODY, TIMEOUT, check_base_url
from contracts.shards import Shard
from contracts.validation import compiled
from contracts.waivers import Waiver
from contracts.waivers import load as load_waivers

BASE_URL_VARIABLE: Final = "CONTRACT_BASE_URL"
JOB_IDS_VARIABLE: Final = "CONTRACT_JOB_IDS"
API_KEY_VARIABLE: Final = "SGP_API_KEY"
ACCOUNT_VARIABLE: Final = "SGP_ACCOUNT_ID"
_HARMFUL: Final = (
    f"--probe-methods sends {', '.join(PROBED)}, by which a server that takes them may change or delete what it holds; "
    "if nothing on the target matters, say so by --disposable"
)
EXAMPLES: Final = ".hypothesis/examples"
"""Where examples are kept unless an option says otherwise: Hypothesis's own folder."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings. `base_url` None means the embedded mock; the key is in no representation of this.

    `seed` is empty where the profile's inputs are the same each time.
    """

    profile: Profile
    seed: str
    document: Document
    base_url: str | None
    job_ids: tuple[str, ...]
    timeout: float
    max_body: int
    ca_bundle: str | None
    discover: int
    """How many resources are looked for in what the target lists; their ids are then among `job_ids`."""
    report_dir: Path | None
    ledger: Path | None
    shard: Shard | None
    tally: Path | None
    """Where a shard writes what it saw."""
    example_database: str
    terms: Mapping[str, Any] = field(repr=False)
    """What of the options the contract and its terms come from, for a shard's file."""
    requirements: tuple[Requirement, ...]
    waivers: tuple[Waiver, ...]
    drafted_waivers: Path | None
    """Where waivers for all that stands are drafted."""
    earlier: Mapping[str, Any] | None = field(repr=False)
    """The report that this run is compared with."""
    api_key: str | None = field(repr=False)
    account: str | None
    plain_http_key: bool
    """Whether the key may travel in clear text to another machine."""
    limits: Limits
    retries: int
    redaction: Redaction
    probe_methods: bool = False
    """Whether methods are sent that may change or delete what the target holds."""

    def resources(self, operation: Operation) -> tuple[tuple[str, ...], ...]:
        """The resources known to exist, as values of the operation's path parameters.

        An id is written as its path (`/parcels/7`); or as the value of an operation's one parameter, or as the values
        of several between slashes, each percent-encoded, and is then of every operation whose parameters allow them.
        An operation without parameters is a resource of its own.
        """
        if not operation.parameters:
            return ((),)
        found = (_values(self.document, operation, job_id) for job_id in self.job_ids)
        return tuple(dict.fromkeys(values for values in found if values))


def _values(document: Document, operation: Operation, job_id: str) -> tuple[str, ...]:
    """The path parameters that the id stands for; none where it is of another operation."""
    written = operation_at(document.operations, job_id)
    if written is not None:
        return tuple(written[1].values()) if written[0] is operation else ()
    count = len(operation.parameters)
    values = (job_id,) if count == 1 else tuple(unquote(part) for part in job_id.split("/"))
    alone = sum(bool(other.parameters) for other in document.operations) == 1
    return values if len(values) == count and (alone or _allowed(operation, values)) else ()


def _allowed(operation: Operation, values: tuple[str, ...]) -> bool:
    """Whether the schemas of the parameters allow the values, read as text or as what the text says."""
    is_valid = compiled(operation.document).is_valid
    pairs = zip(operation.parameters, values, strict=True)
    return all(is_valid(each.schema, text) or is_valid(each.schema, scalar(text)) for each, text in pairs)


def read(
    *,
    profile: Profile = PROFILES["ci"],
    seed: str = "",
    document: str | None = None,
    overlays: Iterable[str] = (),
    no_overlay: bool = False,
    annotations: Iterable[str] = (),
    base_url: str | None = None,
    job_ids: Iterable[str] = (),
    job_ids_file: str | None = None,
    timeout: float = TIMEOUT,
    max_body: int = MAX_BODY,
    ca_bundle: str | None = None,
    discover: int = 0,
    report_dir: str | None = None,
    ledger: str | None = None,
    shard: str | None = None,
    tally: str | None = None,
    example_database: str | None = None,
    require: Iterable[str] = (),
    waivers: str | None = None,
    write_waivers: str | None = None,
    compare: str | None = None,
    probe_methods: bool = False,
    disposable: bool = False,
    api_key_file: str | None = None,
    plain_http_key: bool = False,
    max_requests: int | None = None,
    rate_limit: str | None = None,
    retries: int | None = None,
    redact: Iterable[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from options, then the environment; raises ContractError, in one line, for what makes no sense."""
    environment = _variables() if environment is None else environment
    files = overlay_files(overlays, no_overlay=no_overlay, pinned=not document)
    loaded = load(Path(document) if document else PINNED, files, annotations)
    for operation in loaded.operations:
        keywords.check(operation)
    given = list(job_ids)
    known = _job_ids(given, job_ids_file, environment.get(JOB_IDS_VARIABLE, ""))
    if base_url == "":
        # What `--base-url "$URL"` gives where the variable is not set: the mock would be judged in a server's place.
        raise ConfigurationError("--base-url is empty; give a URL, or leave it out to judge the embedded mock")
    url = base_url or environment.get(BASE_URL_VARIABLE) or None
    if not url and (given or job_ids_file):
        raise ConfigurationError("--job-id and --job-ids name resources of a server; give its --base-url too")
    if discover < 0 or (discover and not url):
        raise ConfigurationError("--discover lists resources of a server; give a number, and the server's --base-url")
    if ca_bundle is not None and not Path(ca_bundle).is_file():
        raise ConfigurationError(f"--ca-bundle {ca_bundle} is no file; name a file of PEM certificates")
    if probe_methods and not disposable:
        raise ConfigurationError(_HARMFUL)
    if probe_methods and shard:
        raise ConfigurationError("--probe-methods may change what other shards read; leave --shard out")
    _check_numbers(timeout, max_body, max_requests, retries)
    return Settings(
        profile=profile,
        seed=seed,
        document=loaded,
        base_url=check_base_url(url) if url else None,
        job_ids=_claimed(loaded, known),
        timeout=timeout,
        max_body=max_body,
        ca_bundle=ca_bundle,
        discover=discover,
        report_dir=Path(report_dir) if report_dir else None,
        ledger=Path(ledger) if ledger else None,
        shard=_shard(shard, tally, ledger),
        tally=_new_file("--tally", tally) if tally else None,
        example_database=example_database or ("" if profile.repeatable else EXAMPLES),
        terms={
            "document": document,
            "overlays": list(overlays),
            "no_overlay": no_overlay,
            "annotations": list(annotations),
            "require": list(require),
        },
        requirements=_requirements(
            (*profile.requires, *require),
            loaded,
            _untolerated(loaded, files, annotations),
            # Of a shard the merge asks the ledger.
            with_ledger=ledger is not None or shard is not None,
        ),
        waivers=load_waivers(Path(waivers)) if waivers else (),
        drafted_waivers=_new_file("--write-waivers", write_waivers) if write_waivers else None,
        earlier=comparison.read(Path(compare)) if compare else None,
        api_key=_api_key(api_key_file, environment),
        account=_account(environment),
        plain_http_key=plain_http_key,
        limits=Limits(max_requests, check_rate(rate_limit) if rate_limit else 0.0),
        retries=profile.retries if retries is None else retries,
        redaction=Redaction.at(redact),
        probe_methods=probe_methods,
    )


def overlay_files(given: Iterable[str], *, no_overlay: bool = False, pinned: bool = True) -> tuple[Path, ...]:
    """The overlays to apply, in their order, each once: of `given`, files replace the pinned overlay, names add to it.

    A name is that of an overlay that comes with the harness; a file of the same name is given as `./name`. Raises
    ConfigurationError for a word that is neither.
    """
    known = overlay.shipped()
    files: list[Path] = []
    named: list[Path] = []
    for word in given:
        if word in known:
            named += known[word]
        elif Path(word).name != word or Path(word).suffix or Path(word).is_file():
            files.append(Path(word))
        else:
            names = ", ".join(sorted(known))
            raise ConfigurationError(f"--overlay {word} is no file, and no overlay of that name comes along: {names}")
    if no_overlay and files:
        raise ConfigurationError("--overlay FILE and --no-overlay contradict each other; give one of them")
    base = files or ([PINNED_OVERLAY] if pinned and not no_overlay else [])
    return tuple(dict.fromkeys([*base, *named]))


def _shard(text: str | None, tally: str | None, ledger: str | None) -> Shard | None:
    if (text is None) != (tally is None):
        raise ConfigurationError("--shard and --tally go together: a shard alone is no verdict; give both, then merge")
    if text is not None and ledger is not None:
        raise ConfigurationError("--ledger would count a shard as a run; give it to `python -m contracts merge`")
    return Shard.parse(text) if text is not None else None


def _untolerated(loaded: Document, files: tuple[Path, ...], annotations: Iterable[str]) -> Document:
    """The document without the overlays that come with the harness: what they declare is borne, not asked for."""
    known = {file for named in overlay.shipped().values() for file in named}
    others = [file for file in files if file not in known]
    return loaded if len(others) == len(files) else load(loaded.path, others, annotations)


def _requirements(
    words: Iterable[str], document: Document, untolerated: Document, *, with_ledger: bool
) -> tuple[Requirement, ...]:
    operations = document.operations, untolerated.operations
    found = tuple(requirements.parse(each, *operations) for each in dict.fromkeys(words))
    for each in found:
        if each.days is not None and not with_ledger:
            raise ConfigurationError(f"--require {each.text!r} asks a ledger; name it by --ledger FILE")
    return found


def _new_file(option: str, name: str) -> Path:
    if Path(name).exists():
        raise ConfigurationError(f"{option} {name} is there already, and is not overwritten; name a new file")
    return Path(name)


def _claimed(document: Document, job_ids: tuple[str, ...]) -> tuple[str, ...]:
    """The ids; raises ConfigurationError for one that is of no operation."""
    for job_id in job_ids:
        if not any(_values(document, operation, job_id) for operation in document.operations):
            paths = " or ".join(operation.path for operation in document.operations if operation.parameters)
            raise ConfigurationError(f"the job id {job_id[:40]!r} is of no operation; write it as {paths or 'none'}")
    return job_ids


def _check_numbers(timeout: float, max_body: int, max_requests: int | None, retries: int | None) -> None:
    if not 0 < timeout < math.inf:
        raise ConfigurationError(f"--timeout {timeout:g} is no time; give seconds above 0")
    if max_body <= 0:
        raise ConfigurationError(f"--max-body {max_body} leaves no room; give bytes above 0")
    if max_requests is not None and max_requests <= 0:
        raise ConfigurationError(f"--max-requests {max_requests} leaves nothing to ask; give a number above 0")
    if retries is not None and retries < 0:
        raise ConfigurationError(f"--retries {retries} is no number of times; give 0 or more")


def _variables() -> dict[str, str]:
    """What the process's environment says; the key so that no traceback shows it."""
    names = (ACCOUNT_VARIABLE, BASE_URL_VARIABLE, JOB_IDS_VARIABLE)
    found = {name: os.environ[name] for name in names if name in os.environ}
    return {**found, API_KEY_VARIABLE: Secret(os.environ.get(API_KEY_VARIABLE, ""))}


def _api_key(file: str | None, environment: Mapping[str, str]) -> Secret | None:
    if file:
        return read_api_key(Path(file))
    given = environment.get(API_KEY_VARIABLE)
    return check_api_key(given) if given else None


def _account(environment: Mapping[str, str]) -> str | None:
    given = environment.get(ACCOUNT_VARIABLE, "").strip()
    if not given.isascii() or not given.isprintable():
        raise ConfigurationError(f"{ACCOUNT_VARIABLE} holds no account; set it to printable ASCII characters")
    return given or None


def _job_ids(given: list[str], file: str | None, variable: str) -> tuple[str, ...]:
    listed = _lines(Path(file)) if file else []
    ids = [*given, *listed] or variable.replace(",", " ").split()
    for job_id in ids:
        if job_id in ("", ".", ".."):
            raise ConfigurationError(f"the job id {job_id!r} cannot be sent: it is no path segment (RFC 3986, 5.2.4)")
        if "\n" in job_id or "\r" in job_id:
            raise ConfigurationError(f"the job id {job_id[:40]!r} holds a line break; write one --job-id for each id")
        if not _is_text(job_id):
            raise ConfigurationError(f"the job id {job_id[:40]!a} is not UTF-8; write it in UTF-8")
    return tuple(dict.fromkeys(ids))


def _is_text(job_id: str) -> bool:
    try:
        job_id.encode()
    except UnicodeEncodeError:
        return False
    return True


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"--job-ids {file} cannot be read: {error.strerror}; name a readable file") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"--job-ids {file} is not UTF-8; write one id a line in UTF-8") from None
    ids = [line.strip() for line in text.split("\n") if line.strip()]
    if not ids:
        raise ConfigurationError(f"--job-ids {file} holds no id; write one id a line")
    return ids
