"""What goes wrong with services like this one, each by name, to be switched on.

The first table changes a job as it is about to be sent; the others stand where they act, in `app`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

Body = dict[str, Any]


def naive_datetimes(body: Body) -> Body:
    """Times read back from a database without time zones, and sent without an offset."""
    return {**body, "created_at": body["created_at"].removesuffix("Z")}


def new_status(body: Body) -> Body:
    """A new release knows a status that the document does not."""
    return {**body, "status": "VALIDATING"} if body["status"] == "RUNNING" else body


def untagged(body: Body) -> Body:
    """Rows from before there were several vendors are sent as they were stored: without the tag."""
    configuration = body.get("vendor_configuration")
    if not configuration or configuration["vendor"] != "LAUNCH":
        return body
    rest = {name: value for name, value in configuration.items() if name != "vendor"}
    return {**body, "vendor_configuration": rest}


IN_BODIES: Final[dict[str, Callable[[Body], Body]]] = {
    "naive-datetimes": naive_datetimes,
    "new-status": new_status,
    "untagged": untagged,
}

NUL_CRASH: Final = "nul-crash"
"""An id with a NUL byte makes the database driver raise, and the service answer 500."""

DEFECTS: Final = (*IN_BODIES, NUL_CRASH)
