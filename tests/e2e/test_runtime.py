"""What `sam build` made answers under Lambda's real client, with nothing to import from but its folder and the layer.

The layer brings its own boto3, so that of Lambda's runtime is left out: a newer or older one there changes nothing.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from werkzeug.wrappers import Request, Response

from infra.local.cloud import BUILT, build, environment
from infra.local.serving import serve
from infra.local.wildberries import Category, make_token
from tests.benchmarks.clicks import click
from tests.benchmarks.runtime_api import NoAnswer, first_answer, interpreter, runtime_client
from tests.fixtures.world import LABEL_KEY, MINSK, shop
from wbsync.domain.ids import ChrtId, OrderId, WarehouseId
from wbsync.domain.label_links import signed_path
from wbsync.messages import LabelsWanted, NewOrder, StockBatch
from wbsync.telemetry import utcnow

NOBODY = "http://127.0.0.1:9"
AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
LAYER = BUILT / "CommonLayer" / "python"

FOR_LACK_OF_AWS = {"NotAuthorised"}
"""What a function ends with that read its configuration and was refused by the first table, queue or bucket."""

MESSAGES: Mapping[str, str] = {
    "StockBatchesQueue": StockBatch(
        warehouse=WarehouseId(MINSK), observed_at=AT, batch=0, rows={ChrtId(1): 2}
    ).model_dump_json(),
    "NewOrdersQueue": NewOrder(order_id=OrderId(3_000_000_017)).model_dump_json(),
    "LabelsWantedQueue": LabelsWanted(order_ids=(OrderId(3_000_000_017),)).model_dump_json(),
    "CardChangesQueue": "{}",  # malformed: it fails alone
}

ALARM = {
    "AlarmName": "wbsync-local-SweepFreshnessAlarm-1ABC",
    "AlarmDescription": "docs/runbook.md#the-life-of-orders-stands-still",
    "NewStateValue": "ALARM",
    "NewStateReason": "no datapoints",
    "StateChangeTime": "2026-11-24T09:05:00.123+0000",
}

IMPORT_ALL = """
import ast, importlib, pathlib, sys, zoneinfo

class Imports(ast.NodeVisitor):
    names = set()
    def visit_If(self, node):
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)
    def visit_Import(self, node):
        self.names |= {alias.name for alias in node.names}
    def visit_ImportFrom(self, node):
        self.names.add(node.module)

files = [file for folder in sys.argv[1:] for file in pathlib.Path(folder).rglob("*.py")]
for file in files:
    Imports().visit(ast.parse(file.read_text("utf-8")))
for name in sorted(Imports.names):
    try:
        importlib.import_module(name)
    except ImportError as error:
        print(error.name)
try:
    zoneinfo.ZoneInfo("Europe/Minsk")
except zoneinfo.ZoneInfoNotFoundError:
    print("tzdata")
print(len(files), "files", file=sys.stderr)
"""


@cache
def built() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(build().read_text(encoding="utf-8"))
    return loaded


def functions() -> dict[str, dict[str, Any]]:
    found = built()["Resources"].items()
    return {name: r["Properties"] for name, r in found if r["Type"] == "AWS::Serverless::Function"}


@contextmanager
def aws() -> Iterator[str]:
    """An account that tells its parameters and refuses everything else."""
    token = make_token(categories=tuple(Category), expires=utcnow() + timedelta(days=9))
    told = {
        "config": shop(supplies={"assembled": ["WA"]}, prices={"price_type": 1, "currency": "BYN"}).model_dump_json(),
        "wb-token": token,
        "bitrix-webhook": f"{NOBODY}/rest/1/invented0secret/",
        "label-key": LABEL_KEY.decode(),
    }

    @Request.application
    def answer(request: Request) -> Response:
        asked = json.loads(request.get_data() or b"{}") if request.headers.get("X-Amz-Target") else {}
        name = str(asked.get("Name", "")).rpartition("/")[2]
        if request.headers.get("X-Amz-Target") == "AmazonSSM.GetParameter" and name in told:
            return Response(json.dumps({"Parameter": {"Name": asked["Name"], "Value": told[name]}}))
        return Response(json.dumps({"__type": "AccessDeniedException", "message": "not here"}), 400)

    with serve(answer) as url:
        yield url


def variables(properties: Mapping[str, Any], aws_url: str) -> dict[str, str]:
    """What CloudFormation would make of the template's: the names of things are their logical ids."""
    given = {name: str(parameter.get("Default", "")) for name, parameter in built()["Parameters"].items()} | {
        "Stage": "local",
        "WbHostTemplate": f"{NOBODY}/{{api}}",
    }
    queues = {name for name, r in built()["Resources"].items() if r["Type"] == "AWS::SQS::Queue"}

    def value(told: Any) -> str:
        match told:
            case {"Ref": name}:
                return given.get(name) or (f"{aws_url}/queue/{name}" if name in queues else name)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{(\w+)\}", lambda found: given[found[1]], text)
            case {"Fn::GetAtt": _}:
                return "https://labels.test/"
        return str(told)

    everywhere = built()["Globals"]["Function"]["Environment"]["Variables"]
    own = everywhere | properties["Environment"]["Variables"]
    return environment(aws_url) | {"AWS_REGION": "eu-central-1"} | {name: value(told) for name, told in own.items()}


def event(properties: Mapping[str, Any]) -> dict[str, Any]:
    """What its first trigger would send."""
    for trigger in properties.get("Events", {}).values():
        if trigger["Type"] == "SQS":
            [queue, _] = trigger["Properties"]["Queue"]["Fn::GetAtt"]
            sent = {"SentTimestamp": str(int(utcnow().timestamp() * 1000))}
            return {"Records": [{"messageId": "1", "body": MESSAGES[queue], "attributes": sent}]}
    if "FunctionUrlConfig" in properties:
        return click(signed_path(OrderId(3_000_000_017), key=LABEL_KEY, expires=utcnow() + timedelta(days=1)))
    if not properties.get("Events"):
        return {"Records": [{"Sns": {"Subject": "ALARM", "Message": json.dumps(ALARM)}}]}
    return {}


def outcome(name: str, layer: Path, client: Path, aws_url: str) -> str:
    """`answered`, or the type of error that Lambda would tell."""
    properties = functions()[name]
    path = [BUILT / properties["CodeUri"], layer, client]
    try:
        first_answer(interpreter(), path, event(properties), variables(properties, aws_url), log=client / f"{name}.log")
    except NoAnswer as said:
        kind: str = (re.findall(r'"errorType": ?"([\w.]+)"', str(said)) or [f"no answer: {said}"])[0]
        return kind
    return "answered"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    build()
    return runtime_client(tmp_path_factory.mktemp("client"))


def layer_without(package: str, folder: Path) -> Path:
    """The layer with one package left out, made of links."""
    folder.mkdir()
    for entry in LAYER.iterdir():
        if entry.name != package:
            (folder / entry.name).symlink_to(entry)
    return folder


def cannot_import(layer: Path) -> set[str]:
    """Packages that some file of the product imports, at once or later, and that are not there."""
    done = subprocess.run(
        [
            interpreter(),
            "-S",
            "-c",
            IMPORT_ALL,
            LAYER / "wbsync",
            *(BUILT / f["CodeUri"] for f in functions().values()),
        ],
        env={
            "PYTHONPATH": str(layer),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONTZPATH": "",
            "AWS_REGION": "eu-central-1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stderr.split()[0]) > len(functions())
    return set(done.stdout.split())


def test_every_function_starts_and_reaches_its_handler(client: Path) -> None:
    with aws() as url, ThreadPoolExecutor(2) as together:
        names = list(functions())
        ended = dict(zip(names, together.map(lambda name: outcome(name, LAYER, client, url), names), strict=True))
    assert {name: how for name, how in ended.items() if how not in {"answered", *FOR_LACK_OF_AWS}} == {}
    assert len(ended) > 20
    assert ended["OpenLabel"] == ended["UploadCards"] == "answered"
    assert ended["PollOrders"] == "NotAuthorised", "it came as far as the first table"


def test_whatever_the_product_imports_at_once_or_later_is_in_the_layer(client: Path) -> None:
    assert cannot_import(LAYER) == set()


def test_a_package_that_the_layer_lacks_shows(client: Path, tmp_path: Path) -> None:
    with aws() as url:
        assert outcome("PollOrders", layer_without("httpx", tmp_path / "a"), client, url) == "Runtime.ImportModuleError"
    for package in ("rapidfuzz", "tzdata", "imagesize"):
        assert cannot_import(layer_without(package, tmp_path / package)) == {package}


def test_a_handler_that_is_not_there_shows(client: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("run = print\n")
    with pytest.raises(NoAnswer, match="HandlerNotFound"):
        first_answer(interpreter(), [tmp_path, LAYER, client], {}, {}, log=client / "nothing.log")
