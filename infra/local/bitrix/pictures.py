"""Pictures of products: their addresses in the answers, and their bytes (documentation of catalog.product.download).

About half of the offers of `infra.local.goods` have both pictures, a quarter has the small one only, a quarter has
none. The small one is a PNG and the large one a JPEG. Pictures of `infra.local.products` are rows of `shop.files`: a
small preview, the detail picture, and more of them in the property MORE_PHOTO. All are drawn when asked for.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import BytesIO
from urllib.parse import urlencode

from PIL import Image, ImageDraw

from infra.local.bitrix.answers import Answer, Params, Refused, Row, bad
from infra.local.bitrix.entities import fields_of
from infra.local.bitrix.lists import chosen
from infra.local.bitrix.php import as_int, as_text
from infra.local.bitrix.shop import OFFERS_IBLOCK, Shop
from infra.local.products import Picture, Shape

MORE_PHOTO = "MORE_PHOTO"

_FIELDS = ("previewPicture", "detailPicture")
_TYPES = {"previewPicture": "PREVIEW_PICTURE", "detailPicture": "DETAIL_PICTURE"}
_SIZES = {"previewPicture": (60, 80), "detailPicture": (300, 400)}
_FORMATS = {"previewPicture": "PNG", "detailPicture": "JPEG"}
_UPLOAD = re.compile(r"^/upload/iblock/(?P<folder>[0-9a-f]{3}/)?(?P<file>\d+)\.(?:png|jpeg)$")
_PREVIEW_PART = 6  # a preview is made by the shop, this many times smaller

# The outline of a thing on a sheet of 100 × 100.
_OUTLINES: dict[Shape, tuple[tuple[int, int], ...]] = {
    "shirt": (
        *((35, 15), (42, 20), (58, 20), (65, 15), (90, 30), (82, 45), (70, 40)),
        *((70, 88), (30, 88), (30, 40), (18, 45), (10, 30)),
    ),
    "shoe": ((12, 40), (32, 36), (45, 48), (70, 56), (88, 62), (90, 74), (12, 74)),
    "mug": (
        *((25, 25), (70, 25), (70, 35), (86, 35), (86, 65), (70, 65)),
        *((70, 58), (79, 58), (79, 42), (70, 42), (70, 80), (25, 80)),
    ),
}
_PAINTS = {
    "белый": "#fafafa",
    "черн": "#222222",
    "син": "#2255cc",
    "зелен": "#2f8f46",
    "красн": "#cc2b2b",
    "cер": "#8a8a8a",  # a Latin c, as some shops write it
    "сер": "#8a8a8a",
    "беж": "#d9c3a0",
    "розов": "#f09ab5",
    "желт": "#f0cf3a",
    "коричн": "#75482a",
}


def put(shop: Shop, row: Row, pictures: Iterable[Picture]) -> None:
    """Make these the pictures of a product, in the place of those it had; a new picture is a file with a new id."""
    for file in shop.files.of(row["id"]):
        shop.files.remove(file)
    given = list(pictures)
    row |= dict.fromkeys(_FIELDS)
    for first in given[:1]:
        small = replace(first, width=first.width // _PREVIEW_PART, height=first.height // _PREVIEW_PART)
        row["previewPicture"] = _addresses(_filed(shop, row, "previewPicture", small))
        row["detailPicture"] = _addresses(_filed(shop, row, "detailPicture", first))
    field = f"property{_more_photo(shop, row)}"
    values = [_addresses(_filed(shop, row, field, one)) for one in given[1:]]
    row[field] = [{"value": value, "valueId": f"{row['id']}{value['id']}"} for value in values] or None


def picture_of(field: str) -> Callable[[Row], Row | None]:
    """How the field of a product reads that has no files of its own: of `infra.local.goods`."""

    def shown(offer: Row) -> Row | None:
        return _addresses(_good_file(offer, field)) if _has(offer, field) else None

    return shown


def images(shop: Shop, params: Params) -> Answer:
    """catalog.productImage.list: `detailUrl` is the file itself, open to everyone who visits the shop."""
    if params.get("productId") in (None, ""):
        raise Refused("100", "Could not find value for parameter {productId}")
    product = shop.product(as_int(params["productId"]))
    if product is None:
        raise bad("Product is not exists")
    rows = [_image(product, file) for file in _files(shop, product)]
    fields = chosen(params.get("select"))
    shown = [{name: value for name, value in row.items() if name in fields or not fields} for row in rows]
    return Answer({"productImages": shown}, total=len(rows))


def download(shop: Shop, params: Params) -> Answer:
    """catalog.product.download: the result is the file and no JSON."""
    fields = fields_of(params)
    absent = [name for name in ("fileId", "productId", "fieldName") if fields.get(name) in (None, "")]
    if absent:
        raise bad(f"Required fields: {', '.join(absent)}")
    product = shop.product(as_int(fields["productId"]))
    if product is None:
        raise bad("Product is not exists")
    asked = _plain(as_text(fields["fieldName"]))
    more = f"property{_more_photo(shop, product)}"
    names = {_plain(one): one for one in (*_FIELDS, more)} | {_plain(f"property{MORE_PHOTO}"): more}
    wanted = (as_int(fields["fileId"]), names.get(asked))
    file = next((one for one in _files(shop, product) if (one["id"], one["field"]) == wanted), None)
    if file is None:
        raise bad("File is not exists")
    return Answer(_drawn(file))


def uploaded(shop: Shop, path: str) -> bytes | None:
    """What lies at a `detailUrl`."""
    match = _UPLOAD.match(path)
    if match is None:
        return None
    number = int(match["file"])
    file = shop.files.get(number) if match["folder"] else _file_of_a_good(shop, number)
    return _drawn(file) if file is not None and _path(file) == path else None


def media_type(file: bytes) -> str:
    return "image/png" if file.startswith(b"\x89PNG") else "image/jpeg"


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _more_photo(shop: Shop, row: Row) -> int:
    """The id of the property in the product's information block; 0 when it has none."""
    kinds = (kind for kind in shop.product_properties if kind["iblockId"] == row["iblockId"])
    return next((kind["id"] for kind in kinds if kind["code"] == MORE_PHOTO), 0)


def _filed(shop: Shop, row: Row, field: str, picture: Picture) -> Row:
    kind = "PNG" if field == "previewPicture" else "JPEG"
    file = {"productId": row["id"], "field": field, "size": (picture.width, picture.height), "format": kind}
    return shop.files.add(file | {"picture": picture})


def _files(shop: Shop, product: Row) -> list[Row]:
    own = [_good_file(product, field) for field in _FIELDS if _has(product, field)]
    return own or shop.files.of(product["id"])


def _addresses(file: Row) -> Row:
    """The id is text, the addresses are relative to the shop."""
    query = {"fields[fieldName]": file["field"], "fields[fileId]": file["id"], "fields[productId]": file["productId"]}
    url = f"/rest/catalog.product.download?{urlencode(query)}"
    return {"id": str(file["id"]), "url": url, "urlMachine": url}


def _image(product: Row, file: Row) -> Row:
    return {
        "id": file["id"],
        "name": f"{file['id']}.{file['format'].lower()}",
        "productId": product["id"],
        "type": _TYPES.get(file["field"], MORE_PHOTO),
        "createTime": product["timestampX"],
        "detailUrl": _path(file),
        "downloadUrl": None,  # would be signed by the vendor's cloud, which a shop may not reach
    }


def _path(file: Row) -> str:
    folder = f"{file['id'] * 2_654_435_761 % 0x1000:03x}/" if file["picture"] else ""
    return f"/upload/iblock/{folder}{file['id']}.{file['format'].lower()}"


def _has(offer: Row, field: str) -> bool:
    number: int = offer["id"]
    return offer["iblockId"] == OFFERS_IBLOCK and (number % 2 == 0 or (number % 4 == 1 and field == "previewPicture"))


def _good_file(offer: Row, field: str) -> Row:
    file = {"id": 10 * offer["id"] + _FIELDS.index(field), "productId": offer["id"], "field": field}
    return file | {"size": _SIZES[field], "format": _FORMATS[field], "picture": None}


def _file_of_a_good(shop: Shop, file: int) -> Row | None:
    number, at = divmod(file, 10)
    offer = shop.product(number)
    known = offer is not None and at < len(_FIELDS) and _has(offer, _FIELDS[at])
    return _good_file(offer, _FIELDS[at]) if known and offer is not None else None


def _drawn(file: Row) -> bytes:
    """The thing in its colour, or a plain sheet in a colour of the offer's own."""
    number: int = file["productId"]
    sheet = Image.new("RGB", file["size"], (number * 37 % 256, number * 91 % 256, number * 53 % 256))
    if file["picture"] is not None:
        _draw(sheet, file["picture"])
    written = BytesIO()
    sheet.save(written, file["format"])
    return written.getvalue()


def _draw(sheet: Image.Image, picture: Picture) -> None:
    pen = ImageDraw.Draw(sheet)
    width, height = sheet.size
    pen.rectangle((0, 0, width, height), fill="#e9ecef")
    outline = [(x * width / 100, y * height / 100) for x, y in _OUTLINES[picture.shape]]
    colour = picture.colour.lower().replace("ё", "е")
    paint = next((paint for stem, paint in _PAINTS.items() if colour.startswith(stem)), "#b8a9d9")
    pen.polygon(outline, fill=paint, outline="#555555", width=max(1, width // 200))
