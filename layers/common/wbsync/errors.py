"""What can go wrong on the way to Wildberries, Bitrix and AWS, told by what to do about it.

SyncError
├── TryLater(wait)          the world will change: send the work back to its queue and wait
│   ├── RateLimited         429, or our own ledger of calls says: not yet
│   └── Unavailable         5xx, time-out, broken connection, an answer that is no JSON
└── Rejected(reason)        it will fail the same way: park it with the reason, tell a human
    └── NotAuthorised       the token or webhook is wrong or short of a right: alarm at once

Only clients and stores raise these. Flows record them per item; anything else is a bug and goes red.
Messages name the operation, never a token, a webhook's address or a buyer.
"""


class SyncError(Exception):
    """The root of all failures that are not bugs."""


class TryLater(SyncError):
    """The same request will probably succeed after `wait` seconds."""

    def __init__(self, message: str, *, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class RateLimited(TryLater):
    """The seller's limit is spent for now."""


class Unavailable(TryLater):
    """The other side did not answer in a way that can be understood.

    `maybe_done`: the request may have been obeyed all the same (the connection broke or timed out
    after it was sent, or a 5xx came back), so a creating request has to be looked up before it is repeated.
    """

    def __init__(self, message: str, *, wait: float = 30.0, maybe_done: bool = True) -> None:
        super().__init__(message, wait=wait)
        self.maybe_done = maybe_done


class Rejected(SyncError):
    """The other side understood and refused. `reason` is one line for a human."""

    def __init__(self, reason: str, *, status: int = 0, code: str = "", body: object = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.code = code
        self.body = body


class NotAuthorised(Rejected):
    """The token or the webhook lacks the right; `reason` names which."""
