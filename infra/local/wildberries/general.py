"""Asked of every api, and about the seller."""

from infra.local.wildberries.answers import Answer, Request
from infra.local.wildberries.state import State


def ping(state: State, _request: Request) -> Answer:
    return Answer(200, {"TS": state.moment().isoformat(timespec="seconds"), "Status": "OK"})


def seller_info(_state: State, request: Request) -> Answer:
    body = {
        "name": "ООО «Выдуманный продавец»",
        "sid": request.seller,
        "tin": "100000000",
        "tradeMark": "Небывалое",
        "country": "BY",
    }
    return Answer(200, body)
