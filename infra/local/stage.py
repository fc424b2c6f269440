"""The whole world on this machine: both simulators and the local cloud as processes of their own, the real template."""

import json
import os
import secrets
import select
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, Self

import boto3
import httpx
from botocore.config import Config
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.local import cloud
from infra.local.bitrix import SECRET, USER_ID
from infra.local.goods import goods
from infra.local.ministack import LOG, REGION, ROOT, CloudError, ministack
from infra.local.products import OFFERS_IBLOCK, PRODUCTS_IBLOCK
from infra.local.wildberries import Category, make_token
from wbsync.domain.shop import Shop
from wbsync.telemetry import utcnow

MINSK, RUSSIA = 501_001, 501_002
"""WB's warehouses of the seller; supplies for the second one go to Russia, which WB wants SPOT for."""

_OFFICE_IN_RUSSIA = 601
MARKING_CODE = "MARKING_CODE"
"""The property of a basket line in which the shop keeps codes of «Честный знак»."""

ASSEMBLED = "WA"
"""The order status by which staff says: assembled."""

_LOST_PARCELS = ("canceled_by_client", "canceled_by_carrier", "defect")

_STARTS_WITHIN = 30.0  # seconds; 1 on an idle machine
_STOPS_WITHIN = 5.0
_PLENTY = 6 * 2**30  # bytes; a run takes 1.2 of it
_LONGEST_RUN = 910  # seconds; no function of the template may take longer

type Step = Callable[[str], AbstractContextManager[None]]
"""What is done around each step of the building, named for people: showing it, timing it."""


class Size(BaseModel):
    """How large the world is; the environment's DEMO_<FIELD> in capitals."""

    model_config = ConfigDict(frozen=True)

    offers: int = Field(2000, ge=20, le=100_000, description="offers of the shop that WB sells too")
    orders: int = Field(150, ge=6, le=10_000, description="orders that buyers make on WB")
    products: int = Field(200, ge=15, le=2000, description="products of the shop that are to become cards")
    seed: int = Field(1, ge=0, description="which goods, and which of them are bought")
    wb_port: int = Field(0, ge=0, le=65_535, description="the simulated WB's; 0 picks a free one")
    wb_host_template: str = Field("", pattern=r"^$|\{api\}", description="another way for the functions to WB")
    out: Path = ROOT / "out" / "demo"
    then: str = Field("", description="a command that is run in the demo's world before it ends, e.g. `bash`")

    @classmethod
    def from_env(cls) -> Self:
        """Raises CloudError with one line that names the variable."""
        named = {f"DEMO_{field.upper()}": field for field in cls.model_fields}
        given = {field: os.environ[name] for name, field in named.items() if os.environ.get(name)}  # noqa: TID251 this is no function: its settings are the caller's
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = "; ".join(f"DEMO_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
            raise CloudError(wrong) from None


def shop() -> Shop:
    """The pretended owner's configuration: one unit is kept back of everything, and some offers have their own rule.

    WB's own warehouses sell one offer by name, and those whose property says so.
    """
    sold_by_wb, packed, capped, scarce, excluded = (str(good.offer_id) for good in goods(1, 13)[-5:])
    return Shop.model_validate_json(
        json.dumps(
            {
                "account": "demo",
                "catalog": {"iblocks": [24, OFFERS_IBLOCK, PRODUCTS_IBLOCK]},
                "warehouses": [
                    {"wb": MINSK, "name": "Минск", "stores": [1, 2]},
                    {"wb": RUSSIA, "name": "Электросталь", "stores": [3]},
                ],
                "stock": {
                    "default": {"safety_stock": 1},
                    "offers": {
                        packed: {"safety_stock": 1, "units_per_pack": 2},
                        capped: {"safety_stock": 1, "cap": 5},
                        scarce: {"safety_stock": 1, "minimum": 3},
                    },
                    "excluded_offers": [excluded],
                    "fbo": {"offers": [sold_by_wb], "marked_by": "WB_FBO", "stock_property": "WB_FBO_STOCK"},
                },
                "orders": {
                    "site_id": "s1",
                    "person_type_id": 1,
                    "pay_system_id": 2,
                    "delivery_id": 2,
                    "currency": "BYN",
                },
                "statuses": {
                    "to_shop": [
                        {"supplier": "confirm", "status": "WC"},
                        {"wb": "sold", "status": "F", "paid": True, "shipped": True},
                        *({"wb": word, "status": "WR"} for word in _LOST_PARCELS),
                        {"supplier": "complete", "status": "WD", "shipped": True},
                    ]
                },
                "supplies": {
                    "assembled": [ASSEMBLED],
                    "place_property": "PLACE",
                    "spot": {
                        "carrier_name": "ООО «Выдумка-Транс»",
                        "carrier_tax_number": "190000000",
                        "vehicle": "AB12347",
                    },
                },
                "marking": {"sources": {"sgtin": {"basket_property": MARKING_CODE}}},
            }
        )
    )


def opening(offers: int, seed: int, products: int = 0) -> tuple[dict[str, object], dict[str, object]]:
    """Bodies of `/_sim/seed` for WB and for the shop, which has one store more than usual for the goods in Russia."""
    warehouses = [
        {"id": MINSK, "name": "Минск, основной"},
        {"id": RUSSIA, "name": "Электросталь", "office_id": _OFFICE_IN_RUSSIA},
    ]
    stores = [
        {"id": 1, "title": "Основной склад", "share": 0.6},
        {"id": 2, "title": "Магазин", "share": 0.2},
        {"id": 3, "title": "Склад для России", "share": 0.2},
    ]
    shop = {"offers": offers, "products": products, "seed": seed, "stores": stores}
    return {"goods": offers, "seed": seed, "warehouses": warehouses}, shop


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything can be found, and the deployed functions' API."""

    wildberries: str
    bitrix: str
    ministack: str
    outputs: Mapping[str, str]

    @property
    def labels(self) -> str:
        """The address under which `/labels/<order>` opens here."""
        return cloud.reachable(self.ministack, self.outputs["OpenLabelUrl"])

    def client(self, service: Literal["dynamodb", "lambda", "logs", "s3", "sqs"]) -> Any:  # noqa: ANN401 boto3's own types differ by service
        """A new client; calls are not repeated, so that what a run counts is what it did."""
        once = Config(retries={"total_max_attempts": 1}, read_timeout=_LONGEST_RUN, max_pool_connections=20)
        session = boto3.Session("test", "test", region_name=REGION)
        return session.client(service, endpoint_url=self.ministack, config=once)

    def run_command(self, command: str) -> None:
        """Run `command` with AWS and `wbsync` pointing at this world. Raises CloudError when it does not end well."""
        own = os.environ | cloud.environment(self.ministack) | {"WBSYNC_STAGE": cloud.STAGE}  # noqa: TID251 a person's shell has the machine's settings
        ended = subprocess.run(shlex.split(command), cwd=ROOT, env=own, check=False).returncode  # noqa: S603 what the caller wants run
        if ended:
            raise CloudError(f"`{command}` ended with {ended}")

    def invoke(self, function: str, event: Mapping[str, object] | None = None) -> dict[str, int]:
        """Run a deployed function (its name in the template) and wait for it; its report.

        Raises CloudError with the function's own word when it failed.
        """
        name = self.outputs[function]
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}).encode())
        payload = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise CloudError(f"{function} failed: {payload.get('errorType')}: {payload.get('errorMessage')}")
        report: dict[str, int] = payload
        return report

    def keep_logs(self) -> Path:
        """Write what all functions have logged to a file, by function and time; the file."""
        logs, file = self.client("logs"), LOG.with_name("functions.log")
        with file.open("w") as kept:
            for groups in logs.get_paginator("describe_log_groups").paginate():
                for group in (each["logGroupName"] for each in groups["logGroups"]):
                    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
                    kept.writelines(f"{group} {e['message'].rstrip()}\n" for page in pages for e in page["events"])
        return file


@contextmanager
def stage(size: Size, *, schedules: Literal["ENABLED", "DISABLED"], step: Step) -> Iterator[Stage]:
    """Build, start and deploy everything; on leaving, no process and no folder of it is left but out/ and .aws-sam/.

    Raises CloudError, in one line that names what did not start and its log.
    """
    with ExitStack() as running:
        running.enter_context(_own_temporary_folder())
        with step("build with SAM"):
            cloud.build()
        with step("start MiniStack and both simulators"):
            world = ("--seed", str(size.seed))
            wildberries = running.enter_context(
                simulator("wildberries", "--port", str(size.wb_port), "--goods", str(size.offers), *world)
            )
            bitrix = running.enter_context(simulator("bitrix", "--offers", str(size.offers), *world))
            seeds = opening(size.offers, size.seed, size.products)
            for address, world_of_it in zip((wildberries, bitrix), seeds, strict=True):
                httpx.post(f"{address}/_sim/seed", json=world_of_it, timeout=_STARTS_WITHIN).raise_for_status()
            aws = running.enter_context(ministack(LOG))
        running.callback(_let_nothing_disturb_the_end)
        with step("sam deploy the real template"):
            outputs = cloud.deploy(
                aws,
                parameters={
                    "WbHostTemplate": size.wb_host_template or f"{wildberries}/{{api}}",
                    "SchedulesState": schedules,
                },
            )
            let_roles_send_in_batches(aws)
            cloud.put_parameters(aws, config=shop().model_dump_json(), secrets=stage_secrets(bitrix))
        yield Stage(wildberries, bitrix, aws, outputs)


@contextmanager
def _own_temporary_folder() -> Iterator[None]:
    """What we and the tools that we start put into theirs, and some forget there, goes with ours."""
    environment = os.environ  # noqa: TID251 it is inherited by the tools, and put back
    before, own = environment.get("TMPDIR"), tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="wbsync-", dir=_memory()) as folder:
        environment["TMPDIR"] = tempfile.tempdir = folder
        try:
            yield
        finally:
            environment.pop("TMPDIR")
            environment |= {} if before is None else {"TMPDIR": before}
            tempfile.tempdir = own


def _memory() -> str | None:
    """A folder in memory, if there is plenty: each of MiniStack's twenty workers unpacks the layer's 3,000 files.

    Making and removing them takes a busy disk a minute.
    """
    folder = "/dev/shm"  # noqa: S108 # nosec B108 # only a folder of a random name is made in it
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    plenty = Path(folder).is_dir() and min(free, shutil.disk_usage(folder).free) > _PLENTY
    return folder if plenty and os.access(folder, os.W_OK) else None


@contextmanager
def simulator(name: Literal["wildberries", "bitrix"], *options: str) -> Iterator[str]:
    """Run `python -m infra.local.<name>`; yields its URL. Raises CloudError when it does not start."""
    log = LOG.with_name(f"{name}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603 our own program, no shell
            [sys.executable, "-m", f"infra.local.{name}", *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # so that Ctrl-C reaches us alone
        ) as process,
    ):
        try:
            yield _address(process, name, log)
        finally:
            _stop(process)


def _address(process: subprocess.Popen[str], name: str, log: Path) -> str:
    """From the one line `<name> <address>` that a simulator prints when it listens."""
    assert process.stdout is not None
    said, _, _ = select.select([process.stdout], [], [], _STARTS_WITHIN)
    line = process.stdout.readline() if said else ""
    if not line.startswith(f"{name} http://"):
        raise CloudError(f"the simulated {name} does not start: see {log}")
    return line.split()[1]


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()


def _let_nothing_disturb_the_end() -> None:
    """A second Ctrl-C while things are being stopped would leave the rest of them running."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def let_roles_send_in_batches(aws: str) -> None:
    """Grant `sqs:SendMessageBatch` wherever `sqs:SendMessage` is granted.

    AWS asks for the latter alone, and knows no permission of the former's name; MiniStack 1.5 asks for it.
    """
    iam = boto3.Session("test", "test", region_name=REGION).client("iam", endpoint_url=aws)
    for role in (role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]):
        granted = [
            statement
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
            for statement in iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"]
            if "sqs:SendMessage" in ([actions] if isinstance(actions := statement["Action"], str) else actions)
        ]
        if granted:
            batches = [statement | {"Action": "sqs:SendMessageBatch"} for statement in granted]
            policy = json.dumps({"Version": "2012-10-17", "Statement": batches})
            iam.put_role_policy(RoleName=role, PolicyName="SendInBatches", PolicyDocument=policy)


def stage_secrets(bitrix: str) -> dict[str, str]:
    token = make_token(
        categories=(Category.CONTENT, Category.MARKETPLACE, Category.ANALYTICS, Category.PRICES),
        expires=utcnow() + timedelta(days=100),
        kind="personal",
    )
    webhook = f"{bitrix}/rest/{USER_ID}/{SECRET}/"
    return {"wb-token": token, "bitrix-webhook": webhook, "label-key": secrets.token_urlsafe(32)}
