"""Where a storm may blow: the product with its queues, the two simulators, and one clock for all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from tests.e2e.storm.sabotage import Sabotage
from wbsync.domain.shop import Shop


class Place(Protocol):
    shop: Shop
    deaths: int
    """Of workers."""
    bugs: set[str]
    """Failures of functions that are none of SyncError, by function and kind."""

    def now(self) -> datetime:
        """Simulated time."""
        ...

    def advance(self, seconds: float) -> None:
        """The clock of everybody (functions, AWS, both simulators) jumps ahead."""
        ...

    def invoke(self, function: str, event: Mapping[str, object] | None = None) -> Mapping[str, int] | None:
        """Run a function by its name in the template; None when it failed or was killed."""
        ...

    def settle(self) -> None:
        """Let the queues hand out all that is due now."""
        ...

    def sabotage(self, orders: Sabotage) -> None:
        """What happens in the functions' processes from now on."""
        ...

    def sim(self, side: Literal["wb", "shop"], verb: str, path: str, body: object = None) -> Any:
        """`/_sim/` of a simulator."""
        ...

    def put_secret(self, name: Literal["wb-token", "bitrix-webhook"], value: str) -> None:
        """What staff does with `wbsync secret put`."""
        ...

    def table(self, name: str) -> list[Mapping[str, Any]]:
        """Everything in a table of the template, attributes without DynamoDB's types."""
        ...

    def files(self, folder: str) -> set[str]:
        """Keys in the Labels bucket below a folder, without it."""
        ...

    def dead_letters(self) -> Mapping[str, int]:
        """Messages by dead letter queue (its name in the template)."""
        ...

    def redrive(self) -> None:
        """All dead letters go back into their queues."""
        ...
