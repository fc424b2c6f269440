"""The product in a local cloud: the real template, built and deployed by the real SAM CLI (`.venv-sam`)."""

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import boto3

from infra.local.ministack import REGION, ROOT, CloudError

BUILT = ROOT / ".aws-sam" / "local"
"""What `build` makes: `template.yaml`, a folder for each function, and `CommonLayer`."""

STACK = "wbsync-local"
STAGE = "local"

_SAM = ROOT / ".venv-sam" / "bin" / "sam"
_LOGS = ROOT / "out" / "log"
_INPUTS = ("template.yaml", "functions", "layers")
_ACCOUNT = boto3.Session("test", "test", region_name=REGION)
_ARCHITECTURE = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")


def build() -> Path:
    """Build for this machine, unless the last build was of the same files; returns the built template.

    Raises CloudError naming the log.
    """
    built, stamp, inputs = BUILT / "template.yaml", BUILT / "inputs.sha256", _fingerprint()
    with _alone(BUILT):
        if not (stamp.exists() and stamp.read_text() == inputs):
            shutil.rmtree(BUILT, ignore_errors=True)
            _sam("build", "--build-dir", str(BUILT), "--parameter-overrides", f"Architecture={_ARCHITECTURE}")
            stamp.write_text(inputs)
    return built


def build_release(folder: Path) -> Path:
    """Build another release, whose files lie in `folder`; returns its built template. Raises CloudError."""
    into, template = folder / ".aws-sam" / "local", folder / "template.yaml"
    where = ("--template", str(template), "--build-dir", str(into))
    _sam("build", *where, "--parameter-overrides", f"Architecture={_ARCHITECTURE}")
    return into / "template.yaml"


def deploy(
    ministack_url: str, *, parameters: Mapping[str, str], template: Path = BUILT / "template.yaml"
) -> dict[str, str]:
    """Deploy what was built with these template parameters, or over what is there; the stack's outputs by name.

    Raises CloudError naming the log.
    """
    overrides = {"Stage": STAGE, "Architecture": _ARCHITECTURE, "LogRetentionDays": "1", **parameters}
    _sam(
        "deploy",
        *("--template", str(template), "--stack-name", STACK, "--region", REGION),
        *("--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-progressbar", "--on-failure", "DO_NOTHING"),
        *("--parameter-overrides", *(f"{name}={_quoted(value)}" for name, value in overrides.items())),
        endpoint=ministack_url,
    )
    cloudformation = _ACCOUNT.client("cloudformation", endpoint_url=ministack_url)
    [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def put_parameters(ministack_url: str, *, config: str, secrets: Mapping[str, str]) -> None:
    """Put the configuration (the JSON that SSM holds) and the secrets wb-token, bitrix-webhook, label-key into SSM."""
    ssm = _ACCOUNT.client("ssm", endpoint_url=ministack_url)
    ssm.put_parameter(Name=f"/wbsync/{STAGE}/config", Value=config, Type="String", Overwrite=True)
    for name, value in secrets.items():
        ssm.put_parameter(Name=f"/wbsync/{STAGE}/{name}", Value=value, Type="SecureString", Overwrite=True)


def reachable(ministack_url: str, function_url: str) -> str:
    """The address at which MiniStack answers for a Function URL, whose own host exists in AWS only."""
    asked = urlsplit(function_url)
    function_id, local = asked.netloc.partition(".")[0], urlsplit(ministack_url)
    path = f"/_aws/lambda-url/{function_id}{asked.path}"
    return urlunsplit((local.scheme, local.netloc, path, asked.query, ""))


def environment(ministack_url: str) -> dict[str, str]:
    """What points boto3, in this process or another, at the local cloud."""
    return {
        "AWS_ENDPOINT_URL": ministack_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
    }


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One run at a time may write this folder: tests run in several processes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sam(command: str, *arguments: str, endpoint: str = "") -> None:
    """Run the SAM CLI quietly; a failure is one line with SAM's own word and where the rest is."""
    if not _SAM.exists():
        raise CloudError("The SAM CLI is not installed: run `make setup`")
    log = _LOGS / f"sam-{command}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        done = subprocess.run(  # noqa: S603 our own program, no shell
            [_SAM, command, *arguments],
            cwd=ROOT,
            env=_tools_environment(endpoint),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise CloudError(f"sam {command} failed: {_last_word(log)} (see {log})")


def _tools_environment(endpoint: str) -> dict[str, str]:
    """The caller's environment, for the way to the package registry, with our tools first and our account only."""
    inherited = dict(os.environ)  # noqa: TID251 the SAM CLI and uv need the machine's own settings
    private = ROOT / ".venv-uv" / "bin" / "uv"
    return (
        inherited
        | (environment(endpoint) if endpoint else {"AWS_DEFAULT_REGION": REGION})
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', os.defpath)}",
            "UV": inherited.get("UV") or (str(private) if private.exists() else "uv"),
            "PYTHON": sys.executable,
            "WBSYNC_ARCHITECTURE": _ARCHITECTURE,
            "SAM_CLI_TELEMETRY": "0",
        }
    )


def _last_word(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("Error")]
    return (errors or lines or ["it said nothing"])[-1]


def _quoted(value: str) -> str:
    return json.dumps(value)


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{_ARCHITECTURE} {sys.version}".encode())
    for path in _files(_INPUTS):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(names: Sequence[str]) -> Iterator[Path]:
    for name in names:
        start = ROOT / name
        found = [start] if start.is_file() else sorted(start.rglob("*"))
        yield from (path for path in found if path.is_file() and "__pycache__" not in path.parts)
