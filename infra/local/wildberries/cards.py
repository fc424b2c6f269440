"""Making and changing cards (facts §2), and the list of what was refused later.

A request that is taken becomes drafts, which drafts.py works on when their time has come. What is refused at once
stands in card_form.py, what only shows later in card_rules.py.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from infra.local.goods import ean13
from infra.local.wildberries import card_form as form
from infra.local.wildberries.answers import Answer, Request, body_of, is_integer
from infra.local.wildberries.card_form import Variant, bad
from infra.local.wildberries.card_rules import PAID_CARDS
from infra.local.wildberries.schema import enveloped
from infra.local.wildberries.state import Card, Draft, State

_MOST_GROUPS, _MOST_VARIANTS, _MOST_UPDATES, _MOST_BARCODES, _MOST_BATCHES = 100, 30, 3000, 5000, 100
_TAKEN = Answer(200, {"data": None, "error": False, "errorText": "", "additionalErrors": {}})
_NO_SUBJECT = "This category does not exist"


def barcodes(state: State, request: Request) -> Answer:
    """POST /content/v2/barcodes."""
    count = body_of(request).get("count")
    if not isinstance(count, int) or not is_integer(count) or not 1 <= count <= _MOST_BARCODES:
        raise bad()
    return enveloped([new_barcode(state) for _ in range(count)])


def limits(state: State, _request: Request) -> Answer:
    """GET /content/v2/cards/limits."""
    return enveloped({"freeLimits": state.free_cards, "paidLimits": PAID_CARDS})


def upload(state: State, request: Request) -> Answer:
    """POST /content/v2/cards/upload: a batch for each array of variants."""
    groups = form.rows_of(_array(request), most=_MOST_GROUPS)
    for group in groups:
        form.rows_of(group.get("variants"), most=_MOST_VARIANTS)
    form.vendor_codes_fit(state, [variant for group in groups for variant in group["variants"]])
    for group in groups:
        subject_id, variants = group.get("subjectID"), group["variants"]
        if not isinstance(subject_id, int) or not is_integer(subject_id):
            raise bad()
        if subject_id not in state.schema.subjects:
            raise bad(_NO_SUBJECT, {"id": str(subject_id)})
        form.variants_fit(state.schema, subject_id, variants)
        form.group_fits(state.schema, variants, [], subject_id=subject_id)
    for group in groups:
        _draft(state, group["variants"], create=True, subject_id=group["subjectID"])
    return _TAKEN


def add(state: State, request: Request) -> Answer:
    """POST /content/v2/cards/upload/add: more cards for a group that is there."""
    body = body_of(request)
    imt_id, variants = body.get("imtID"), form.rows_of(body.get("cardsToAdd"), most=_MOST_VARIANTS - 1)
    standing = [card for card in state.cards.values() if card.group == imt_id]
    if not standing or len(standing) + len(variants) > _MOST_VARIANTS:
        raise bad()
    subject_id, group = standing[0].subject_id, standing[0].group
    form.vendor_codes_fit(state, variants)
    form.variants_fit(state.schema, subject_id, variants)
    form.group_fits(state.schema, variants, standing, subject_id=subject_id, group=group)
    _draft(state, variants, create=True, subject_id=subject_id, imt_id=group)
    return _TAKEN


def update(state: State, request: Request) -> Answer:
    """POST /content/v2/cards/update. A card that is not there shows in the list of errors only."""
    rows = form.rows_of(_array(request), most=_MOST_UPDATES)
    if not all(is_integer(row.get("nmID")) for row in rows) or not form.differ(row["nmID"] for row in rows):
        raise bad()
    if not all(isinstance(row.get("sizes"), list) for row in rows):
        raise bad()
    form.vendor_codes_fit(state, rows)
    pairs = [(row, state.cards[row["nmID"]]) for row in rows if row["nmID"] in state.cards]
    form.variants_fit(state.schema, 0, [row for row in rows if row["nmID"] not in state.cards])
    for row, card in pairs:
        form.variants_fit(state.schema, card.subject_id, [row])
    form.barcodes_stay(pairs)
    _groups_fit(state, pairs)
    _draft(state, rows, create=False)
    return _TAKEN


def error_list(state: State, request: Request) -> Answer:
    """POST /content/v2/cards/error/list: batches by (updatedAt, batchUUID)."""
    body = body_of(request)
    cursor, order = body.get("cursor", {}), body.get("order", {})
    if not isinstance(cursor, dict) or not isinstance(order, dict):
        raise bad()
    limit, ascending = cursor.get("limit", _MOST_BATCHES), order.get("ascending", True)
    if not is_integer(limit) or not 1 <= limit <= _MOST_BATCHES or not isinstance(ascending, bool):
        raise bad()
    batches = sorted((each for each in state.drafts if each.errors), key=_place, reverse=not ascending)
    if cursor.get("updatedAt"):
        after = _moment(cursor["updatedAt"]), str(cursor.get("batchUUID", ""))
        batches = [each for each in batches if (_place(each) > after if ascending else _place(each) < after)]
    page = batches[:limit]
    return enveloped(
        {
            "items": [_batch(state, each) for each in page],
            "cursor": {
                "next": len(batches) > len(page),
                "updatedAt": exact(_place(page[-1])[0]) if page else str(cursor.get("updatedAt", "")),
                "batchUUID": page[-1].id if page else str(cursor.get("batchUUID", "")),
            },
        },
        more={},
    )


def new_barcode(state: State) -> str:
    state.next_barcode += 1
    return ean13(f"27{state.next_barcode:010}")


def exact(moment: datetime) -> str:
    """With fractions of a second, their last zeros cut."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return f"{text}Z"


def errors_of(state: State) -> dict[str, list[str]]:
    """By vendorCode."""
    return {code: texts for draft in state.drafts for code, texts in draft.errors.items()}


def waiting(state: State) -> list[str]:
    """The vendorCodes of what was taken and is not worked on yet."""
    return [variant["vendorCode"] for draft in state.drafts if not draft.updated_at for variant in draft.variants]


def _batch(state: State, draft: Draft) -> dict[str, object]:
    by_code = {variant["vendorCode"]: variant for variant in draft.variants}
    subjects = {code: _subject_of(state, draft, by_code[code]) for code in draft.errors}
    brands = {name: each for subject in state.schema.brands.values() for each, name in subject.items()}
    told = {code: by_code[code].get("brand") for code in draft.errors}
    return {
        "batchUUID": draft.id,
        "subjects": {code: subject for code, subject in subjects.items() if subject},
        "brands": {code: {"id": brands[name], "name": name} for code, name in told.items() if name in brands},
        "vendorCodes": list(draft.errors),
        "errors": draft.errors,
        "updatedAt": exact(_place(draft)[0]),
    }


def _subject_of(state: State, draft: Draft, variant: Mapping[str, object]) -> dict[str, object]:
    card = None if draft.create else state.cards.get(int(str(variant["nmID"])))
    subject = state.schema.subjects.get(card.subject_id if card else draft.subject_id)
    return {} if subject is None else {"id": subject.id, "name": subject.name}


def _draft(state: State, variants: list[Variant], *, create: bool, subject_id: int = 0, imt_id: int = 0) -> None:
    """What these cards were refused for before is forgotten: they are sent again."""
    again = {variant["vendorCode"] for variant in variants}
    for draft in state.drafts:
        draft.errors = {code: texts for code, texts in draft.errors.items() if code not in again}
    state.drafts = [draft for draft in state.drafts if draft.errors or draft.updated_at is None]
    number = str(UUID(int=state.dice.getrandbits(128), version=4))
    state.drafts.append(Draft(number, state.now + state.cards_delay, create, variants, subject_id, imt_id))


def _groups_fit(state: State, pairs: list[tuple[Variant, Card]]) -> None:
    """Changed cards must go on differing from each other and from those of their group that stay as they are."""
    members: dict[int, list[Card]] = defaultdict(list)
    for card in state.cards.values():
        members[card.group].append(card)
    changed: dict[int, dict[int, Variant]] = defaultdict(dict)
    for row, card in pairs:
        changed[card.group][card.nm_id] = row
    for group, rows in changed.items():
        standing = [card for card in members[group] if card.nm_id not in rows]
        subject_id = members[group][0].subject_id
        form.group_fits(state.schema, list(rows.values()), standing, subject_id=subject_id, group=group)


def _array(request: Request) -> object:
    try:
        return json.loads(request.body)
    except ValueError:
        raise bad() from None


def _place(draft: Draft) -> tuple[datetime, str]:
    return draft.updated_at or datetime.min.replace(tzinfo=UTC), draft.id


def _moment(text: object) -> datetime:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC)
    except ValueError:
        raise bad() from None
