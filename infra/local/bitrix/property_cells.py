"""How the value of a product's property reads and is written, by the type of the property (bitrix facts §3.1).

Every value is `{value, valueId}`: text for S, N and E; the id of its word for L, with the word beside it as
`valueEnum`; `{TEXT, TYPE}` for S:HTML; the UF_XML_ID and never the label for S:directory; `{id, url, urlMachine}`
for F. A multiple property is a list of them. What is empty is null.
"""

from infra.local.bitrix.answers import Row, bad
from infra.local.bitrix.php import as_int, as_text
from infra.local.bitrix.shop import Shop

UNTOLD = frozenset({"video", "TopicID", "FileMan", "DiskFile"})
"""User types that REST passes over without a word."""

type Cell = Row | list[Row] | None


def cell(shop: Shop, kind: Row, sent: object, value_id: str) -> Row:
    """A value as catalog.product.update sends it; refuses what the type cannot hold. Files have a way of their own."""
    held = {"value": _CHECKED.get(_type(kind), _text)(shop, kind, sent), "valueId": value_id}
    if kind["propertyType"] == "L" and shop.seed.value_enums:
        held["valueEnum"] = _word(shop, kind, held)
    return held


def said(shop: Shop, kind: Row, word: str, value_id: str) -> Row:
    """A value in the words that staff sees in the form of the product; a new word joins its list."""
    if kind["propertyType"] == "L":
        return cell(shop, kind, _enum(shop, kind, word)["id"], value_id)
    return cell(shop, kind, {"TEXT": word, "TYPE": "HTML"} if _type(kind) == "S:HTML" else word, value_id)


def words(shop: Shop, kind: Row, standing: Cell) -> str | list[str]:
    """What staff sees; "" and [] are nothing."""
    if kind["multiple"] == "Y":
        return [_word(shop, kind, one) for one in (standing if isinstance(standing, list) else [])]
    return _word(shop, kind, standing) if isinstance(standing, dict) else ""


def is_empty(sent: object) -> bool:
    return sent in (None, "", False) or (isinstance(sent, dict) and sent.get("TEXT") == "")


def add_enum(shop: Shop, kind: Row, word: str) -> Row:
    place = len(shop.property_enums.of(kind["id"])) + 1
    row = {"propertyId": kind["id"], "value": word, "def": "N", "sort": 500, "xmlId": f"{kind['code']}_{place}"}
    return shop.property_enums.add(row)


def _enum(shop: Shop, kind: Row, word: str) -> Row:
    standing = (one for one in shop.property_enums.of(kind["id"]) if one["value"] == word)
    return next(standing, None) or add_enum(shop, kind, word)


def _word(shop: Shop, kind: Row, held: Row) -> str:
    value = held["value"]
    if isinstance(value, dict):
        return as_text(value.get("TEXT", value.get("id")))
    enum = shop.property_enums.get(as_int(value)) if kind["propertyType"] == "L" else None
    return as_text(enum["value"] if enum else value)


def _type(kind: Row) -> str:
    return f"{kind['propertyType']}:{kind['userType']}" if kind["userType"] else str(kind["propertyType"])


def _text(_shop: Shop, _kind: Row, sent: object) -> object:
    return as_text(sent)


def _word_id(shop: Shop, kind: Row, sent: object) -> object:
    enum = shop.property_enums.get(as_int(sent))
    if enum is None or enum["propertyId"] != kind["id"]:
        raise bad(f"The property {kind['code']} has no value with the id {as_text(sent)}")
    return str(enum["id"])


def _html(_shop: Shop, kind: Row, sent: object) -> object:
    if not isinstance(sent, dict) or not {"TEXT", "TYPE"} <= sent.keys():
        raise bad(f"The value of the property {kind['code']} must be an array with the keys TEXT and TYPE")
    return {"TEXT": as_text(sent["TEXT"]), "TYPE": as_text(sent["TYPE"])}


def _file(_shop: Shop, kind: Row, _sent: object) -> object:
    raise bad(f"Files of the property {kind['code']} are not written here")


_CHECKED = {"L": _word_id, "S:HTML": _html, "F": _file}
