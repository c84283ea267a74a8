"""Ask a server for a file: by http or https, and led on by redirects to nothing less safe."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from deepdiva import __version__
from deepdiva.data.get.address import shown_address
from deepdiva.errors import DataError
from deepdiva.provenance.tree import printable

PATIENCE = 30.0
"""Seconds without a byte after which a server counts as gone."""
_SAFE_TURNS = {("http", "http"), ("http", "https"), ("https", "https")}
_IN_ADDRESSES = "%/:?#[]@!$&'()*+,;=~"


class _Turns(urllib.request.HTTPRedirectHandler):
    """Follows redirects to servers only, and never from https to anything less."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if (urlsplit(req.full_url).scheme, urlsplit(newurl).scheme) not in _SAFE_TURNS:
            fp.close()
            raise failed(req.full_url, f"the server points to {shown_address(newurl)}, which is less safe")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def request_for(address: str, headers: Mapping[str, str]) -> urllib.request.Request:
    """Return the request for the file at `address`, which `refuse_odd_address` has judged."""
    told = {"User-Agent": f"deepdiva/{__version__}", "Accept-Encoding": "identity", **headers}
    plain = quote(address, safe=_IN_ADDRESSES)  # letters beyond ASCII, as browsers send them
    return urllib.request.Request(plain, headers=told)  # noqa: S310 - judged before


def open_address(request: urllib.request.Request) -> http.client.HTTPResponse:
    """Return what the server answers.

    Raises:
        DataError: it points to a less safe address (ARC-005).
        OSError, HTTPException: it cannot be asked, or answers with an error.
    """
    answer: http.client.HTTPResponse = _opener().open(request, timeout=PATIENCE)
    return answer


def failed(address: str, why: str) -> DataError:
    """Return the error for a file that did not come."""
    return DataError(
        f"{shown_address(address)}: {printable(why)}",
        expected="the whole file",
        remedy="look at the network and type the command again, which goes on with what has arrived; or put "
        "the file into a folder and name that: --mirror file:///FOLDER, or the address file:///FOLDER/FILE",
        code="ARC-005",
    )


def _opener() -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),  # certificates are verified
        urllib.request.HTTPDefaultErrorHandler(),
        _Turns(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
