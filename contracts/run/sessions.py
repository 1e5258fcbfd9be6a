"""Open the sessions of one process: to what server, at what rate, and what each of them knows and records.

Hides the embedded mock, what the processes of a run share of their traffic, and how it is known that a resource exists.
"""

import functools
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from contracts.http import Authorization, Exchange, GuardedSession, RateLimit, Rejections, Request, Secret
from contracts.openapi import ConfigurationError, Inputs, Operation, Resource
from contracts.reports import EXCHANGES, Recorder
from contracts.run.handed_in import Strategies
from contracts.run.recheck import Asks, Recheck, Round
from contracts.run.service import Service, wait_for_answer
from contracts.run.settings import Settings
from contracts.run.workers import RunFolder
from contracts.verdict import Tally


class Sessions:
    """Opens sessions that share one rate limit; `known` returns the resources of an operation that are known to exist.

    Everything that the sessions need is opened with the first that needs it, and closed by `close`.
    """

    def __init__(
        self,
        settings: Settings,
        strategies: Strategies,
        folder: RunFolder,
        known: Callable[[Operation], tuple[Resource, ...]],
        sleep: Callable[[float], object],
    ) -> None:
        self._settings, self._strategies, self._folder, self._known = settings, strategies, folder, known
        self._options = replace(settings.session, turns=folder.turns, inputs=self._inputs())
        self._stack = ExitStack()
        self._rate_limit = RateLimit(settings.limits, folder.shared_state, sleep=sleep)
        self._stack.callback(self._rate_limit.close)

    def _inputs(self) -> dict[str, Inputs]:
        """Return, by the operation's path, what its requests carry; raises DocumentError where no value is found."""
        settings, found = self._settings, {}
        for operation in settings.document.operations:
            given = settings.parameters.get(operation.path, {})
            inputs = self._strategies.required_inputs(operation, given, settings.credential_names)
            # The mock looks at no value.
            found[operation.path] = replace(inputs, made_up=inputs.made_up and bool(settings.base_url))
        return found

    def close(self) -> None:
        """Close everything; a second time changes nothing."""
        self._stack.close()

    def begin_target(self, secrets: Mapping[str, Secret]) -> None:
        """Start the target if that is asked for, and wait until it answers; raises ContractError, in one line.

        `secrets` are the variables that only what is started finds in its environment.
        """
        settings, service = self._settings, None
        if settings.start:
            _refuse_taken(self._base_url)
            service = Service(settings.start, settings.report_dir, self._every_secret, secrets)
            self._stack.enter_context(closing(service))
        if settings.wait:
            operations = settings.document.operations

            def attempt() -> GuardedSession:
                # These requests count for nothing: neither for a budget nor for a rate.
                return GuardedSession(self._base_url, operations, lambda exchange: None, self._options)

            wait_for_answer(attempt, settings.document, settings.wait, service)

    def _every_secret(self) -> Authorization:
        """Return the masks of all that was sent so far, keys that ran out included."""
        options = self._settings.session
        return Authorization((*options.credentials, *(options.key_source.given if options.key_source else ())))

    def open_unjudged(self, on_exchange: Callable[[Exchange], object]) -> GuardedSession:
        """Open a session whose exchanges are neither judged nor recorded; it knows what the user named alone."""
        named = {operation: self._settings.known[operation.path] for operation in self._settings.document.operations}
        return GuardedSession(
            self._base_url,
            named,
            on_exchange,
            self._options,
            rate_limit=self._rate_limit,
            exists=lambda operation, resource: resource in named[operation] or None,
        )

    def open(self, observer: Callable[[Exchange], object]) -> GuardedSession:
        """Open a session that records every exchange for the reports, and hands it to the observer then."""
        session = GuardedSession(
            self._base_url,
            self._settings.document.operations,
            lambda exchange: self._observe(observer, exchange),
            self._options,
            rate_limit=self._rate_limit,
            rejections=self.rejections,
            exists=self._exists,
        )
        return self._stack.enter_context(session)

    def _observe(self, observer: Callable[[Exchange], object], exchange: Exchange) -> None:
        if self._recorder and not exchange.is_late:  # First of all: whatever becomes of the rest, it is kept.
            self._recorder(self._settings.redaction.exchange(exchange))
        observer(exchange)

    def ask_together(
        self, operation: Operation, resources: Sequence[Resource], observer: Callable[[Exchange], object]
    ) -> tuple[Exchange, ...]:
        """Ask for the resources at the same time, record the exchanges, and hand them to the observer, in order.

        Raises the ContractError that ended one of the requests, once the others are observed.
        """
        barrier = threading.Barrier(len(resources))

        def ask(resource: Resource) -> Exchange:
            # Each over a connection of its own, which some servers answer one after another, and none of them is kept.
            with self.open_unjudged(lambda exchange: None) as session:
                barrier.wait()
                return session.ask(operation, operation.bind(resource), {"Connection": "close"})

        with ThreadPoolExecutor(len(resources)) as pool:
            asked = [pool.submit(ask, resource) for resource in resources]
        exchanges = []
        for resource, future in zip(resources, asked, strict=True):
            if not future.exception():
                others = tuple(each for each in resources if each != resource)
                exchange, exists = future.result(), self._exists(operation, resource)
                request = replace(exchange.request, exists=exists, together=others)
                exchanges.append(replace(exchange, request=request))
                self._observe(observer, exchanges[-1])
        for future in asked:
            future.result()
        return tuple(exchanges)

    def ask_again(self, recheck: Recheck, tally: Tally) -> Iterator[Round]:
        """Carry out the rounds of a recheck over a session of their own; the tally counts its requests.

        Raises the ContractError that ends the session early.
        """

        def count(exchange: Exchange) -> None:
            (recheck.observe_late if exchange.is_late else tally.count)(exchange)

        with self.open(count) as session:

            def one(operation: Operation, resource: Resource, asked: Request) -> Exchange:
                values, headers = operation.bind(resource), dict(asked.headers)
                return session.ask(operation, values, headers, method=asked.method, inputs=asked.inputs)

            def together(operation: Operation, resources: Sequence[Resource]) -> Sequence[Exchange]:
                session.drop_connection()
                return self.ask_together(operation, resources, count)

            yield from recheck.rounds(Asks(one, together))
            session.report_late_bytes()

    @property
    def requests_left(self) -> int | None:
        """Return how many requests the budget still allows to all processes; None without a budget."""
        return self._rate_limit.left

    @functools.cached_property
    def rejections(self) -> Rejections:
        """Whether the target lets this caller in, as all processes of the run know it."""
        known = {each.path: len(self._known(each)) for each in self._settings.document.operations}
        return self._stack.enter_context(closing(Rejections(known, self._folder.shared_state)))

    @functools.cached_property
    def _base_url(self) -> str:
        """Where the server is that is judged; the embedded mock runs as long as it is asked."""
        if self._settings.base_url:
            return self._settings.base_url
        return str(self._stack.enter_context(self._strategies.mock_server(self._settings.document)).url)

    @functools.cached_property
    def _exists(self) -> Callable[[Operation, Resource], bool | None]:
        known = {operation: frozenset(self._known(operation)) for operation in self._settings.document.operations}
        on_mock, made_up = not self._settings.base_url, self._strategies.made_up

        def exists(operation: Operation, resource: Resource) -> bool | None:
            if resource in known[operation]:
                return True
            # Only of the mock is everything known that exists; but an odd id exists nowhere by chance.
            return False if on_mock or any(map(made_up, resource)) else None

        return exists

    @functools.cached_property
    def _recorder(self) -> Recorder | None:
        """Keeps what this process exchanges, for the reports, which say so where that cannot be."""
        with suppress(OSError):
            if folder := self._settings.report_dir:
                recorder = Recorder(folder / EXCHANGES, self._folder.worker or "main")
                return self._stack.enter_context(closing(recorder))
        return None


def _refuse_taken(base_url: str) -> None:
    """Raise ConfigurationError if something answers already where the service is to be started: it would be judged."""
    url = urlsplit(base_url)
    with suppress(OSError), socket.create_connection((url.hostname or "", url.port or _PORTS[url.scheme]), timeout=1):
        problem = f"something accepts connections at {base_url} already, before --start has started the server"
        raise ConfigurationError(f"{problem}; end it, or name another port in --base-url")


_PORTS: Final = {"http": 80, "https": 443}
