"""What the owner put into SSM: the shop's configuration and the secrets."""

from functools import cache
from typing import cast

from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from pydantic import ValidationError

from wbsync.domain.shop import Shop
from wbsync.errors import Rejected
from wbsync.stores.aws import ssm

CACHED_SECONDS = 300


@cache
def provider() -> SSMProvider:
    return SSMProvider(boto3_client=ssm())


def _read(name: str, *, decrypt: bool) -> str:
    try:
        value = provider().get(name, decrypt=decrypt, max_age=CACHED_SECONDS)
    except GetParameterError as error:
        raise Rejected(f"SSM parameter {name} cannot be read; put it there with the wbsync CLI") from error
    return cast("str", value)


def secret(name: str) -> str:
    """A SecureString's text. Rejected when it is not there."""
    return _read(name, decrypt=True).strip()


def shop(name: str) -> Shop:
    """The shop's configuration. Rejected with the settings' own messages when it does not hold."""
    try:
        return Shop.model_validate_json(_read(name, decrypt=False))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise Rejected(f"the configuration in {name} is refused: {problems}") from None
