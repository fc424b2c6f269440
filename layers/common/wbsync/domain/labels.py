"""Labels as the shop prints them: one page of exactly the paper's size.

WB gives a sticker as PNG for domestic orders and as PDF for cross-border ones (WB facts §4). The PNG's pixels go onto
the page as WB compressed them: PDF knows PNG's row filters (ISO 32000, FlateDecode with Predictor 15), so nothing is
decoded, resampled or packed again. docs/decisions/0002 tells why, and which viewers were tried.
"""

import io
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wbsync.domain.ids import OrderId
from wbsync.domain.shop import LabelSize
from wbsync.errors import Rejected

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader, Transformation


@dataclass(frozen=True, slots=True)
class Paper:
    """A label's sides in mm, and the pixels WB documents for a PNG of that size."""

    mm: tuple[int, int]
    pixels: tuple[int, int]

    @property
    def points(self) -> tuple[float, float]:
        """Sides in PDF points, rounded down to 1/10,000: a hair too much and viewers add a row of pixels at 254 dpi."""
        width, height = (math.floor(side / 25.4 * 72 * 1e4) / 1e4 for side in self.mm)
        return width, height


PAPERS: Mapping[LabelSize, Paper] = {
    "58x40": Paper((58, 40), (580, 400)),
    "40x30": Paper((40, 30), (400, 300)),
}


def label_key(order_id: OrderId) -> str:
    """Where the order's label lies in the Labels bucket, for ever: a label made again replaces the old one."""
    return f"labels/{order_id}.pdf"


# WB's PNG ------------------------------------------------------------------------------------------------------------

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_CHANNELS = {_GREY: 1, _RGB: 3, _PALETTE: 1, _GREY_ALPHA: 2, _RGB_ALPHA: 4}
_DEPTHS = {
    _GREY: (1, 2, 4, 8, 16),
    _RGB: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    _GREY_ALPHA: (8, 16),
    _RGB_ALPHA: (8, 16),
}
_IHDR_LENGTH = 13
_CRITICAL = {b"IHDR", b"PLTE", b"IDAT"}
_ONCE = {b"IHDR", b"PLTE", b"tRNS"}
_LAST_FILTER = 4
_SHORTEST_SIDE, _LONGEST_SIDE = 50, 4000  # pixels: no code scans below, no label printer prints above


@dataclass(frozen=True, slots=True)
class _Png:
    """A PNG taken apart; every field as it stood in the file."""

    width: int
    height: int
    depth: int
    color_type: int
    palette: bytes
    transparency: bytes
    rows: bytes  # filtered and compressed

    @property
    def bytes_per_row(self) -> int:
        return 1 + (self.width * _CHANNELS[self.color_type] * self.depth + 7) // 8


def _broken(what: str) -> Rejected:
    return Rejected(f"the sticker is not a sound PNG: {what}")


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks before IEND as (type, data)."""
    if not png.startswith(_SIGNATURE):
        raise _broken("its signature is missing")
    at = len(_SIGNATURE)
    while True:
        end = at + 8 + int.from_bytes(png[at : at + 4])
        if end + 4 > len(png):
            raise _broken("it ends before IEND")
        kind, data = png[at + 4 : at + 8], png[at + 8 : end]
        if zlib.crc32(png[at + 4 : end]) != int.from_bytes(png[end : end + 4]):
            raise _broken(f"the checksum of {_name(kind)} does not match")
        if kind == b"IEND":
            return
        yield kind, data
        at = end + 4


def _name(chunk: bytes) -> str:
    return chunk.decode("ascii", "backslashreplace")


def _parts(png: bytes) -> Mapping[bytes, bytes]:
    """The chunks' data by type, IHDR first; IDATs joined."""
    parts: dict[bytes, list[bytes]] = {}
    for kind, data in _chunks(png):
        if not parts and (kind != b"IHDR" or len(data) != _IHDR_LENGTH):
            raise _broken("it does not begin with IHDR")
        if kind[:1].isupper() and kind not in _CRITICAL:
            raise _broken(f"{_name(kind)} is unknown and not to be skipped")
        if kind in parts and kind in _ONCE:
            raise _broken(f"{_name(kind)} is there twice")
        parts.setdefault(kind, []).append(data)
    if not parts:
        raise _broken("it does not begin with IHDR")
    return {kind: b"".join(data) for kind, data in parts.items()}


def _taken_apart(png: bytes) -> _Png:
    parts = _parts(png)
    header = parts[b"IHDR"]
    depth, color_type, compression, filtering, interlace = header[8:]
    if depth not in _DEPTHS.get(color_type, ()) or compression or filtering:
        raise _broken(f"its header names bit depth {depth} with colour type {color_type}, which PNG does not know")
    if interlace:
        raise Rejected("the sticker is an interlaced PNG, whose rows cannot go onto a page as they are")
    return _Png(
        width=int.from_bytes(header[:4]),
        height=int.from_bytes(header[4:8]),
        depth=depth,
        color_type=color_type,
        palette=parts.get(b"PLTE", b""),
        transparency=parts.get(b"tRNS", b""),
        rows=parts.get(b"IDAT", b""),
    )


def _check_rows(png: _Png) -> None:
    expected = png.bytes_per_row * png.height
    stream = zlib.decompressobj()
    try:
        # One byte more than there may be: a bomb stops there.
        pixels = stream.decompress(png.rows, expected + 1)
    except zlib.error as error:
        raise _broken("its pixels cannot be unpacked") from error
    if len(pixels) != expected or not stream.eof or stream.unused_data:
        raise _broken(f"its pixels are not the {png.width}x{png.height} that it announces")
    if max(pixels[:: png.bytes_per_row]) > _LAST_FILTER:
        raise _broken("a row has an unknown filter")


# Colours -------------------------------------------------------------------------------------------------------------

# Alpha cannot be split off without decoding the rows, so the pixels stay as they are, with alpha as one more colorant,
# and a function for the viewer lays each over white: colour * alpha + (1 - alpha). This order of operations keeps
# opaque and transparent pixels exact in binary fractions.
_OVER_WHITE = {
    _GREY_ALPHA: b"{ dup 3 1 roll mul exch 1 exch sub add }",
    _RGB_ALPHA: b"{ " + 3 * b"dup 3 -1 roll mul 1 index 1 exch sub add 4 1 roll " + b"pop }",
}
_COLORANTS = {
    _GREY_ALPHA: (b"/WBGrey /WBAlpha", b"/DeviceGray"),
    _RGB_ALPHA: (b"/WBRed /WBGreen /WBBlue /WBAlpha", b"/DeviceRGB"),
}
_PLAIN = {_GREY: b"/DeviceGray", _RGB: b"/DeviceRGB"}


def _color_space(png: _Png, over_white: int) -> bytes:
    """The image's colour entries; `over_white` is the number of the object with the function for alpha."""
    if png.color_type in _COLORANTS:
        names, base = _COLORANTS[png.color_type]
        return b"/ColorSpace [/DeviceN [%s] %s %d 0 R]" % (names, base, over_white)
    if png.color_type == _PALETTE:
        colors = _palette_over_white(png)
        return b"/ColorSpace [/Indexed /DeviceRGB %d <%s>]" % (len(colors) // 3 - 1, colors.hex().encode())
    return b"/ColorSpace " + _PLAIN[png.color_type] + _color_key(png)


def _palette_over_white(png: _Png) -> bytes:
    colors, alphas = png.palette, png.transparency
    entries, rest = divmod(len(colors), 3)
    if rest or not 1 <= entries <= 2**png.depth or len(alphas) > entries:
        raise _broken("its palette does not fit its pixels")
    opaque = bytes([255]) * (entries - len(alphas))
    return bytes(
        (color * alpha + 255 * (255 - alpha) + 127) // 255
        for entry, alpha in enumerate(alphas + opaque)
        for color in colors[3 * entry : 3 * entry + 3]
    )


def _color_key(png: _Png) -> bytes:
    """PNG's one transparent colour as PDF's mask, through which the white page shows."""
    key = png.transparency
    if not key:
        return b""
    if len(key) != 2 * _CHANNELS[png.color_type]:
        raise _broken("its transparent colour does not fit its pixels")
    samples = [int.from_bytes(key[i : i + 2]) for i in range(0, len(key), 2)]
    return b" /Mask [%s]" % b" ".join(b"%d %d" % (sample, sample) for sample in samples)


# The page ------------------------------------------------------------------------------------------------------------


def sticker_pdf(png: bytes, size: LabelSize) -> bytes:
    """One page of exactly `size` with the pixels of WB's PNG, transparency laid over white; same bytes for same input.

    Pixels of the number that WB documents fill the page; any other number is laid as large as fits, centred, since a
    label of another resolution is a label still. The page asks the viewer to print it unscaled.
    Raises Rejected for a damaged or interlaced PNG.
    """
    paper, image = PAPERS[size], _taken_apart(png)
    if not (_SHORTEST_SIDE <= image.width <= _LONGEST_SIDE and _SHORTEST_SIDE <= image.height <= _LONGEST_SIDE):
        raise Rejected(f"the sticker has {image.width}x{image.height} pixels, which no label has")
    _check_rows(image)

    width, height = (b"%.4f" % side for side in paper.points)
    over_white = _OVER_WHITE.get(image.color_type)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /PrintScaling /None >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %s %s] /Contents 4 0 R"
        b" /Resources << /XObject << /Sticker 5 0 R >> >> >>" % (width, height),
        _stream(b"", b"%.4f 0 0 %.4f %.4f %.4f cm /Sticker Do" % _placed(image, paper)),
        _stream(_image_entries(image, over_white=6), image.rows),
    ]
    if over_white:
        entries = b"/FunctionType 4 /Domain [%s] /Range [%s]"
        inputs = _CHANNELS[image.color_type]
        objects.append(
            _stream(entries % (b" ".join([b"0 1"] * inputs), b" ".join([b"0 1"] * (inputs - 1))), over_white)
        )
    return _document(objects)


def _placed(image: _Png, paper: Paper) -> tuple[float, float, float, float]:
    """Width, height, left and bottom of the image on the page, in points."""
    width, height = paper.points
    scale = min(width / image.width, height / image.height)
    if (image.width, image.height) == paper.pixels:
        return width, height, 0.0, 0.0
    across, up = image.width * scale, image.height * scale
    return across, up, (width - across) / 2, (height - up) / 2


def _image_entries(png: _Png, *, over_white: int) -> bytes:
    return (
        b"/Type /XObject /Subtype /Image /Width %(width)d /Height %(height)d /BitsPerComponent %(depth)d %(color)s"
        b" /Filter /FlateDecode /DecodeParms"
        b" << /Predictor 15 /Colors %(channels)d /BitsPerComponent %(depth)d /Columns %(width)d >>"
    ) % {
        b"width": png.width,
        b"height": png.height,
        b"depth": png.depth,
        b"channels": _CHANNELS[png.color_type],
        b"color": _color_space(png, over_white),
    }


def _stream(entries: bytes, data: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(data), data)


def _document(objects: Sequence[bytes]) -> bytes:
    """A PDF of numbered objects, the first of which is its catalog."""
    # The comment's four bytes above 127 tell mail and FTP programs that this is no text.
    parts = [b"%PDF-1.6\n%\xe2\xe3\xcf\xd3\n"]
    offsets, end = [], len(parts[0])
    for number, content in enumerate(objects, 1):
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
        offsets.append(end)
        end += len(parts[-1])
    parts += [
        b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1),
        *(b"%010d 00000 n \n" % offset for offset in offsets),
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, end),
    ]
    return b"".join(parts)


# WB's PDF ------------------------------------------------------------------------------------------------------------

_SAME_MM = 0.01
_WORTH_TURNING = 1.25
_QUARTER_TURNS = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}  # counterclockwise degrees: cosine, sine


def fit_pdf(pdf: bytes, size: LabelSize) -> bytes:
    """WB's cross-border PDF on a page of exactly `size`: unchanged if it has that size, else as large as fits, centred.

    It stays upright unless a quarter turn makes it at least a quarter larger: then thicker bars are worth a turned
    head (a page of 40x58 mm is 58x40 paper held the other way). Same bytes for same input.
    Raises Rejected unless it is one readable, unencrypted page with something on it.
    """
    try:
        return _fitted(pdf, PAPERS[size])
    except Rejected:
        raise
    except Exception as error:  # pypdf raises whatever a broken file leads it into
        raise Rejected("the sticker is not a sound PDF") from error


def _fitted(pdf: bytes, paper: Paper) -> bytes:
    # Here because importing it takes 0.3 s and more, which functions that meet no cross-border order need not pay.
    from pypdf import PdfReader, PdfWriter  # noqa: PLC0415
    from pypdf.generic import NameObject  # noqa: PLC0415

    page = _only_page(PdfReader(io.BytesIO(pdf)))
    width, height = _shown_size(page)
    if all(abs(a - b) / 72 * 25.4 <= _SAME_MM for a, b in zip((width, height), paper.points, strict=True)):
        return pdf
    writer = PdfWriter()
    writer.add_blank_page(*paper.points).merge_transformed_page(page, _onto_paper(page, paper))
    writer.create_viewer_preferences()[NameObject("/PrintScaling")] = NameObject("/None")
    fitted = io.BytesIO()
    writer.write(fitted)
    return fitted.getvalue()


def _only_page(reader: "PdfReader") -> "PageObject":
    if reader.is_encrypted:
        raise Rejected("the sticker's PDF is encrypted")
    if len(reader.pages) != 1:
        raise Rejected(f"the sticker's PDF has {len(reader.pages)} pages instead of one")
    page = reader.pages[0]
    contents = page.get_contents()
    if contents is None or not contents.get_data().strip():
        raise Rejected("the sticker's PDF page is empty")
    return page


def _shown_size(page: "PageObject") -> tuple[float, float]:
    """The page's sides as a viewer shows them, in points."""
    width, height = page.cropbox.width * page.user_unit, page.cropbox.height * page.user_unit
    if min(width, height) <= 0:
        raise Rejected("the sticker's PDF page has no size")
    return (height, width) if page.rotation % 180 else (width, height)


def _onto_paper(page: "PageObject", paper: Paper) -> "Transformation":
    """From the page's own coordinates to the paper's: centred, upright or turned, as large as fits."""
    from pypdf import Transformation  # noqa: PLC0415 as above

    (width, height), (paper_width, paper_height) = _shown_size(page), paper.points
    upright = min(paper_width / width, paper_height / height)
    turned = min(paper_width / height, paper_height / width)
    turn, scale = (90, turned) if turned >= upright * _WORTH_TURNING else (0, upright)
    cosine, sine = _QUARTER_TURNS[(turn - page.rotation) % 360]  # /Rotate counts clockwise
    box = page.cropbox
    return (
        Transformation()
        .translate(-(box.left + box.right) / 2, -(box.bottom + box.top) / 2)
        .transform(Transformation((cosine, sine, -sine, cosine, 0, 0)))
        .scale(scale * page.user_unit)
        .translate(paper_width / 2, paper_height / 2)
    )
