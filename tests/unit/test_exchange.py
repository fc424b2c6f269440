"""No server can lead us into the own network, hold a worker for ever or fill its memory."""

import gzip
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from threading import Thread
from typing import ClassVar

import httpx
import pytest

from wbsync.exchange import LeadsIntoOwnNetwork, TakesTooLong, exchanged, is_own_network


class _Server(BaseHTTPRequestHandler):
    """Answers `/redirect` with one, `/bomb` with a megabyte of zeros in a kilobyte, else a word; keeps the paths."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = gzip.compress(bytes(2**20)) if self.path == "/bomb" else b"a word"
        self.send_response(302 if self.path == "/redirect" else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/bomb":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def server() -> Iterator[int]:
    _Server.asked.clear()
    with HTTPServer(("127.0.0.1", 0), _Server) as running:
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield running.server_port
        running.shutdown()


def ask(url: str, most: int = 1000) -> tuple[int, int, bool]:
    with httpx.Client(trust_env=False) as http:
        answer = exchanged(http, http.build_request("GET", url), most=most)
        return answer.status_code, len(answer.content), answer.whole


def test_a_name_that_stands_for_a_private_address_is_not_talked_to() -> None:
    with server() as port:
        with pytest.raises(LeadsIntoOwnNetwork, match="localhost stands for an address of a private network"):
            ask(f"http://localhost:{port}/secret")
        assert _Server.asked == []
        assert ask(f"http://127.0.0.1:{port}/") == (200, 6, True)  # as the local cloud is configured


def test_the_address_is_that_of_the_connection_whatever_the_name_stood_for_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with server() as port:
        found = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with pytest.raises(LeadsIntoOwnNetwork):
            ask(f"http://shop.example:{port}/rest/1/secret/")
        assert _Server.asked == []


def test_a_proxy_of_the_machine_may_stand_in_its_own_network() -> None:
    with server() as port, httpx.Client(proxy=f"http://localhost:{port}") as http:
        assert exchanged(http, http.build_request("GET", "http://shop.example/")).status_code == 200
        assert _Server.asked == ["http://shop.example/"]


def test_a_cyrillic_name_is_looked_at_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with server() as port:
        found = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with pytest.raises(LeadsIntoOwnNetwork):
            ask(f"http://магазин.бел:{port}/")


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with server() as port:
        assert ask(f"http://127.0.0.1:{port}/redirect")[0] == 302
        assert _Server.asked == ["/redirect"]


def test_an_answer_that_unpacks_to_more_than_wanted_is_cut() -> None:
    with server() as port:
        assert ask(f"http://127.0.0.1:{port}/bomb", most=1000) == (200, 1000, False)
        assert ask(f"http://127.0.0.1:{port}/bomb", most=2**20 + 1) == (200, 2**20, True)


def test_an_answer_that_drips_is_given_up() -> None:
    def drops() -> Iterator[bytes]:
        yield from (b"." for _ in range(1000))

    clock = count(step=7)
    with (
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, content=drops()))) as http,
        pytest.raises(TakesTooLong, match="no end after 60 s"),
    ):
        exchanged(http, http.build_request("GET", "https://shop.example/"), clock=lambda: float(next(clock)))
    assert next(clock) < 100, "what is left of the answer is not waited for"


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("10.1.2.3", True),
        ("127.0.0.1", True),
        ("169.254.169.254", True),
        ("192.168.0.1", True),
        ("100.64.0.1", True),
        ("::1", True),
        ("fe80::1%eth0", True),
        ("fd00:ec2::254", True),
        ("::ffff:10.0.0.1", True),
        ("0.0.0.0", True),
        ("93.184.215.14", False),
        ("2606:4700::1111", False),
        ("shop.example", False),
    ],
)
def test_own_networks_are_known(address: str, own: bool) -> None:
    assert is_own_network(address) is own
