import io
import struct
import zlib
from collections.abc import Sequence
from itertools import cycle, islice
from random import Random
from typing import get_args

import pypdfium2 as pdfium
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, NumberObject, RectangleObject

from wbsync.domain.ids import OrderId
from wbsync.domain.labels import PAPERS, fit_pdf, label_key, sticker_pdf
from wbsync.domain.shop import LabelSize
from wbsync.errors import Rejected

SIZES: Sequence[LabelSize] = get_args(LabelSize)
CODE = "!wbTest77"
DPI = 254  # WB's stickers: ten pixels to a millimetre
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


# PNGs -----------------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def ihdr(size: tuple[int, int], depth: int = 8, color_type: int = 0, tail: bytes = b"\0\0\0") -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBB", *size, depth, color_type) + tail)


def png_of(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


def packed(samples: Sequence[int], depth: int) -> bytes:
    """Samples of one row as PNG packs them, from the high bits on."""
    bits = "".join(f"{sample:0{depth}b}" for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


WHITE_ROWS = zlib.compress((b"\0" + b"\xff" * 400) * 300)
"""The pixels of an 8-bit grey PNG for 40x30 paper."""


def white(**changed: bytes) -> bytes:
    """A sound 40x30 PNG, of which single chunks can be replaced."""
    chunks = {"head": ihdr((400, 300)), "extra": b"", "rows": chunk(b"IDAT", WHITE_ROWS)} | changed
    return png_of(*chunks.values())


def sticker(mode: str, size: LabelSize = "58x40") -> Image.Image:
    """What WB draws: a QR code on white, in one of Pillow's modes; transparent around the code where the mode can."""
    drawn = io.BytesIO()
    segno.make_qr(CODE).save(drawn, kind="png", scale=10, border=4)
    code = Image.open(drawn).convert("RGBA")
    paper = Image.new("RGBA", PAPERS[size].pixels, (255, 255, 255, 0))
    paper.paste(code, (5, 5))
    if mode in {"RGBA", "LA"}:
        return paper.convert(mode)
    return Image.alpha_composite(Image.new("RGBA", paper.size, "white"), paper).convert("RGB").convert(mode)


def saved(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


# PDFs -----------------------------------------------------------------------------------------------------------------


def page_mm(pdf: bytes) -> tuple[float, ...]:
    document = pdfium.PdfDocument(pdf)
    assert len(document) == 1
    return tuple(side / 72 * 25.4 for side in document[0].get_size())


def rendered(pdf: bytes) -> Image.Image:
    """The page as pdfium (Chrome) draws it at WB's resolution."""
    picture: Image.Image = pdfium.PdfDocument(pdf)[0].render(scale=DPI / 72).to_pil()
    return picture.convert("RGB")


def scanned(pdf: bytes) -> str:
    code = zxingcpp.read_barcode(rendered(pdf))
    return code.text if code else "nothing"


def sticker_page(width_mm: float, height_mm: float) -> bytes:
    """A carrier's PDF: a QR code at the left and a black bar along the top, ten pixels to a millimetre."""
    page = Image.new("L", (round(width_mm * 10), round(height_mm * 10)), 255)
    page.paste(sticker("L").crop((0, 0, 300, 300)), (0, 60))
    page.paste(0, (0, 0, page.width, 40))
    file = io.BytesIO()
    page.save(file, "PDF", resolution=DPI)
    return file.getvalue()


def rewritten(pdf: bytes, *, rotate: int = 0, crop: RectangleObject | None = None, unit: int = 1) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    page = writer.pages[0]
    page.rotate(rotate)
    page.cropbox = crop or page.cropbox
    page[NameObject("/UserUnit")] = NumberObject(unit)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def dark_box_mm(pdf: bytes) -> tuple[float, ...]:
    """Where the page is black: left, top, right, bottom in mm."""
    box = rendered(pdf).convert("L").point(lambda level: 255 if level < 128 else 0).getbbox()
    assert box
    return tuple(side / 10 for side in box)


def dark_share(picture: Image.Image) -> float:
    return sum(picture.histogram()[:128]) / (picture.width * picture.height)


# Stickers of domestic orders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
def test_a_sticker_becomes_one_scannable_page_of_exactly_the_papers_size(mode: str, size: LabelSize) -> None:
    pdf = sticker_pdf(saved(sticker(mode, size)), size)

    assert page_mm(pdf) == pytest.approx(PAPERS[size].mm, abs=0.01)
    assert rendered(pdf).size == PAPERS[size].pixels
    assert scanned(pdf) == CODE


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
def test_pixels_are_wbs_own_over_white_whatever_filters_the_rows_use(mode: str) -> None:
    png = saved(sticker(mode))
    over_white = Image.new("RGBA", (580, 400), "white")
    over_white.alpha_composite(Image.open(io.BytesIO(png)).convert("RGBA"))

    assert rendered(sticker_pdf(png, "58x40")).tobytes() == over_white.convert("RGB").tobytes()


ROWS = 7
KINDS = [(color_type, depth) for color_type in (0, 3) for depth in (1, 2, 4, 8)] + [(2, 8), (4, 8), (6, 8)]
KINDS_16 = [(0, 16), (2, 16), (4, 16), (6, 16)]


class Noise:
    """A PNG for 40x30 paper with random pixels, and what it looks like over white.

    `alphas` are the alpha samples to choose from; `key` is whether one of its colours is declared transparent.
    """

    def __init__(self, color_type: int, depth: int, *, alphas: Sequence[int] = (), key: bool = False) -> None:
        random, self.top = Random(f"{color_type} {depth}"), 2**depth - 1
        self.alphas = (
            [random.choice((0, 255, 77)) for _ in range(min(self.top, 200))] if color_type == 3 and key else []
        )
        self.palette = random.randbytes(3 * (self.top + 1)) if color_type == 3 else b""
        pixels = [
            [
                (
                    *(random.randint(0, self.top) for _ in range(CHANNELS[color_type] - bool(alphas))),
                    *one(random, alphas),
                )
                for _ in range(400)
            ]
            for _ in range(ROWS)
        ]
        self.key = pixels[0][0] if key and color_type != 3 else None
        transparency = bytes(self.alphas) or b"".join(struct.pack(">H", sample) for sample in self.key or ())
        rows = [b"\0" + packed([sample for pixel in row for sample in pixel], depth) for row in pixels]
        self.png = png_of(
            ihdr((400, 300), depth, color_type),
            chunk(b"PLTE", self.palette) if self.palette else b"",
            chunk(b"tRNS", transparency) if transparency else b"",
            chunk(b"IDAT", zlib.compress(b"".join(islice(cycle(rows), 300)))),
        )
        looks = [bytes(level for pixel in row for level in self.look(color_type, pixel)) for row in pixels]
        self.over_white = b"".join(islice(cycle(looks), 300))

    def look(self, color_type: int, pixel: tuple[int, ...]) -> Sequence[int]:
        if color_type == 3:
            alpha = dict(enumerate(self.alphas)).get(pixel[0], 255)
            return [self.over(c / 255, alpha / 255) for c in self.palette[3 * pixel[0] : 3 * pixel[0] + 3]]
        if pixel == self.key:
            return (255, 255, 255)
        *colors, alpha = pixel if color_type in {4, 6} else (*pixel, self.top)
        return [self.over(c / self.top, alpha / self.top) for c in (colors if len(colors) == 3 else colors * 3)]

    @staticmethod
    def over(color: float, alpha: float) -> int:
        return round(255 * (color * alpha + 1 - alpha))


def one(random: Random, choices: Sequence[int]) -> Sequence[int]:
    return (random.choice(choices),) if choices else ()


def furthest(pdf: bytes, expected: bytes) -> int:
    seen = rendered(pdf).tobytes()
    return max(abs(a - b) for a, b in zip(seen, expected, strict=True))


@pytest.mark.parametrize(("color_type", "depth"), KINDS)
def test_every_colour_type_and_depth_is_shown_to_the_last_bit(color_type: int, depth: int) -> None:
    noise = Noise(color_type, depth, alphas=(0, 255) if color_type in {4, 6} else ())

    assert rendered(sticker_pdf(noise.png, "40x30")).tobytes() == noise.over_white


@pytest.mark.parametrize(("color_type", "depth"), KINDS[:-2])
def test_what_tRNS_makes_transparent_is_shown_over_white(color_type: int, depth: int) -> None:  # noqa: N802 PNG's name
    noise = Noise(color_type, depth, key=True)

    assert b"tRNS" in noise.png
    assert rendered(sticker_pdf(noise.png, "40x30")).tobytes() == noise.over_white


@pytest.mark.parametrize("color_type", [4, 6])
def test_half_transparent_pixels_are_at_most_one_level_off(color_type: int) -> None:
    noise = Noise(color_type, 8, alphas=range(256))

    assert furthest(sticker_pdf(noise.png, "40x30"), noise.over_white) <= 1


@pytest.mark.parametrize(("color_type", "depth"), KINDS_16)
def test_sixteen_bits_are_at_most_one_level_off_on_an_eight_bit_screen(color_type: int, depth: int) -> None:
    noise = Noise(color_type, depth, alphas=(0, 65535) if color_type in {4, 6} else ())

    assert furthest(sticker_pdf(noise.png, "40x30"), noise.over_white) <= 1


def test_the_pixels_are_embedded_as_wb_compressed_them() -> None:
    rows = [WHITE_ROWS[:20], WHITE_ROWS[20:]]
    png = white(rows=chunk(b"IDAT", rows[0]) + chunk(b"IDAT", rows[1]), extra=chunk(b"tEXt", b"Software\0x"))

    assert WHITE_ROWS in sticker_pdf(png, "40x30")


def test_the_same_sticker_becomes_the_same_bytes() -> None:
    png = saved(sticker("RGBA"))

    assert sticker_pdf(png, "58x40") == sticker_pdf(png, "58x40")


def test_a_label_asks_to_be_printed_unscaled() -> None:
    for pdf in (sticker_pdf(saved(sticker("L")), "58x40"), fit_pdf(sticker_page(100, 100), "58x40")):
        preferences = PdfReader(io.BytesIO(pdf)).viewer_preferences
        assert preferences
        assert str(preferences["/PrintScaling"]) == "/None"


def test_a_label_is_a_pdf_that_a_strict_reader_accepts() -> None:
    for mode in ("P", "RGBA"):
        reader = PdfReader(io.BytesIO(sticker_pdf(saved(sticker(mode)), "58x40")), strict=True)
        assert reader.pages[0].images[0].image


def test_an_orders_label_has_one_place() -> None:
    assert label_key(OrderId(501)) == "labels/501.pdf"


BROKEN = {
    "": "its signature is missing",
    "signature": "its signature is missing",
    "cut": "it ends before IEND",
    "no IEND": "it ends before IEND",
    "crc": "the checksum of IDAT does not match",
    "no IHDR": "it does not begin with IHDR",
    "IEND alone": "it does not begin with IHDR",
    "short IHDR": "it does not begin with IHDR",
    "two IHDRs": "IHDR is there twice",
    "odd depth": "its header names bit depth 3 with colour type 0, which PNG does not know",
    "odd colour": "its header names bit depth 8 with colour type 5, which PNG does not know",
    "odd compression": "its header names",
    "interlaced": "an interlaced PNG",
    "huge": "has 4294967295x4294967295 pixels, which no label has",
    "tiny": "has 40x30 pixels, which no label has",
    "unknown critical chunk": "ABCD is unknown and not to be skipped",
    "no pixels": "its pixels are not the 400x300 that it announces",
    "too few": "its pixels are not the 400x300 that it announces",
    "too many": "its pixels are not the 400x300 that it announces",
    "a bomb": "its pixels are not the 400x300 that it announces",
    "stream cut": "its pixels are not the 400x300 that it announces",
    "something after": "its pixels are not the 400x300 that it announces",
    "not zlib": "its pixels cannot be unpacked",
    "odd filter": "a row has an unknown filter",
    "palette missing": "its palette does not fit its pixels",
    "palette odd": "its palette does not fit its pixels",
    "palette too long": "its palette does not fit its pixels",
    "palette alphas too many": "its palette does not fit its pixels",
    "key odd": "its transparent colour does not fit its pixels",
}
PALETTE_HEAD = ihdr((400, 300), 8, 3)
ROW = b"\0" + b"\xff" * 400
MALFORMED = {
    "": b"",
    "signature": white()[1:],
    "cut": white()[:-30],
    "no IEND": white()[:-12],
    "crc": white().replace(WHITE_ROWS, WHITE_ROWS[:-1] + b"?"),
    "no IHDR": white(head=b""),
    "IEND alone": png_of(),
    "short IHDR": white(head=chunk(b"IHDR", b"\0" * 12)),
    "two IHDRs": white(extra=ihdr((400, 300))),
    "odd depth": white(head=ihdr((400, 300), 3)),
    "odd colour": white(head=ihdr((400, 300), 8, 5)),
    "odd compression": white(head=ihdr((400, 300), tail=b"\1\0\0")),
    "interlaced": white(head=ihdr((400, 300), tail=b"\0\0\1")),
    "tiny": white(head=ihdr((40, 30))),
    "huge": white(head=ihdr((2**32 - 1, 2**32 - 1))),
    "unknown critical chunk": white(extra=chunk(b"ABCD", b"")),
    "no pixels": white(rows=b""),
    "too few": white(rows=chunk(b"IDAT", zlib.compress(ROW * 299))),
    "too many": white(rows=chunk(b"IDAT", zlib.compress(ROW * 300 + b"\0"))),
    "a bomb": white(rows=chunk(b"IDAT", zlib.compress(bytes(10**8), 1))),
    "stream cut": white(rows=chunk(b"IDAT", WHITE_ROWS[:-4])),
    "something after": white(rows=chunk(b"IDAT", WHITE_ROWS + b"x")),
    "not zlib": white(rows=chunk(b"IDAT", b"hello, this is no zlib")),
    "odd filter": white(rows=chunk(b"IDAT", zlib.compress(ROW * 299 + b"\5" + ROW[1:]))),
    "palette missing": white(head=PALETTE_HEAD),
    "palette odd": white(head=PALETTE_HEAD, extra=chunk(b"PLTE", b"1234")),
    "palette too long": white(head=PALETTE_HEAD, extra=chunk(b"PLTE", bytes(3 * 257))),
    "palette alphas too many": white(head=PALETTE_HEAD, extra=chunk(b"PLTE", b"123") + chunk(b"tRNS", b"\0\0")),
    "key odd": white(extra=chunk(b"tRNS", b"\0")),
}


@pytest.mark.parametrize("pixels", [(290, 200), (290, 290), (812, 400)])
def test_a_sticker_of_another_resolution_is_laid_as_large_as_fits(pixels: tuple[int, int]) -> None:
    pdf = sticker_pdf(saved(Image.new("L", pixels, 0)), "58x40")
    assert page_mm(pdf) == pytest.approx((58, 40), abs=0.01)
    box = ImageOps.invert(rendered(pdf).convert("L")).getbbox()
    assert box is not None
    scale = min(580 / pixels[0], 400 / pixels[1])
    assert (box[2] - box[0], box[3] - box[1]) == pytest.approx((pixels[0] * scale, pixels[1] * scale), abs=2)
    assert (box[0], box[1]) == pytest.approx((580 - box[2], 400 - box[3]), abs=2)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_malformed_sticker_is_refused_with_its_reason_in_one_line(fault: str) -> None:
    with pytest.raises(Rejected) as refusal:
        sticker_pdf(MALFORMED[fault], "40x30")

    assert BROKEN[fault] in refusal.value.reason
    assert "\n" not in refusal.value.reason


SOUND = white()


def test_the_sound_one_of_which_the_malformed_were_made_is_accepted() -> None:
    assert page_mm(sticker_pdf(SOUND, "40x30")) == pytest.approx((40, 30), abs=0.01)


@given(at=st.integers(0, len(SOUND) - 1), by=st.integers(1, 255))
@settings(deadline=None)
def test_one_changed_byte_anywhere_is_noticed(at: int, by: int) -> None:
    damaged = bytearray(SOUND)
    damaged[at] ^= by

    with pytest.raises(Rejected):
        sticker_pdf(bytes(damaged), "40x30")


@given(st.binary())
def test_junk_for_a_sticker_is_refused_and_nothing_worse(junk: bytes) -> None:
    for png in (junk, SOUND[:8] + junk, SOUND[:33] + chunk(b"IDAT", junk) + SOUND[-12:]):
        with pytest.raises(Rejected):
            sticker_pdf(png, "40x30")


# PDFs of cross-border orders ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_a_pdf_of_the_papers_size_is_left_as_it_is(size: LabelSize) -> None:
    pdf = sticker_page(*PAPERS[size].mm)

    assert fit_pdf(pdf, size) is pdf


@pytest.mark.parametrize(
    ("page", "drawn_mm"),
    [
        ((116, 80), (58, 40)),
        ((100, 100), (40, 40)),
        ((45, 50), (36, 40)),
        ((200, 40), (58, 11.6)),
        ((29, 20), (58, 40)),
    ],
)
def test_another_size_is_scaled_to_fit_upright_and_centred(
    page: tuple[int, int], drawn_mm: tuple[float, float]
) -> None:
    pdf = fit_pdf(sticker_page(*page), "58x40")

    assert page_mm(pdf) == pytest.approx((58, 40), abs=0.01)
    left, top, right, _ = dark_box_mm(pdf)  # the bar is along the whole top
    assert (left, right) == pytest.approx((29 - drawn_mm[0] / 2, 29 + drawn_mm[0] / 2), abs=0.11)
    assert top == pytest.approx(20 - drawn_mm[1] / 2, abs=0.11)


@pytest.mark.parametrize("page", [(40, 58), (100, 150)])
def test_a_page_is_turned_when_that_makes_it_a_quarter_larger(page: tuple[int, int]) -> None:
    pdf = fit_pdf(sticker_page(*page), "58x40")

    left, top, _, bottom = dark_box_mm(pdf)  # the bar that was along the top is at the left
    height = page[0] * min(58 / page[1], 40 / page[0])
    assert (top, bottom) == pytest.approx((20 - height / 2, 20 + height / 2), abs=0.11)
    assert left == pytest.approx(29 - page[1] * height / page[0] / 2, abs=0.11)
    assert scanned(pdf) == CODE


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_page_is_fitted_as_viewers_show_it(rotate: int) -> None:
    """Turned by the viewer and cut to its crop box, it prints like one that was drawn so."""
    crop = RectangleObject((0, 20 / 25.4 * 72, 100 / 25.4 * 72, 120 / 25.4 * 72))  # the upper 100 of 120 mm

    pdf = fit_pdf(rewritten(sticker_page(100, 120), rotate=rotate, crop=crop), "58x40")

    bar = {0: (9, 0, 49, 1.6), 90: (47.4, 0, 49, 40), 180: (9, 38.4, 49, 40), 270: (9, 0, 10.6, 40)}[rotate]
    picture = rendered(pdf).convert("L")
    left, top, right, bottom = (round(side * 10) for side in bar)
    assert dark_share(picture.crop((left, top, right, bottom))) > 0.85
    assert dark_share(picture) < 0.25
    assert scanned(pdf) == CODE


def test_a_page_measured_in_larger_units_is_as_large_as_it_says() -> None:
    pdf = rewritten(sticker_page(29, 20), unit=2)

    assert fit_pdf(pdf, "58x40") is pdf


def test_the_same_pdf_is_fitted_to_the_same_bytes() -> None:
    pdf = sticker_page(100, 150)

    assert fit_pdf(pdf, "40x30") == fit_pdf(pdf, "40x30")


def two_pages() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(sticker_page(58, 40)))
    writer.append(io.BytesIO(sticker_page(58, 40)))
    return written(writer)


def encrypted() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(sticker_page(58, 40)))
    writer.encrypt("", owner_password="o", algorithm="RC4-128")  # opens without a password, yet is encrypted
    return written(writer)


def blank() -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(164, 113)
    return written(writer)


@pytest.mark.parametrize(
    ("pdf", "reason"),
    [
        (two_pages(), "has 2 pages instead of one"),
        (written(PdfWriter()), "has 0 pages instead of one"),
        (encrypted(), "is encrypted"),
        (blank(), "page is empty"),
        (rewritten(sticker_page(58, 40), crop=RectangleObject((5, 5, 5, 5))), "page has no size"),
        (b"", "is not a sound PDF"),
        (saved(sticker("L")), "is not a sound PDF"),
        (sticker_page(58, 40)[:400], "is not a sound PDF"),
    ],
    ids=["two pages", "no page", "encrypted", "blank", "no size", "nothing", "a PNG", "cut"],
)
def test_a_pdf_that_is_not_one_open_page_is_refused_with_its_reason(pdf: bytes, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        fit_pdf(pdf, "58x40")


PAGE = sticker_page(100, 100)


@given(at=st.integers(0, len(PAGE) - 1), junk=st.binary(min_size=1, max_size=30))
@settings(deadline=None, max_examples=60)
def test_a_damaged_pdf_is_fitted_or_refused_and_nothing_worse(at: int, junk: bytes) -> None:
    try:
        pdf = fit_pdf(PAGE[:at] + junk + PAGE[at + len(junk) :], "58x40")
    except Rejected as refusal:
        assert refusal.reason  # noqa: PT017 either outcome is right
    else:
        assert pdf.startswith(b"%PDF-")
