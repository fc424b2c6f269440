"""SPOT (facts §5): a form about the carrier who takes goods from another country of the EAEU to one of WB in Russia.

It may be sent once the supply is in delivery and `spotAvailable`. It is `pending` for `State.spot_minutes` and then has
its outcome, which `/_sim/supplies/{id}` orders for a pending form or else for the next one. Every refusal is
{title, detail}.

Chosen where WB says nothing: 409 when the supply takes no form (not available, or one is pending or completed; a failed
one may be sent again); 404 for a QR code that is not there yet; a supply without a form has no `spot` in the list.
"""

from infra.local.wildberries import stickers
from infra.local.wildberries.answers import NO_CONTENT, Answer, Refusal, Request, body_of, titled
from infra.local.wildberries.state import Spot, State, Supply
from infra.local.wildberries.supplies import spot_available

# Field → its least and most characters.
_FIELDS = {
    "carrierName": (1, 1_000),
    "carrierTaxNumber": (1, 50),
    "carrierCountryCode": (3, 3),
    "vehicleRegistrationNumber": (1, 30),
    "trailerRegistrationNumber": (1, 30),
}
_OPTIONAL = {"trailerRegistrationNumber"}
_MOST = 100


def put(state: State, request: Request) -> Answer:
    form = _form(request)
    supply = _supply(state, request)
    if not spot_available(state, supply):
        raise titled(409, "SpotNotAvailable", "SPOT data is not available for this supply")
    if status(state, supply) in {"pending", "completed"}:
        raise titled(409, "SpotAlreadyExists", "SPOT data of this supply was already sent")
    supply.spot = Spot(form, state.now, supply.spot_outcome)
    return NO_CONTENT


def listed(state: State, request: Request) -> Answer:
    asked = _body(request).get("supplyIds")
    if not isinstance(asked, list) or not 1 <= len(asked) <= _MOST or not all(isinstance(each, str) for each in asked):
        raise _wrong("supplyIds: from 1 to 100 texts")
    return Answer(200, {"supplies": [_told(state, each) for each in dict.fromkeys(asked)]})


def qr(state: State, request: Request) -> Answer:
    supply = _supply(state, request)
    if status(state, supply) != "completed":
        raise titled(404, "NotFound", "The QR code of this supply is not ready")
    paper = stickers.Sticker(f"https://spot.invalid/{supply.id}", supply.id[:-4], supply.id[-4:])
    return Answer(200, {"qrCode": stickers.sticker(paper, "png", (58, 40))})


def status(state: State, supply: Supply) -> str | None:
    if supply.spot is None:
        return None
    return supply.spot.outcome if state.now >= supply.spot.put_at + state.spot_minutes * 60 else "pending"


def order_outcome(state: State, supply: Supply, outcome: str) -> None:
    supply.spot_outcome = outcome
    if supply.spot is not None and status(state, supply) == "pending":
        supply.spot.outcome = outcome


def _told(state: State, supply_id: str) -> dict[str, object]:
    supply = state.supplies.get(supply_id)
    if supply is None:
        return {"id": supply_id, "error": {"title": "NotFound", "detail": "The supply was not found"}}
    if not spot_available(state, supply):
        return {"id": supply_id, "error": {"title": "SpotNotAvailable", "detail": "SPOT is not for this supply"}}
    if supply.spot is None:
        return {"id": supply_id}
    now = status(state, supply)
    failed = {"errorCode": "doppFailed"} if now == "failed" else {}
    return {"id": supply_id, "spot": {"status": now} | supply.spot.form | failed}


def _form(request: Request) -> dict[str, str]:
    body = _body(request)
    form: dict[str, str] = {}
    for name, (least, most) in _FIELDS.items():
        value = body.get(name)
        if value is None and name in _OPTIONAL:
            continue
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise _wrong(f"{name}: from {least} to {most} characters")
        form[name] = value
    if not form["carrierCountryCode"].isdecimal():
        raise _wrong("carrierCountryCode: a number of the classifier of countries")
    return form


def _body(request: Request) -> dict[str, object]:
    try:
        return body_of(request)
    except Refusal:
        raise _wrong("the body is no JSON object") from None


def _supply(state: State, request: Request) -> Supply:
    supply = state.supplies.get(request.path["supplyId"])
    if supply is None:
        raise titled(404, "NotFound", "The supply was not found")
    return supply


def _wrong(detail: str) -> Refusal:
    return titled(400, "IncorrectRequest", detail)
