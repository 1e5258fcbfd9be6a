"""Let pages of any origin read the answers (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol)."""

from functools import lru_cache
from http import HTTPStatus
from typing import Final

from contracts.http import Response
from strategies.mock.answering import SMALL, Asked

_ORIGIN: Final = "Access-Control-Allow-Origin"


def cross_origin(asked: Asked, response: Response) -> Response:
    """Return the answer with the fields by which a browser hands it to a page, or the answer to a browser's preflight.

    A preflight is answered for every path and method: the page then sees the answer itself, be it a 404 or 405.
    """
    origin, method = asked.header("origin"), asked.header("access-control-request-method")
    if asked.method == "OPTIONS" and origin and method:
        fields = [("Access-Control-Allow-Methods", method), ("Access-Control-Max-Age", "600")]
        if names := asked.header("access-control-request-headers"):
            fields.append(("Access-Control-Allow-Headers", names))
        return _shared(Response(HTTPStatus.NO_CONTENT, tuple(fields), b""), origin)
    return (_shared if len(response.body) <= SMALL else _shared.__wrapped__)(response, origin)


@lru_cache(maxsize=1024)
def _shared(response: Response, origin: str | None) -> Response:
    """Return the answer for a page of this origin; a page that sends cookies may not be answered with `*`."""
    if origin is None:
        fields: tuple[tuple[str, str], ...] = ((_ORIGIN, "*"),)
    else:
        fields = ((_ORIGIN, origin), ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin"))
    names = ", ".join(dict.fromkeys((*(name for name, _ in response.headers), "Content-Length", "Date")))
    exposed = ("Access-Control-Expose-Headers", names)
    return Response(response.status, (*response.headers, *fields, exposed), response.body)
