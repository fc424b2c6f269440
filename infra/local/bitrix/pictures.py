"""Pictures of offers: their addresses in the answers, and their bytes (documentation of catalog.product.download).

About half of the offers have both pictures, a quarter has the small one only, a quarter has none. The small one is a
PNG and the large one a JPEG; both are drawn when asked for.
"""

import re
from collections.abc import Callable
from io import BytesIO
from urllib.parse import urlencode

from PIL import Image

from infra.local.bitrix.answers import Answer, Params, Refused, Row, bad
from infra.local.bitrix.entities import fields_of
from infra.local.bitrix.php import as_int, as_text
from infra.local.bitrix.shop import OFFERS_IBLOCK, Shop

_FIELDS = ("previewPicture", "detailPicture")
_SIZES = {"previewPicture": (60, 80), "detailPicture": (300, 400)}
_FORMATS = {"previewPicture": "PNG", "detailPicture": "JPEG"}
_UPLOAD = re.compile(r"^/upload/iblock/(\d+)\.(?:png|jpeg)$")


def picture_of(field: str) -> Callable[[Row], Row | None]:
    """How the field reads in an answer: the id is text, the addresses are relative to the shop."""

    def shown(offer: Row) -> Row | None:
        if not _has(offer, field):
            return None
        file = _file(offer, field)
        query = {"fields[fieldName]": field, "fields[fileId]": file, "fields[productId]": offer["id"]}
        url = f"/rest/catalog.product.download?{urlencode(query)}"
        return {"id": str(file), "url": url, "urlMachine": url}

    return shown


def images(shop: Shop, params: Params) -> Answer:
    """catalog.productImage.list: `detailUrl` is the file itself, open to everyone who visits the shop."""
    if params.get("productId") in (None, ""):
        raise Refused("100", "Could not find value for parameter {productId}")
    offer = shop.product(as_int(params["productId"]))
    if offer is None:
        raise bad("Product is not exists")
    rows = [_image(offer, field) for field in _FIELDS if _has(offer, field)]
    return Answer({"productImages": rows}, total=len(rows))


def download(shop: Shop, params: Params) -> Answer:
    """catalog.product.download: the result is the file and no JSON."""
    fields = fields_of(params)
    absent = [name for name in ("fileId", "productId", "fieldName") if fields.get(name) in (None, "")]
    if absent:
        raise bad(f"Required fields: {', '.join(absent)}")
    offer = shop.product(as_int(fields["productId"]))
    if offer is None:
        raise bad("Product is not exists")
    asked = as_text(fields["fieldName"]).replace("_", "").lower()
    field = next((one for one in _FIELDS if one.lower() == asked and _has(offer, one)), None)
    if field is None or _file(offer, field) != as_int(fields["fileId"]):
        raise bad("File is not exists")
    return Answer(_drawn(offer, field))


def uploaded(shop: Shop, path: str) -> bytes | None:
    """What lies at a `detailUrl`."""
    match = _UPLOAD.match(path)
    if match is None:
        return None
    number, at = divmod(int(match[1]), 10)
    offer = shop.product(number)
    known = offer is not None and at < len(_FIELDS) and _has(offer, _FIELDS[at])
    return _drawn(offer, _FIELDS[at]) if known and offer is not None else None


def media_type(file: bytes) -> str:
    return "image/png" if file.startswith(b"\x89PNG") else "image/jpeg"


def _image(offer: Row, field: str) -> Row:
    file, kind = _file(offer, field), _FORMATS[field].lower()
    return {
        "id": file,
        "name": f"{file}.{kind}",
        "productId": offer["id"],
        "type": "PREVIEW_PICTURE" if field == "previewPicture" else "DETAIL_PICTURE",
        "createTime": offer["timestampX"],
        "detailUrl": f"/upload/iblock/{file}.{kind}",
        "downloadUrl": None,  # would be signed by the vendor's cloud, which a shop may not reach
    }


def _has(offer: Row, field: str) -> bool:
    number: int = offer["id"]
    return offer["iblockId"] == OFFERS_IBLOCK and (number % 2 == 0 or (number % 4 == 1 and field == "previewPicture"))


def _file(offer: Row, field: str) -> int:
    number: int = offer["id"]
    return 10 * number + _FIELDS.index(field)


def _drawn(offer: Row, field: str) -> bytes:
    """A plain sheet in a colour of the offer's own."""
    number: int = offer["id"]
    colour = (number * 37 % 256, number * 91 % 256, number * 53 % 256)
    file = BytesIO()
    Image.new("RGB", _SIZES[field], colour).save(file, _FORMATS[field])
    return file.getvalue()
