"""Say what a run leaves out or does not read, beside what its answers show."""

from collections.abc import Callable, Iterator

from contracts.judge import unread_types
from contracts.openapi import Operation, Resource
from contracts.run.handed_in import Strategies
from contracts.run.knowledge import Knowledge
from contracts.run.settings import Settings


def notes_on(
    settings: Settings,
    strategies: Strategies,
    known: Callable[[Operation], tuple[Resource, ...]],
    knowledge: Knowledge,
    *,
    is_planned: bool,
) -> Iterator[str]:
    """Yield a sentence on each."""
    yield from knowledge.notes
    if types := unread_types(settings.document):
        yield f"bodies of {', '.join(types)} are not read; their status, headers and presence are judged"
    if settings.plan_requests and is_planned:
        yield from strategies.plan_notes(settings, known, knowledge.remembered)
