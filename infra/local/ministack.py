"""MiniStack: AWS on this machine, in a Python of its own (`.venv-cloud`, made by `make setup`).

It takes a real `sam deploy`, runs the real zips and layer, polls queues, fires schedules and, told so by AUTH=true,
holds every function to its role. It is not AWS: DynamoDB's TTL and recovery and S3's lifecycle are read but not done.
"""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
REGION = "eu-central-1"
LOG = ROOT / "out" / "log" / "ministack.log"

_PROGRAM = ROOT / ".venv-cloud" / "bin" / "ministack"
_HOST = "127.0.0.1"
_STARTS_WITHIN = 30.0  # seconds; 1 on an idle machine
_STOPS_WITHIN = 5.0
_TRIES = 3  # somebody may take the free port before MiniStack does


class CloudError(Exception):
    """The local cloud, or a tool that furnishes it, failed; one line that names the log."""


@contextmanager
def ministack(log: Path = LOG) -> Iterator[str]:
    """Run MiniStack on a free port of 127.0.0.1; yields its URL. On leaving, no process and no folder of it is left.

    Raises CloudError when it is not installed or does not start.
    """
    if not _PROGRAM.exists():
        raise CloudError("MiniStack is not installed: run `make setup`")
    log.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="wbsync-ministack-"))
    try:
        process, url = _started(scratch, log)
        try:
            yield url
        finally:
            _stop(process)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _started(scratch: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    for _ in range(_TRIES):
        port = _free_port()
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 our own program, no shell
                [_PROGRAM],
                env=_environment(scratch, port),
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its workers share its process group, and Ctrl-C reaches us alone
            )
        try:
            if _healthy(process, port):
                return process, f"http://{_HOST}:{port}"
        except BaseException:
            _stop(process)
            raise
        _stop(process)
    raise CloudError(f"MiniStack does not start: see {log}")


def _environment(scratch: Path, port: int) -> dict[str, str]:
    """All that MiniStack and the functions inside it see; nothing of the caller's environment leaks in."""
    return {
        "PATH": os.defpath,
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "STATE_DIR": str(scratch / "state"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": _HOST,  # its default is every address
        "MINISTACK_HOST": _HOST,
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",  # else it opens a port for MQTT
        "AUTH": "true",  # roles are enforced
        "LOG_LEVEL": "WARNING",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _healthy(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until it answers; False when it ended instead, or said nothing for too long."""
    give_up = time.monotonic() + _STARTS_WITHIN
    while process.poll() is None and time.monotonic() < give_up:
        with (
            suppress(OSError, http.client.HTTPException),
            closing(http.client.HTTPConnection(_HOST, port, timeout=2)) as connection,
        ):
            connection.request("GET", "/_ministack/health")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        time.sleep(0.1)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End MiniStack, then the functions' processes, which it leaves behind: its group is theirs and nobody else's."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOPS_WITHIN)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
