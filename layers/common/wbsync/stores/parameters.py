"""What the owner put into SSM: the shop's configuration and the secrets."""

from functools import cache
from typing import cast

from aws_lambda_powertools.utilities.parameters import SSMProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.exceptions import ClientError
from pydantic import ValidationError

from wbsync.domain.shop import Shop
from wbsync.errors import NotAuthorised, Rejected, Unavailable
from wbsync.stores.aws import ssm

CACHED_SECONDS = 300
NOT_THERE = frozenset({"ParameterNotFound", "AccessDeniedException"})


@cache
def provider() -> SSMProvider:
    return SSMProvider(boto3_client=ssm())


def _read(name: str, *, decrypt: bool) -> str:
    try:
        value = provider().get(name, decrypt=decrypt, max_age=CACHED_SECONDS)
    except GetParameterError as error:
        why = error.__context__  # Powertools names no cause
        code = why.response["Error"]["Code"] if isinstance(why, ClientError) else ""
        if code in NOT_THERE:
            raise NotAuthorised(f"SSM parameter {name} cannot be read ({code}): put it with `wbsync`") from None
        raise Unavailable(f"SSM parameter {name} cannot be read for the moment", wait=5, maybe_done=False) from error
    return cast("str", value)


def secret(name: str) -> str:
    """A SecureString's text. NotAuthorised when it is not there, Unavailable when AWS does not answer."""
    return _read(name, decrypt=True).strip()


def shop(name: str) -> Shop:
    """The shop's configuration. Raises as `secret` does; Rejected, with the settings' names, when it does not hold."""
    try:
        return Shop.model_validate_json(_read(name, decrypt=False))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise Rejected(f"the configuration in {name} is refused: {problems}") from None
