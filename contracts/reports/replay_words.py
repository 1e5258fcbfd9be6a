"""Word a replay for a terminal: a line for each violation of the report, the facts, and last the headline."""

from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from contracts.openapi import Resource
from contracts.reports import messages, verdict_words
from contracts.reports.curl import request_lines
from contracts.reports.rejection_words import rejection_line
from contracts.reports.terminal import about
from contracts.verdict import Finding, Obstacle, Outcome, Replay, ReplayedFinding, ReplayOutcome, ReportedRun, Witness

_INDENT: Final = " " * 13
"""What stands before a line that goes on with a violation: the room of the word before it."""


def replay_lines(replay: Replay) -> Iterator[str]:
    """Yield a line for each violation, with a command for each that is there; then the facts, without the headline.

    What is to be acted on comes last. No line is longer than MAX_LINE characters.
    """
    yield from map(messages.clipped, _lines(replay))


def _lines(replay: Replay) -> Iterator[str]:
    for result in replay.results:
        yield from _told(replay, result)
    for finding in (*replay.new_waived, *replay.new):
        yield from _new(replay, finding)
    reported = replay.reported
    yield messages.visible(f"report      {reported.path} of {reported.started:%Y-%m-%d %H:%M %Z} on {reported.target}")
    yield from about(replay)
    yield from (messages.visible(f"note        {note}") for note in replay.run.notes)


def _told(replay: Replay, result: ReplayedFinding) -> Iterator[str]:
    violation = result.finding.violation
    line = messages.violation_line(violation)
    yield _line(result.outcome, line, result.finding.witness, replay_words(result))
    if result.now and (now := messages.violation_line(result.now)) != line:
        yield f"{_INDENT}now: {now}"
    if result.waiver:
        yield f"{_INDENT}waived {verdict_words.accepted_until(result.waiver)}"
    if result.witness and result.now:
        yield from (_INDENT + command for command in request_lines(result.witness, replay.run))


def _new(replay: Replay, finding: Finding) -> Iterator[str]:
    line = messages.violation_line(finding.violation)
    yield _line("NEW", line, finding.witness, verdict_words.spread(finding))
    if finding.waiver:
        yield f"{_INDENT}waived {verdict_words.accepted_until(finding.waiver)}"
    yield from (_INDENT + command for command in request_lines(finding.witness, replay.run))


def _line(word: str, line: str, witness: Witness, words: str) -> str:
    parts = urlsplit(witness.request.url)
    path = messages.clipped(f"{parts.path}{f'?{parts.query}' if parts.query else ''}", messages.DETAIL)
    end = f" [{witness.request.method} {path}: {words}]"
    return f"{word:<11}  {messages.clipped(line, max(messages.DETAIL, messages.MAX_LINE - len(_INDENT + end)))}{end}"


def replay_words(result: ReplayedFinding) -> str:
    """Return in words how often the violation was there again, or why it was not tested."""
    times = f"there {result.shown} of {_times(result.tested)}"
    if result.outcome is ReplayOutcome.NOT_TESTED:
        return _obstacle(result)
    if result.outcome is ReplayOutcome.FIXED:
        own = result.finding.witness.request.parameter_values
        instead = f" on {_named(result.resource)}, which had it too; this one is gone" if result.resource != own else ""
        came = f", now {messages.short(result.came)}" if result.came and not instead else ""
        return times + instead + came
    if not result.elsewhere:
        return times
    rest = len(result.elsewhere) - 1
    return f"{times}, and on {_named(result.elsewhere[0])}{f' and {rest} more' if rest else ''}"


def _times(number: int) -> str:
    return "1 time" if number == 1 else f"{number} times"


def _named(resource: Resource) -> str:
    return messages.short("/".join(resource), 40)


def _obstacle(result: ReplayedFinding) -> str:
    assert result.untested is not None
    if result.untested.obstacle is Obstacle.TOO_RARE:
        before = messages.visible(result.untested.detail)
        return f"not seen in {result.tested:,} answers; it was in {before} before: too rare to tell"
    detail, violation = messages.visible(result.untested.detail), result.finding.violation
    came = f"{detail.removesuffix(' page')} with an HTML page" if detail.endswith(" page") else detail
    partly = f"; not there in the {_times(result.tested)} that could be judged" if result.tested else ""
    words = {
        Obstacle.GONE: f"the resource is refused by {detail}; is it gone?",
        Obstacle.REJECTED: f"turned away: answered {came}",
        Obstacle.UNAVAILABLE: f"the service does not answer behind its gateway: {detail}",
        Obstacle.UNANSWERED: f"no answer came ({detail})",
        Obstacle.OTHER_STATUS: f"answered {detail}, and the violation is of {violation.status or 'another status'}",
        Obstacle.OTHER_BRANCH: f"the answer is of branch {detail or 'none'}, the violation of {violation.branch}",
        Obstacle.UNREADABLE: "the body cannot be read",
        Obstacle.ABSENT: "the object that held the value is not in the answer",
        Obstacle.UNSETTLED: "the value may still change",
        Obstacle.NO_COUNTERPART: f"{detail}, as which it was answered, is gone",
        Obstacle.NO_OPERATION: "the operation is not judged: it is not in the document, or left out",
        Obstacle.NOT_SENT: f"{detail} is sent by --probe-methods --disposable alone",
        Obstacle.STOPPED: f"not asked to the end: {detail or 'the replay ended before'}",
    }
    return words[result.untested.obstacle] + partly


def replay_headline(replay: Replay) -> str:
    """Return the result of a replay in one sentence; the outcome's word stands before it."""
    deciding = replay.deciding
    counts = Counter(each.outcome for each in deciding)
    told = [f"{counts[outcome]} {_WORDS[outcome]}" for outcome in ReplayOutcome if counts[outcome]]
    told += [f"{len(replay.new)} new"] if replay.new else []
    waived = Counter(each.outcome for each in replay.results if each.waiver)
    told += [f"{waived[outcome]} waived and {_WORDS[outcome]}" for outcome in ReplayOutcome if waived[outcome]]
    number = len(replay.results)
    line = f"{number} violation{'' if number == 1 else 's'} of {replay.reported.path.name}: {', '.join(told)}"
    if replay.outcome is Outcome.INCONCLUSIVE and replay.rejected:
        return messages.visible(f"{rejection_line(replay.rejected, replay.run)} ({line})")
    return messages.visible(f"{line}; {replay.run.incident}" if replay.run.incident else line)


def nothing_to_replay(reported: ReportedRun) -> tuple[Outcome, str]:
    """Return what a replay of a report without violations comes to, in a word and in a sentence."""
    path, outcome = messages.visible(str(reported.path)), messages.visible(reported.outcome)
    if reported.outcome == Outcome.CONFORMS:
        return Outcome.CONFORMS, f"nothing broke, nothing to replay: {path} is {outcome} and holds no violation"
    if reported.failed_by_changes:
        why = f"{path} is {outcome} by changes of the document alone, and a replay asks for violations"
        return Outcome.INCONCLUSIVE, f"nothing to replay: {why}; compare again by `contract verify --changes-since`"
    problem = f"{path} is {outcome} and holds no violation"
    return Outcome.INCONCLUSIVE, f"nothing to replay: {problem}; ask again by `contract verify`"


_WORDS: Final = {
    ReplayOutcome.FIXED: "fixed",
    ReplayOutcome.NOT_TESTED: "not tested",
    ReplayOutcome.SOMETIMES: "sometimes there",
    ReplayOutcome.STILL_THERE: "still there",
}
