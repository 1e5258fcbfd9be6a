"""What a run is asked to do: options, environment and files, read once and found to make sense."""

import random
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from contracts.coverage import Requirement, parse_requirement
from contracts.http import KeySource, Limits, Retries, SessionOptions, check_base_url, check_rate
from contracts.openapi import (
    PINNED,
    ConfigurationError,
    Document,
    DocumentError,
    NothingLeft,
    Resource,
    Selection,
    check_overlay_keywords,
    leave_out,
    load,
    overlay_files,
    shipped_overlays,
)
from contracts.options import EXAMPLES, VARIABLES, option_values
from contracts.reports import read_report
from contracts.run.combinations import check_combinations
from contracts.run.credentials import KeyCommand, Variables, read_bundle, read_certificate, read_credentials, variable
from contracts.run.known_ids import check_ids, ids_in, listed_ids, resources_of
from contracts.run.parameters import Given, Row, given_parameters, given_resources, rows_of
from contracts.run.profiles import PROFILES, Profile
from contracts.run.service import START_WAIT, service_port
from contracts.run.shards import CONTRACT_OPTIONS, Shard
from contracts.verdict import Redaction, Waiver, load_waivers


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings. `base_url` None means the embedded mock; no representation of this shows the API key.

    `seed` is empty where the profile's inputs are the same each time.
    """

    profile: Profile
    seed: str
    document: Document
    overlays: tuple[Path, ...]
    """The files of the overlays that the document was read with."""
    changes_since: str
    """The earlier document that it is compared with, as the user named it; empty for none."""
    base_url: str | None
    known: Mapping[str, tuple[Resource, ...]] = field(repr=False)
    """By the operation's path, the resources that the user named: values of its path parameters."""
    parameters: Mapping[str, Given] = field(repr=False)
    """By the operation's path, the values that the user gives for its other parameters."""
    session: SessionOptions = field(repr=False)
    """How requests are sent; the API key is in here."""
    limits: Limits
    discover: int
    """How many resources to look for in what the target lists."""
    report_dir: Path | None
    ledger: Path | None
    start: str
    """The command that starts the server that is judged; empty if it is there already."""
    wait: float
    """Seconds to wait for the server to answer."""
    shard: Shard | None
    tally: Path | None
    """Where a shard writes what it saw."""
    example_database: str
    contract_options: Mapping[str, Any] = field(repr=False)
    """The options that the contract and the criteria come from, for a shard's file."""
    requirements: tuple[Requirement, ...]
    waivers: tuple[Waiver, ...]
    """Those of violations and those of changes, as their file has them."""
    drafted_waivers: Path | None
    """Where waivers are drafted for every violation that stands."""
    earlier: Mapping[str, Any] | None = field(repr=False)
    """The report.json that this run is compared with."""
    redaction: Redaction
    plan_requests: int | None
    asks: bool
    """Whether anything is sent; without it answers are judged that were captured."""
    """How many requests to plan at most, over all operations; None for no bound."""
    selection: Selection
    """The operations that the user chose."""
    strict_document: bool
    """Whether a document is refused of which anything cannot be judged."""
    undecodable_ids: bool
    """Whether ids are asked for whose bytes are not UTF-8."""
    strict_refusals: bool
    """Whether it is a violation that an id is refused which a router, gateway or firewall may refuse."""

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """The environment variables that hold secrets, whether or not they are set."""
        every = (*self.document.credentials, *(each.credential for each in self.session.credentials))
        return tuple(dict.fromkeys(each.environment for each in every if each.is_secret))

    @property
    def credential_names(self) -> tuple[tuple[str, str], ...]:
        """The place and name of everything that the session sends by itself, so that no parameter of the name is."""
        every = (*self.document.credentials, *(each.credential for each in self.session.credentials))
        return tuple((each.place, each.name) for each in every)

    @property
    def is_selective(self) -> bool:
        """Whether operations that could be judged were not chosen."""
        return self.document.skipped > 0

    def without(self, reasons: Mapping[str, tuple[DocumentError, ...]]) -> "Settings":
        """Return the settings of a run that leaves out what cannot be judged; see `leave_out`.

        Raises ContractError if nothing is left, or if the user asked for what is left out.
        """
        document = self.selection.checked(leave_out(self.document, reasons))
        _refuse_if_strict(document, strict=self.strict_document)
        kept = {operation.path for operation in document.operations}
        return replace(self, document=document, requirements=tuple(_still_asked(self.requirements, kept)))

    @property
    def violation_waivers(self) -> tuple[Waiver, ...]:
        """The waivers of violations; those of changes are for what compares documents."""
        return tuple(each for each in self.waivers if not each.is_of_changes)

    @property
    def probe_methods(self) -> bool:
        """Whether methods are sent that may change or delete what the target holds."""
        return self.session.probes

    @property
    def target(self) -> str:
        """The server, as reports and the ledger name it."""
        return self.base_url or "the embedded mock server"


def read_settings(given: Mapping[str, Any], environment: Variables = None) -> Settings:
    """Make settings of options by their keys (`base_url` of `--base-url`), then of the environment.

    Raises ContractError, in one line with the fix, for what makes no sense.
    """
    profile, seed = _profile_and_seed(given)
    options = _with_variables(option_values(given), environment)
    document, files, selection = _document(options)
    base_url, rows = _base_url(options, environment), rows_of(options["parameter"], options["parameters"])
    parameters, known = given_parameters(document, rows), _known(document, options, environment, rows)
    check_combinations(options, base_url)
    return Settings(
        profile=profile,
        seed=seed,
        document=document,
        overlays=files,
        changes_since=options["changes_since"] or "",
        base_url=base_url,
        known=known,
        parameters=parameters,
        session=_session_options(document, options, environment, profile),
        limits=Limits(options["max_requests"], check_rate(options["rate_limit"]) if options["rate_limit"] else 0.0),
        discover=options["discover"],
        start=options["start"] or "",
        wait=_wait(options),
        shard=None if options["shard"] is None else Shard.parse(options["shard"]),
        example_database=options["example_database"] or ("" if profile.repeatable else EXAMPLES),
        contract_options={name: options[name] for name in CONTRACT_OPTIONS},
        requirements=_requirements(document, files, options, profile, selection),
        waivers=load_waivers(Path(options["waivers"])) if options["waivers"] else (),
        earlier=_earlier(options["compare"]) if options["compare"] else None,
        redaction=Redaction.at(options["redact"]),
        plan_requests=_plan_requests(profile, options["plan_requests"], options["max_requests"]),
        asks=bool(given.get("asks", True)),
        selection=selection,
        strict_document=bool(options["strict_document"]),
        undecodable_ids=not options["utf8_ids"],
        strict_refusals=bool(options["strict_refusals"]),
        **_written(options),
    )


def _document(options: Mapping[str, Any]) -> tuple[Document, tuple[Path, ...], Selection]:
    """Return the document, the overlays that it was read with, and the operations that were chosen of it."""
    files = overlay_files(options["overlay"], no_overlay=bool(options["no_overlay"]), pinned=not options["document"])
    selection = Selection(tuple(options["operation"]), tuple(options["skip"]))
    document = load(_path(options["document"]) or PINNED, files, options["annotation"], selection)
    _refuse_if_strict(document, strict=bool(options["strict_document"]))
    for operation in document.operations:
        check_overlay_keywords(operation)
    return document, files, selection


def _written(options: Mapping[str, Any]) -> dict[str, Path | None]:
    """Return the folders and files that a run writes, by the names of the settings."""
    return {
        "report_dir": _path(options["report_dir"]),
        "ledger": _path(options["ledger"]),
        "tally": new_file("--tally", options["tally"]),
        "drafted_waivers": new_file("--write-waivers", options["write_waivers"]),
    }


def _plan_requests(profile: Profile, given: int | None, budget: int | None) -> int | None:
    """Return how many requests to plan at most: as given, or by the profile; None for no bound.

    A profile that draws anew each time fits its plan into the budget, so that the next run goes on where this one
    stops, and leaves a tenth of the budget to what nobody plans, such as asking again for what broke.
    """
    if given is None and profile.plan_requests is None and budget is not None:
        return max(1, budget * 9 // 10)
    return (profile.plan_requests if given is None else given) or None


def _refuse_if_strict(document: Document, *, strict: bool) -> None:
    if strict and document.left_out:
        raise NothingLeft(document)


def _still_asked(requirements: Iterable[Requirement], kept: Container[str]) -> Iterator[Requirement]:
    """Yield the requirements without the features of operations that are left out.

    Raises ConfigurationError for one that asks for nothing else.
    """
    for each in requirements:
        features = tuple(feature for feature in each.features if feature.operation in kept)
        if each.features and not features:
            raise ConfigurationError(
                f"--require {each.text!r} asks for an operation that cannot be judged; leave it out"
            )
        yield replace(each, features=features)


def _profile(name: str | None) -> Profile:
    """Return the profile of the name, or `ci`; raises ConfigurationError for a name that there is not."""
    profile = PROFILES.get(name or "ci")
    if profile is None:
        raise ConfigurationError(f"no profile is named {name!r}; choose one of {', '.join(PROFILES)}")
    return profile


def _seed(profile: Profile, given: object, shard: str | None) -> str:
    """Return the seed to draw by, chosen by chance where none is given: it is reported, and the same for all workers.

    It is empty where the profile's inputs are the same each time. Raises ConfigurationError for a shard without a seed.
    """
    if given is not None:
        return str(given)
    if profile.repeatable:
        return ""
    if shard:
        problem = f"--shard {shard} of {profile.name} draws by a seed that all shards share"
        raise ConfigurationError(f"{problem}; give each the same --hypothesis-seed, such as the pipeline's number")
    return str(random.randrange(2**32))


def _base_url(options: Mapping[str, Any], variables: Variables) -> str | None:
    if options["base_url"] == "":
        # `--base-url "$URL"` gives this where the variable is not set: the mock would be judged instead of a server.
        raise ConfigurationError("--base-url is empty; give a URL, or leave it out to judge the embedded mock")
    url = options["base_url"] or variable(variables, VARIABLES["base_url"])
    if options["start"]:
        url = (url or "http://127.0.0.1:{port}").replace("{port}", str(service_port()))
    return check_base_url(url) if url else None


def _profile_and_seed(given: Mapping[str, Any]) -> tuple[Profile, str]:
    profile = _profile(given.get("hypothesis_profile"))
    return profile, _seed(profile, given.get("hypothesis_seed"), given.get("shard"))


def _wait(options: Mapping[str, Any]) -> float:
    given: float | None = options["wait"]
    return (START_WAIT if options["start"] else 0.0) if given is None else given


def _with_variables(options: dict[str, Any], variables: Variables) -> dict[str, Any]:
    """Return the options with those set by the environment that a shard's file has to hold."""
    strict = options["strict_refusals"] or is_on(variables, VARIABLES["strict_refusals"])
    return {**options, "strict_refusals": strict, "changes_since": _changes_since(options, variables)}


def _changes_since(options: Mapping[str, Any], variables: Variables) -> str | None:
    if options["changes_since"] == "":
        raise ConfigurationError("--changes-since is empty; name a file, REV:path or a URL, or leave it out")
    return options["changes_since"] or variable(variables, VARIABLES["changes_since"]) or None


def _known(
    document: Document, options: Mapping[str, Any], variables: Variables, rows: Sequence[Row]
) -> dict[str, tuple[Resource, ...]]:
    file = ids_in(Path(options["job_ids"])) if options["job_ids"] else []
    ids = [*options["job_id"], *file] or listed_ids(variable(variables, VARIABLES["job_ids"]))
    given = given_resources(document, rows)
    if given and not (options["base_url"] or options["start"] or variable(variables, VARIABLES["base_url"])):
        raise ConfigurationError("--parameter names resources of a server by a path parameter; give its --base-url too")
    named = resources_of(document, check_ids(ids))
    return {path: tuple(dict.fromkeys((*found, *given.get(path, ())))) for path, found in named.items()}


def _session_options(
    document: Document, options: Mapping[str, Any], variables: Variables, profile: Profile
) -> SessionOptions:
    command, key = options["key_command"], document.api_key
    return SessionOptions(
        credentials=read_credentials(document, options, variables),
        key_source=KeySource(KeyCommand(command, key)) if command and key else None,
        certificate=read_certificate(options),
        plain_http_key=bool(options["allow_plain_http_key"]),
        timeout=options["timeout"],
        max_body=options["max_body"],
        ca_bundle=read_bundle(options),
        retries=Retries(profile.retries if options["retries"] is None else options["retries"]),
        probes=bool(options["probe_methods"]),
        trace=bool(options["traceparent"]),
    )


def _requirements(
    document: Document, files: tuple[Path, ...], options: Mapping[str, Any], profile: Profile, selection: Selection
) -> tuple[Requirement, ...]:
    words = dict.fromkeys((*profile.requires, *options["require"]))
    without = _without_tolerated(document, files, options["annotation"], selection).operations
    found = tuple(parse_requirement(each, document.operations, without) for each in words)
    # The merge of shards asks the ledger for them.
    if options["ledger"] is None and options["shard"] is None and (asking := [each for each in found if each.days]):
        raise ConfigurationError(f"--require {asking[0].text!r} asks a ledger; name it by --ledger FILE")
    return found


def _without_tolerated(
    document: Document, files: tuple[Path, ...], annotations: Iterable[str], chosen: Selection
) -> Document:
    """Return the document without the overlays that come along: what they declare is tolerated, not asked for."""
    shipped = {file for named in shipped_overlays().values() for file in named}
    others = [file for file in files if file not in shipped]
    return document if len(others) == len(files) else load(document.path, others, annotations, chosen)


def is_on(variables: Variables, name: str) -> bool:
    """Return whether the variable switches a flag on; raises ConfigurationError for a value that does neither."""
    value = variable(variables, name).strip().lower()
    if value not in ("", "0", "1", "false", "no", "true", "yes"):
        raise ConfigurationError(f"{name} is {value!r}; set it to 1 or 0, or leave it out")
    return value in ("1", "true", "yes")


def _path(name: str | None) -> Path | None:
    return Path(name) if name else None


def _earlier(name: str) -> Mapping[str, Any]:
    return read_report(Path(name), f"--compare {name}")


def new_file(option: str, name: str | None) -> Path | None:
    """Return the file that an option names, if any; raise ConfigurationError for one that is there already."""
    if name and Path(name).exists():
        raise ConfigurationError(f"{option} {name} is there already, and is not overwritten; name a new file")
    return _path(name)
