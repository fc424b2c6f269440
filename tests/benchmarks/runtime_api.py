"""Lambda's Runtime API for one function process and one event, and the process itself under the real client.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import compileall
import importlib.metadata
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

GIVE_UP = 20.0


@dataclass(frozen=True)
class Start:
    """A process's first answer: wall seconds since it was spawned, its CPU seconds until then, and what it said.

    `ready`: wall seconds until it asked for its first event, which is what Lambda calls INIT.
    """

    seconds: float
    ready: float
    cpu_seconds: float
    answer: Any


class NoAnswer(Exception):
    """The function failed to start or to answer, with what it said."""


class _Api(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, event: Mapping[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.event = json.dumps(event).encode()
        self.asked_at = 0.0
        self.said: queue.SimpleQueue[tuple[str, bytes, float]] = queue.SimpleQueue()
        self.over = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Every process is ended while it waits for a second event."""


class _Asked(BaseHTTPRequestHandler):
    server: _Api
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        """The next event: there is one, then nothing happens until the process is ended."""
        if self.server.asked_at:
            self.server.over.wait()
            return
        self.server.asked_at = time.perf_counter()
        self._answer(
            200,
            self.server.event,
            {
                "Content-Type": "application/json",  # without it the client crashes
                "Lambda-Runtime-Aws-Request-Id": "00000000-0000-0000-0000-000000000001",
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + GIVE_UP) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:bench",
                "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
            },
        )

    def do_POST(self) -> None:
        """`…/response`, or `…/error` of the start or of the event."""
        at = time.perf_counter()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.said.put((self.path.rsplit("/", 1)[1], body, at))
        self._answer(202, b"", {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


def first_answer(
    python: Path, path: list[Path], event: Mapping[str, Any], variables: Mapping[str, str], *, log: Path
) -> Start:
    """Spawn `app.handler` under awslambdaric with nothing but `path` to import from, and take its first answer.

    Raises NoAnswer with what the function said when that is no answer.
    """
    api = _Api(event)
    thread = threading.Thread(target=lambda: api.serve_forever(poll_interval=0.05), daemon=True)
    thread.start()
    try:
        with log.open("ab") as out:
            began = time.perf_counter()
            process = subprocess.Popen(
                [python, "-S", "-m", "awslambdaric", "app.handler"],
                env=_variables(api.server_port, path, variables),
                cwd=path[0],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            kind, body, at = api.said.get(timeout=GIVE_UP)
        except queue.Empty:
            kind, body, at = "error", b"nothing was said", began
        finally:
            cpu = _ended(process)
    finally:
        api.over.set()
        api.shutdown()
        thread.join()
        api.server_close()
    if kind != "response":
        raise NoAnswer(f"{path[0].name}: {body.decode(errors='replace')[:500]}")
    return Start(at - began, api.asked_at - began, cpu, json.loads(body))


def runtime_client(folder: Path) -> Path:
    """awslambdaric and what it needs, alone, with byte code: a part of Lambda's own runtime, the same for all."""
    for name in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        for file in importlib.metadata.files(name) or ():
            if ".dist-info" not in str(file) and "__pycache__" not in file.parts and ".." not in file.parts:
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), target)
    compileall.compile_dir(folder, quiet=1)
    return folder


def interpreter() -> Path:
    """The interpreter beneath our environment: `-S` leaves it with its own library only."""
    return Path(sys._base_executable)  # type: ignore[attr-defined]  # undocumented, but what venv itself uses


def _ended(process: subprocess.Popen[bytes]) -> float:
    """End it; the CPU seconds it took."""
    os.kill(process.pid, signal.SIGKILL)  # not `kill()`, which would reap it if it has ended, and its times with it
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _variables(port: int, path: list[Path], variables: Mapping[str, str]) -> dict[str, str]:
    """A Lambda's environment; nothing of this process leaks in."""
    return {
        "PATH": os.defpath,
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONDONTWRITEBYTECODE": "1",  # Lambda's folders are read-only
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "_HANDLER": "app.handler",
        "LAMBDA_TASK_ROOT": str(path[0]),
        **variables,
    }
