"""A second way out, for a target that was declared disposable: methods that may change or delete what it holds."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.document import Operation
from contracts.exchange import Exchange
from contracts.methods import PROBED
from contracts.session import GuardedSession


class ProbingSession(GuardedSession):
    """Sends what `PROBED` names, without a body, to one target and nothing else; shows every exchange to `observer`.

    All that holds for the session that reads holds for it too.
    """

    methods = frozenset(PROBED)

    def try_method(self, method: str, operation: Operation, values: Mapping[str, str]) -> Exchange:
        """Ask for one resource by the method."""
        prepared = self._template.copy()
        prepared.method = method
        prepared.url = self.base_url + operation.url_path(values)
        # On a connection of its own: after one that turned out to be closed, a read may be sent again, this may not
        # (RFC 9110, section 9.2.2).
        prepared.headers["Connection"] = "close"
        return self._carry(prepared, operation, values)[0]
