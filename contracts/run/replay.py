"""Ask again for the violations of an earlier report, and tell what became of each.

Hides what of a report is taken for known, and how the answers of all rounds decide.
"""

from __future__ import annotations

import json
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from contracts.broken_pipe import print_lines
from contracts.http import Exchange, Response
from contracts.judge import Violation, excuse, parse_response
from contracts.openapi import ConfigurationError, Document, Operation, Resource, from_pointer, resolve_pointer, text_of
from contracts.options import VARIABLES
from contracts.reports import replay_headline, replay_lines, visible, write_replay
from contracts.run.collector import Ending
from contracts.run.credentials import Variables, variable
from contracts.run.observer import Observer
from contracts.run.outputs import print_verdict_line
from contracts.run.profiles import PROFILES
from contracts.run.recheck import Recheck, Round, needed_rounds, own_resource, planned_rounds
from contracts.run.run import EXIT_FAILED, STOPS, Run
from contracts.run.settings import Settings, read_settings
from contracts.verdict import (
    AcceptanceCriteria,
    Finding,
    Look,
    Obstacle,
    Redaction,
    Replay,
    ReplayedFinding,
    ReplayOutcome,
    ReportedRun,
    Tally,
    Untested,
    Waiver,
    Witness,
    conclude,
    decide,
    explains,
    obstacle_to,
)


def replay_settings(reported: ReportedRun, given: Mapping[str, Any], environment: Variables = None) -> Settings:
    """Make settings of options, and of the report where they are silent: its target, and how often it sent again.

    Raises ContractError, in one line with the fix, for what makes no sense.
    """
    options = dict(given)
    named = options.get("base_url") is not None or options.get("start") or variable(environment, VARIABLES["base_url"])
    if not named:
        if "://" not in reported.target:
            fix = "name the server to ask by --base-url"
            raise ConfigurationError(f"{reported.path} is a report on {reported.target}, which cannot be asked; {fix}")
        options["base_url"] = reported.target
    if options.get("retries") is None:
        options["retries"] = PROFILES.get(reported.profile, PROFILES["ci"]).retries
    settings = read_settings(options, environment)
    known = {path: dict.fromkeys(resources) for path, resources in settings.known.items()}
    for finding in reported.every:
        # Unlike resources that are gone by now these were refused before, which is what is asked for again.
        if finding.violation.rule == "status.known-resource" and finding.witness.operation in known:
            known[finding.witness.operation][own_resource(finding)] = None
    return replace(
        settings,
        changes_since="",
        known={path: tuple(resources) for path, resources in known.items()},
        redaction=Redaction(tuple(dict.fromkeys((*settings.redaction.places, *reported.redaction.places)))),
    )


def replay_findings(run: Run, reported: ReportedRun) -> tuple[Replay, Ending]:
    """Ask again, several times, for everything that the report holds; return what became of it, however that ended.

    Raises ContractError, in one line, for a report by another document, and for a target that does not answer.
    """
    document = run.settings.document
    operations = {operation.path: operation for operation in document.operations}
    if not any(each.witness.operation in operations for each in reported.every):
        problem = f"is a report by another document, {reported.document} (sha256 {reported.sha256[:12]}…)"
        raise ConfigurationError(f"{reported.path} {problem}; name that by --document FILE")
    run.prepare(shown=_shown_to_exist(reported, operations))
    tally, answers = Tally(), _Answers(run, reported)
    # A report does not say whether refusals of strange ids were violations: what is in it was one.
    discovered, redaction = run.knowledge.discovered, run.settings.redaction
    observer = Observer(discovered=discovered, redaction=redaction, strict_refusals=True)
    chosen = [each for each in reported.every if not _not_asked(each, run.settings)]
    recheck = Recheck(document, chosen, run.known, observer, redaction, answers, answers.goes_on)
    ending = _carry_out(run.ask_again(recheck, tally))
    incident = run.collector.incident(ending)
    tally.merge(answers.others)
    notes = tuple(_notes(reported, document))
    verdict = conclude(run.facts(replace(ending, notes=notes), incident), tally, AcceptanceCriteria(run.waivers))
    results = sorted(
        (_result(each, answers, run, incident) for each in reported.every),
        key=lambda each: list(ReplayOutcome).index(each.outcome),
    )
    return Replay(
        run=verdict.run,
        reported=reported,
        results=tuple(results),
        new=verdict.findings,
        new_waived=verdict.waived,
        answers=verdict.answers,
        retries=verdict.retries,
        rejected=run.rejected,
    ), ending


def _result(finding: Finding, answers: _Answers, run: Run, incident: str) -> ReplayedFinding:
    day, own = run.waivers.day, own_resource(finding)
    waiver = run.waivers.match(finding.violation, own).waiver
    if waiver is None and finding.waiver and finding.waiver.holds(day):
        waiver = finding.waiver
    if untested := _not_asked(finding, run.settings):
        return ReplayedFinding(finding, ReplayOutcome.NOT_TESTED, own, untested=untested, waiver=waiver)
    return answers.result(finding, incident, waiver)


def report_replay(run: Run, result: Replay, ending: Ending) -> int:
    """Write the reports, print every violation and last of all the verdict; return the exit code."""
    run.close()  # Everything that was exchanged is kept then.
    if folder := run.settings.report_dir:
        with run.errors.guarded("not all was written"):
            run.errors += write_replay(folder, result)
    with run.errors.guarded("not all was printed"):
        print_lines(replay_lines(result))
    for each in run.errors:
        print_lines([visible(f"harness     {each}" if each.ours else f"reports     {each}")])
    print_verdict_line(f"{result.outcome}  {replay_headline(result)}", result.outcome)
    if ending.crashed:
        return EXIT_FAILED
    code = result.outcome.exit_code
    return EXIT_FAILED if code == 0 and any(each.ours for each in run.errors) else code


def _carry_out(rounds: Iterator[Round]) -> Ending:
    """Ask until all rounds are over or one has to be the last."""
    try:
        for _ in rounds:
            pass
    except STOPS as error:
        return Ending(stopped=str(error))
    except KeyboardInterrupt:
        return Ending(interrupted=True)
    except Exception:  # noqa: BLE001 - whatever it is, what was seen until then is reported
        traceback.print_exc()
        return Ending(crashed="the harness itself failed (see above)")
    return Ending()


def _shown_to_exist(
    reported: ReportedRun, operations: Mapping[str, Operation]
) -> dict[Operation, tuple[Resource, ...]]:
    """Return the resources that the report shows to exist, and as which others were answered."""
    found: dict[Operation, dict[Resource, None]] = defaultdict(dict)
    for finding in reported.every:
        operation, request = operations.get(finding.witness.operation), finding.witness.request
        if operation is None:
            continue
        if request.exists and finding.violation.rule != "status.known-resource":
            found[operation][request.parameter_values] = None
        if finding.violation.rule == "overlay.alias" and (other := _counterpart(finding, operation)):
            found[operation][other] = None
    return {operation: tuple(resources) for operation, resources in found.items()}


def _counterpart(finding: Finding, operation: Operation) -> Resource | None:
    """Return the resource as which the finding's was answered: its values were joined by slashes."""
    count, name = len(operation.parameters), json.loads(finding.violation.actual or "null")
    values = (name,) if count == 1 else tuple(str(name).split("/"))
    return values if isinstance(name, str) and len(values) == count else None


def _not_asked(finding: Finding, settings: Settings) -> Untested | None:
    """Return why a finding is not asked for again; None if it is."""
    request = finding.witness.request
    operation = next((each for each in settings.document.operations if each.path == finding.witness.operation), None)
    if operation is None or len(operation.parameters) != len(request.parameters):
        return Untested(Obstacle.NO_OPERATION)
    if not request.is_read and not settings.probe_methods:
        return Untested(Obstacle.NOT_SENT, request.method)
    return None


def _notes(reported: ReportedRun, document: Document) -> Iterator[str]:
    if reported.failed_by_changes:
        yield "the report fails by changes of the document too, which a replay does not ask for"
    if (reported.sha256, reported.overlays) != (document.sha256, document.overlays):
        layers = "".join(f" + {each}" for each in reported.overlays)
        judged = f"the report was judged by {reported.document}{layers}, sha256 {reported.sha256[:12]}…"
        yield f"{judged}, this replay by another document; give the same by --document and --overlay to compare alike"


@dataclass(slots=True)
class _Seen:
    """What one round has shown so far: whether the violation, and for each answer of the resource what is lacking."""

    shows: bool = False
    lacking: list[Untested | None] = field(default_factory=list)

    @property
    def look(self) -> Look:
        """Return the round's result; of several answers, one that tests the promise is enough."""
        return Look(self.shows, None if None in self.lacking else next(iter(self.lacking), None))


@dataclass(frozen=True, slots=True)
class _Latest:
    """The latest exchange that showed a finding, of its own resource if one did; or else the latest one of that."""

    witness: Witness
    now: Violation | None
    came: str


class _Answers:
    """Takes in every answer, and keeps what it shows of the finding asked for, and which violations it has beside."""

    def __init__(self, run: Run, reported: ReportedRun) -> None:
        self._run, self._redaction = run, run.settings.redaction
        violations = [each.violation for each in reported.every]
        self._identities = frozenset(each.identity for each in violations)
        self._of_others = [each for each in violations if each.is_of_others]
        self._exist = {each: frozenset(run.known(each)) for each in run.settings.document.operations}
        self._seen: dict[Round, _Seen] = defaultdict(_Seen)
        self._shown_by: dict[tuple[str, ...], set[Resource]] = defaultdict(set)
        self._tested: set[tuple[Finding, Resource]] = set()
        self._latest: dict[Finding, _Latest] = {}
        self._has_counterpart: dict[Finding, bool] = {}
        self.others = Tally()
        """The violations that the report does not have."""

    def __call__(self, round_: Round, exchange: Exchange, violations: Iterable[Violation]) -> None:
        """Take in an exchange of a round, with all its violations."""
        finding, resource = round_.finding, exchange.request.parameter_values
        had_it_too = finding.witness.request.exists is True and resource in finding.resources
        exists = had_it_too or resource in self._exist[exchange.operation]
        lacking = obstacle_to(finding, exchange, exists=exists)
        every = set(violations)
        own = {each for each in every if self._is_of(round_, self._redaction.violation(each))}
        for each in every:
            self._shown_by[self._redaction.violation(each).identity].add(resource)
        self._note_others(exchange, every - own, lacking)
        now = self._redaction.violation(min(own)) if own else None
        if round_.number == 0:
            is_there = isinstance(exchange.outcome, Response) and exchange.outcome.ok
            self._has_counterpart.setdefault(finding, is_there or resource == own_resource(finding))
            return
        if now:
            self._shown_by[finding.violation.identity].add(resource)
        seen = self._seen[round_]
        seen.shows = seen.shows or now is not None
        if resource == round_.resource and not exchange.is_late:
            seen.lacking.append(lacking)
            if lacking is None:
                self._tested.add((finding, resource))
        self._keep(round_, exchange, now)

    def goes_on(self, finding: Finding, resource: Resource) -> bool:
        """Return whether another answer of a resource would tell more of a finding that is rare.

        It would not once an answer showed it. If its own resource tests nothing, another one stands in that had it too.
        """
        if self._shown_by[finding.violation.identity]:
            return False
        own = own_resource(finding)
        return resource == own if (finding, own) in self._tested else resource != own and resource in finding.resources

    def _is_of(self, round_: Round, found: Violation) -> bool:
        """Return whether a violation is the finding's, or breaks its rule there in a way that is not reported."""
        known = round_.finding.violation
        if known.is_of_others or round_.number == 0 or found.identity in self._identities:
            return known.is_shown_by(found)
        return _is_alike(found, known)

    def _is_reported(self, found: Violation) -> bool:
        """Return whether the report has a violation, by itself or among others that one stands for."""
        return found.identity in self._identities or any(each.is_shown_by(found) for each in self._of_others)

    def _note_others(self, exchange: Exchange, others: set[Violation], lacking: Untested | None) -> None:
        """Note the violations that the report does not have, unless a refusal or what is lacking explains them."""
        left = others if self._run.settings.strict_refusals else excuse(exchange, others)[1]
        new = (each for each in left if not self._is_reported(self._redaction.violation(each)))
        standing = sorted(each for each in new if not (lacking and explains(lacking, exchange, each)))
        self.others.note_violations(exchange, standing, self._run.waivers.match, self._redaction)

    def _keep(self, round_: Round, exchange: Exchange, now: Violation | None) -> None:
        """Keep the exchange if it shows the finding, or if nothing has shown it; the own resource comes first."""
        before = self._latest.get(round_.finding)
        was_shown = before is not None and before.now is not None
        if (now and not was_shown) or (round_.is_own and (now or not was_shown)):
            kept = self._redaction.exchange(exchange)
            came = _value_at(kept, round_.finding.violation.place)
            self._latest[round_.finding] = _Latest(Witness.of(kept), now, came)

    def result(self, finding: Finding, incident: str, waiver: Waiver | None) -> ReplayedFinding:
        """Return what became of a finding that was to be asked for; `incident` is what ended the replay early."""
        planned, own = planned_rounds(finding), own_resource(finding)
        looks = [seen.look for each, seen in self._seen.items() if each.finding is finding and each.is_own]
        # Its own resource counts where it shows the violation only to another finding's request.
        is_shown = any(look.shows for look in looks)
        elsewhere = self._shown_by[finding.violation.identity] - ({own} if is_shown else set())
        outcome, resource = decide(looks, planned, elsewhere=bool(elsewhere)), own
        lacking = next((each.untested for each in looks if each.untested), None)
        if lacking and lacking.obstacle is Obstacle.GONE and outcome is ReplayOutcome.NOT_TESTED:
            other, others = self._sibling_that_showed(finding)
            if decide(others, planned, elsewhere=False) is ReplayOutcome.FIXED:
                outcome, resource, looks = ReplayOutcome.FIXED, other, others
        if outcome is ReplayOutcome.FIXED and not self._was_compared(finding):
            outcome, looks = ReplayOutcome.NOT_TESTED, []
            lacking = Untested(Obstacle.NO_COUNTERPART, finding.violation.actual)
        if outcome is ReplayOutcome.FIXED and needed_rounds(finding) > planned:
            outcome, lacking = ReplayOutcome.NOT_TESTED, Untested(Obstacle.TOO_RARE, _rarity(finding))
        latest = self._latest.get(finding)
        return ReplayedFinding(
            finding,
            outcome,
            resource,
            shown=sum(each.shows for each in looks),
            tested=sum(each.shows or not each.untested for each in looks),
            untested=(lacking or Untested(Obstacle.STOPPED, incident)) if outcome is ReplayOutcome.NOT_TESTED else None,
            elsewhere=tuple(sorted(elsewhere)),
            now=latest.now if latest else None,
            came=latest.came if latest else "",
            witness=latest.witness if latest else None,
            waiver=waiver,
        )

    def _sibling_that_showed(self, finding: Finding) -> tuple[Resource, list[Look]]:
        """Return another resource that showed the finding in the report, and what its rounds show now."""
        rounds = {each: seen for each, seen in self._seen.items() if each.finding is finding and not each.is_own}
        other = next((each.resource for each in rounds if each.resource in finding.resources), ())
        return other, [seen.look for each, seen in rounds.items() if each.resource == other]

    def _was_compared(self, finding: Finding) -> bool:
        """Return whether the resource is there as which the finding's was answered, for a rule that needs it."""
        return self._has_counterpart.get(finding, finding.violation.rule != "overlay.alias")


def _rarity(finding: Finding) -> str:
    return f"{finding.alike:,} of {finding.answers:,}"


def _is_alike(one: Violation, other: Violation) -> bool:
    """Return whether both break one rule in answers of one status at one place, in whatever way."""
    return one.identity[:3] == other.identity[:3]


def _value_at(exchange: Exchange, place: str) -> str:
    """Return the JSON text of the value at a place of the body; empty if there is none."""
    kind, slash, pointer = place.partition("/")
    if kind != "body" or not slash or not isinstance(exchange.outcome, Response):
        return ""
    try:
        value = parse_response(exchange.operation, exchange.outcome).value
        return text_of(resolve_pointer(value, from_pointer(slash + pointer)))
    except (LookupError, ValueError):
        return ""
