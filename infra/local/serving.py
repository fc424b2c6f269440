"""Puts a simulator (any WSGI app) on a port of 127.0.0.1: real sockets, threads, HTTP/1.1 with kept connections."""

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, NoReturn
from wsgiref.types import WSGIApplication, WSGIEnvironment

import httpx
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"


def cut(environ: WSGIEnvironment) -> NoReturn:
    """Break the connection without an answer; call it from inside a WSGI app.

    On a port the socket is closed, which httpx reports as `RemoteProtocolError`. In process (httpx.WSGITransport) there
    is no socket, so that same error is raised straight through the app.
    """
    if "werkzeug.socket" in environ:
        raise ConnectionResetError
    raise httpx.RemoteProtocolError("Server disconnected without sending a response.")


@contextmanager
def serve(app: WSGIApplication, port: int = 0) -> Iterator[str]:
    """Serve `app` from a thread of its own; yields `http://127.0.0.1:<port>`, port 0 picks a free one.

    On leaving, the port and every kept connection are closed.
    """
    server = _server(app, port)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.05), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        _Connection.hang_up(server)


def run_forever(app: WSGIApplication, port: int, name: str) -> None:
    """Serve until SIGINT or SIGTERM; prints one line `<name> http://127.0.0.1:<port>` when it listens."""
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    with serve(app, port) as url:
        print(f"{name} {url}", flush=True)
        over.wait()


class _Connection(WSGIRequestHandler):
    """Werkzeug's handler closes after every answer and waits 10 ms for leftovers: a fast client deserves neither.

    The whole body is read before the app runs, so the connection is always clean for the next request.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    open: set[socket.socket] = set()  # noqa: RUF012 (shared on purpose: every connection of the process)

    def setup(self) -> None:
        super().setup()
        self.open.add(self.connection)

    def finish(self) -> None:
        self.open.discard(self.connection)
        super().finish()

    @classmethod
    def hang_up(cls, server: BaseWSGIServer) -> None:
        for connection in list(cls.open):
            try:
                if connection.getsockname()[1] == server.port:
                    connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                logging.getLogger(__name__).debug("a connection was already closed")

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        chunked = environ.get("wsgi.input_terminated", False)
        body = environ["wsgi.input"].read(-1 if chunked else int(environ.get("CONTENT_LENGTH") or 0))
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Any:  # noqa: ANN401 (WSGI's write callable, which our apps never call)
            started[:] = [(status, headers)]
            return None

        try:
            answer = b"".join(self.server.app(environ, start_response))
        except ConnectionError:
            self.close_connection = True
            return
        self._write(*started[0], answer)

    def _write(self, status: str, headers: list[tuple[str, str]], answer: bytes) -> None:
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        if code not in {"204", "304"}:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else answer)

    def log_request(self, *_: object) -> None:
        """Thousands of requests run through a demo: none is logged."""


def _server(app: WSGIApplication, port: int) -> BaseWSGIServer:
    return make_server(HOST, port, app, threaded=True, request_handler=_Connection)
