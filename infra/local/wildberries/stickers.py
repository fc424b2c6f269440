"""Stickers that a scanner reads: QR code and the two parts of the sticker's number, always the same for one order."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from time import gmtime

import segno
from PIL import Image, ImageDraw, ImageFont

PIXELS_A_MM = 10
SIZES = {(58, 40), (40, 30)}  # mm
_CROSS_BORDER_SIZE = (75, 120)  # mm: the carrier's paper, not WB's
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_WHITE, _BLACK = 255, 0


@dataclass(frozen=True, slots=True)
class Sticker:
    code: str  # what the QR code says
    part_a: str
    part_b: str


def of_order(order_id: int, issue: int = 0) -> Sticker:
    """`issue`: how often the order got another sticker."""
    again = f", issue {issue}" if issue else ""
    number = int.from_bytes(hashlib.sha256(f"sticker of {order_id}{again}".encode()).digest()[:8])
    code = ""
    rest = order_id
    while rest:
        rest, at = divmod(rest, len(_ALPHABET))
        code += _ALPHABET[at]
    return Sticker(f"!{code}{'+' * issue}", f"{number % 10**7:07}", f"{number // 10**7 % 10**4:04}")


def parcel(order_id: int) -> str:
    """The carrier's number of an order that crosses the border."""
    return f"WB{order_id % 10**10:010}"


def number_of(paper: Sticker) -> int:
    """WB's `stickerId`: both parts in one."""
    return int(paper.part_a + paper.part_b)


def sticker(paper: Sticker, kind: str, size: tuple[int, int]) -> str:
    """Base64 of the file; `kind` is a key of TYPES, `size` in mm."""
    return _made(paper, kind, size)


@lru_cache(maxsize=20_000)
def cross_border_pdf(paper: Sticker) -> str:
    """Base64 of a PDF of one page."""
    file = BytesIO()
    picture = _drawn(paper, _CROSS_BORDER_SIZE)
    dpi = PIXELS_A_MM * 25.4
    picture.save(file, "PDF", resolution=dpi, creationDate=gmtime(0), modDate=gmtime(0))
    return base64.b64encode(file.getvalue()).decode()


@lru_cache(maxsize=20_000)
def _made(paper: Sticker, kind: str, size: tuple[int, int]) -> str:
    return base64.b64encode(TYPES[kind](paper, size)).decode()


def _png(paper: Sticker, size: tuple[int, int]) -> bytes:
    """Mostly RGB; of ten stickers one each is transparent, palette, grey and bilevel, for the readers to cope with."""
    gray = _drawn(paper, size)
    convert = {"0": _transparent, "1": _palette, "2": _as_it_is, "3": _bilevel}.get(paper.part_b[-1], _rgb)
    file = BytesIO()
    convert(gray).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _rgb(gray: Image.Image) -> Image.Image:
    return gray.convert("RGB")


def _transparent(gray: Image.Image) -> Image.Image:
    """Black ink on nothing at all: laid on black paper by a careless reader, it is all black."""
    picture = Image.new("RGBA", gray.size, (0, 0, 0, 0))
    picture.putalpha(gray.point(lambda level: _WHITE - level))
    return picture


def _palette(gray: Image.Image) -> Image.Image:
    return gray.convert("P")


def _as_it_is(gray: Image.Image) -> Image.Image:
    return gray


def _bilevel(gray: Image.Image) -> Image.Image:
    return gray.convert("1", dither=Image.Dither.NONE)


def _svg(paper: Sticker, size: tuple[int, int]) -> bytes:
    width, height = (side * PIXELS_A_MM for side in size)
    ink = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(_qr(paper.code)) for x, dark in enumerate(row) if dark)
    scale = height * 0.7 / len(_qr(paper.code))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
        f'<path transform="translate(20 20) scale({scale:.3f})" d="{ink}"/>'
        f'<text x="20" y="{height - 20}" font-size="48">{paper.part_a} {paper.part_b}</text></svg>'
    ).encode()


def _zpl(paper: Sticker, _size: tuple[int, int]) -> bytes:
    text = f"^FO20,320^A0N,48^FD{paper.part_a} {paper.part_b}^FS"
    return f"^XA^FO20,20^BQN,2,10^FDMA,{paper.code}^FS{text}^XZ".encode()


TYPES: dict[str, Callable[[Sticker, tuple[int, int]], bytes]] = {
    "png": _png,
    "svg": _svg,
    "zplv": _zpl,
    "zplh": _zpl,
}


def _drawn(paper: Sticker, size: tuple[int, int]) -> Image.Image:
    """The QR code above or to the left, the number where room is left; grey levels."""
    width, height = (side * PIXELS_A_MM for side in size)
    picture = Image.new("L", (width, height), _WHITE)
    rows = _qr(paper.code)
    module = min(int(height * 0.7), width - 40) // len(rows)
    qr = Image.new("L", (len(rows), len(rows)))
    qr.putdata([_BLACK if dark else _WHITE for row in rows for dark in row])
    picture.paste(qr.resize((len(rows) * module,) * 2, Image.Resampling.NEAREST), (20, 20))
    draw = ImageDraw.Draw(picture)
    letters = min(height, width) // 9
    for text, x in ((paper.part_a, 20), (paper.part_b, int(width * 0.62))):
        draw.text((x, height - letters * 3 // 2), text, font=_font(letters), fill=_BLACK)
    return picture


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache(maxsize=20_000)
def _qr(text: str) -> tuple[bytes, ...]:
    """Modules with their quiet zone. A fixed mask: looking for the best of eight is most of the work."""
    code = segno.make_qr(text, error="m", mask=2, boost_error=False)
    return tuple(bytes(row) for row in code.matrix_iter(border=4))
