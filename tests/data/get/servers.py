"""Servers on loopback that behave as servers do, well and badly."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Server:
    """What a server holds and does; a test may change it while it runs."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By path, with the slash."""
    ranges: bool = True
    """Whether it can go on in the middle of a file."""
    tag: str = '"1"'
    """Sent as ETag, where it is not empty."""
    dies_after: int | None = None
    """Bytes of each answer after which it hangs up."""
    kind: str = "application/octet-stream"
    length: bool = True
    """Whether it tells how long an answer is."""
    turns: dict[str, str] = field(default_factory=dict)
    """Redirects."""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range of each request."""
    address: str = ""


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Let `server` answer at its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, server)

        def log_message(self, *_: object) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    server.address = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


def _answer(handler: BaseHTTPRequestHandler, server: Server) -> None:
    wished = handler.headers.get("Range")
    server.asked.append((handler.path, wished))
    if handler.path in server.turns:
        handler.send_response(302)
        handler.send_header("Location", server.turns[handler.path])
        handler.end_headers()
        return
    content = server.files.get(handler.path)
    if content is None:
        handler.send_error(404)
        return
    begin = _begin(handler, server, wished)
    if begin >= len(content) > 0:
        handler.send_error(416)
        return
    handler.send_response(206 if begin else 200)
    if begin:
        handler.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
    if server.tag:
        handler.send_header("ETag", server.tag)
    if server.length:
        handler.send_header("Content-Length", str(len(content) - begin))
    handler.send_header("Content-Type", server.kind)
    handler.end_headers()
    rest = content[begin:]
    handler.wfile.write(rest if server.dies_after is None else rest[: server.dies_after])


def _begin(handler: BaseHTTPRequestHandler, server: Server, wished: str | None) -> int:
    told = re.fullmatch(r"bytes=(\d+)-", wished or "")
    condition = handler.headers.get("If-Range")
    if told is None or not server.ranges or (condition is not None and condition != server.tag):
        return 0
    return int(told[1])
