"""What a stage has in the AWS account: its parameters in SSM and the outputs of its stack.

boto3 finds the account by itself (profile, region, AWS_ENDPOINT_URL). Its own exceptions pass: `__main__` tells them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from wbsync.errors import Rejected
from wbsync.stores.aws import ssm

LONGEST_CONFIG = 8192
"""Characters in a parameter of SSM's advanced tier."""

_CONFIG = Config(connect_timeout=3, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 2})


class Stage(StrEnum):
    """The environments that template.yaml knows."""

    DEV = "dev"
    STAGE = "stage"
    PROD = "prod"
    LOCAL = "local"

    @property
    def stack_name(self) -> str:
        return f"wbsync-{self}"

    def parameter(self, name: str) -> str:
        """The full name of `config` or of a secret."""
        return f"/wbsync/{self}/{name}"


class Secret(StrEnum):
    """The secrets by the last part of their parameters' names."""

    WB_TOKEN = "wb-token"  # noqa: S105 # nosec B105 # its name, not itself
    BITRIX_WEBHOOK = "bitrix-webhook"
    LABEL_KEY = "label-key"
    TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True)
class Stack:
    """A deployed stack: names of its tables and queues by logical id, and what it was deployed with."""

    name: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def output(self, logical_id: str) -> str:
        """Raises Rejected when the stack puts out no such thing: its deployment failed, or it is an old one."""
        if logical_id not in self.outputs:
            raise Rejected(f"the stack {self.name} has no output {logical_id}: deploy it (again) with `make deploy`")
        return self.outputs[logical_id]


def find_stack(stage: Stage) -> Stack | None:
    """None when it is not deployed in this account and region."""
    return find_stack_named(stage.stack_name)


def find_stack_named(name: str) -> Stack | None:
    client = boto3.client("cloudformation", config=_CONFIG)
    try:
        [found] = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise
    return Stack(
        name=name,
        outputs={row["OutputKey"]: row["OutputValue"] for row in found.get("Outputs", ())},
        parameters={row["ParameterKey"]: row.get("ParameterValue", "") for row in found.get("Parameters", ())},
    )


def deployed(stage: Stage) -> Stack:
    """Raises Rejected when it is not deployed."""
    stack = find_stack(stage)
    if stack is None:
        raise Rejected(f"the stack {stage.stack_name} is not there: deploy it with `make deploy ENV={stage}`")
    return stack


def read_parameter(stage: Stage, name: str) -> str | None:
    """The text of a parameter, decrypted; None when it is not there."""
    try:
        answer = ssm().get_parameter(Name=stage.parameter(name), WithDecryption=True)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    return answer["Parameter"]["Value"].strip()


def write_secret(stage: Stage, secret: Secret, value: str) -> None:
    ssm().put_parameter(Name=stage.parameter(secret), Value=value, Type="SecureString", Overwrite=True)


def write_config(stage: Stage, text: str) -> None:
    """Intelligent tiering takes the advanced tier above 4 KB, and leaves it alone where it cannot be left again."""
    if len(text) > LONGEST_CONFIG:
        raise Rejected(
            f"the configuration takes {len(text)} characters and SSM holds {LONGEST_CONFIG}: "
            "name fewer exceptions under stock.offers and stock.excluded_offers"
        )
    ssm().put_parameter(
        Name=stage.parameter("config"), Value=text, Type="String", Overwrite=True, Tier="Intelligent-Tiering"
    )
