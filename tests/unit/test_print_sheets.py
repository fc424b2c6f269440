import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pypdfium2 as pdfium
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops
from pypdf import PdfReader, PdfWriter

from wbsync import texts
from wbsync.domain.barcodes import QUIET, modules
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.labels import PAPERS, fit_pdf, sticker_pdf
from wbsync.domain.print_sheets import Layout, PrintLine, SupplyHead, supply_pdf
from wbsync.domain.shop import LabelSize

SIZES: Sequence[LabelSize] = get_args(LabelSize)
LAYOUTS: Sequence[Layout] = get_args(Layout)
DPI = 254  # WB's stickers: ten pixels to a millimetre
A4 = (210, 297)
SUPPLY_CODE = "WB-GI-7654321"
HEAD = SupplyHead(
    supply_id=SupplyId(SUPPLY_CODE),
    name="minsk-shop Минск 23.11 №1",
    warehouse="Минск, Притыцкого",
    printed_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    count=1,
)
EAN, CODE_128 = "2041234567899", "ART-42/bw"


# What goes in ---------------------------------------------------------------------------------------------------------


def picture(code: str, size: LabelSize = "58x40", mode: str = "RGB") -> Image.Image:
    """What WB draws: a QR code on white."""
    drawn = io.BytesIO()
    segno.make_qr(code).save(drawn, kind="png", scale=8, border=4)
    paper = Image.new("RGB", PAPERS[size].pixels, "white")
    paper.paste(Image.open(drawn), (5, 5))
    return paper.convert(mode)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def sticker(order_id: int, size: LabelSize = "58x40") -> bytes:
    return sticker_pdf(saved(picture(f"!wb{order_id}", size)), size)


def line(order_id: int, **changed: Any) -> PrintLine:
    """An order of a good whose label is there."""
    plain = PrintLine(
        order_id=OrderId(order_id),
        article="FUT-01",
        name="Футболка хлопковая «Ёлка»",
        size="46",
        barcode=EAN,
        place="А-3-12",
        sticker=sticker(order_id),
        sticker_number=f"2316{order_id:02d} 97{order_id:02d}",
    )
    return replace(plain, **changed)


def printed(
    lines: Sequence[PrintLine], layout: Layout = "thermal", size: LabelSize = "58x40", code: bytes | None = None
) -> bytes:
    return supply_pdf(replace(HEAD, count=len(lines)), lines, layout=layout, size=size, code=code)


SUPPLY_PNG = saved(picture(SUPPLY_CODE))


# What comes out -------------------------------------------------------------------------------------------------------


def pages_mm(pdf: bytes) -> list[tuple[float, ...]]:
    return [tuple(side / 72 * 25.4 for side in page.get_size()) for page in pdfium.PdfDocument(pdf)]


def rendered(pdf: bytes, dpi: int = DPI) -> list[Image.Image]:
    """The pages as pdfium (Chrome) draws them."""
    return [page.render(scale=dpi / 72).to_pil().convert("RGB") for page in pdfium.PdfDocument(pdf)]


def scanned(pictures: Iterable[Image.Image]) -> list[str]:
    """The codes that a scanner reads, page by page, each page's by row and from left to right."""
    found = []
    for page in pictures:
        codes = zxingcpp.read_barcodes(page)
        codes.sort(key=lambda code: (code.position.top_left.y // 40, code.position.top_left.x))
        found += [code.text for code in codes]
    return found


def stickers_in(pdf: bytes) -> list[str]:
    return [code for code in scanned(rendered(pdf)) if code.startswith("!wb")]


def text_of(pdf: bytes) -> str:
    """All text as it is copied from a viewer, in one line."""
    pages = pdfium.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in pages).split())


def off_the_paper(pdf: bytes) -> list[str]:
    """Characters that stand partly or wholly beyond their page."""
    out = []
    for page in pdfium.PdfDocument(pdf):
        (width, height), text = page.get_size(), page.get_textpage()
        for at in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(at)
            if left < 0 or bottom < 0 or right > width or top > height:
                out.append(text.get_text_range(at, 1))
    return out


# The file -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_on_the_roll_every_page_is_exactly_the_labels_paper(size: LabelSize) -> None:
    pdf = printed([line(n, article=f"A-{n}", sticker=sticker(n, size)) for n in range(3)], size=size, code=SUPPLY_PNG)

    assert len(pages_mm(pdf)) > 4
    for page in pages_mm(pdf):
        assert page == pytest.approx(PAPERS[size].mm, abs=0.01)
    assert {picture.size for picture in rendered(pdf)} == {PAPERS[size].pixels}


def test_on_sheets_every_page_is_a4() -> None:
    pdf = printed([line(n, article=f"A-{n}") for n in range(40)], "a4", code=SUPPLY_PNG)

    assert len(pages_mm(pdf)) == 3 + 3 + 1  # the list, 18 labels to a sheet, the supply's code
    for page in pages_mm(pdf):
        assert page == pytest.approx(A4, abs=0.01)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", SIZES)
def test_list_stickers_and_the_supplys_code_come_in_this_order(layout: Layout, size: LabelSize) -> None:
    codes = scanned(rendered(printed([line(1, sticker=sticker(1, size))], layout, size, SUPPLY_PNG)))

    assert codes == [EAN, "!wb1", SUPPLY_CODE]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_stickers_follow_the_pick_list_along_the_shelves(layout: Layout) -> None:
    lines = [
        line(1, place="Б-1"),
        line(2, place="А-10"),
        line(3, place="А-2", article="B"),
        line(4, place="А-2", article="A", size="110"),
        line(5, place="А-2", article="A", size="98"),
        line(6, place="А-10"),
    ]
    pdf = printed(lines, layout)

    assert stickers_in(pdf) == ["!wb5", "!wb4", "!wb3", "!wb2", "!wb6", "!wb1"]
    assert re.findall("А-2|А-10|Б-1", text_of(pdf)) == ["А-2", "А-2", "А-2", "А-10", "Б-1"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_before_the_supply_is_delivered_there_is_no_page_for_its_code(layout: Layout) -> None:
    pdfs = [printed([line(1)], layout, code=code) for code in (None, SUPPLY_PNG)]

    assert SUPPLY_CODE not in scanned(rendered(pdfs[0]))
    assert len(pages_mm(pdfs[1])) - len(pages_mm(pdfs[0])) == 1


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_damaged_code_of_the_supply_is_told_and_the_rest_printed(layout: Layout) -> None:
    pdf = printed([line(1)], layout, code=SUPPLY_PNG[:-40])

    assert stickers_in(pdf) == ["!wb1"]
    assert texts.SUPPLY_CODE_DAMAGED in text_of(pdf)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_supply_becomes_the_same_bytes_in_whatever_order_it_comes(layout: Layout) -> None:
    lines = [line(n, photo=saved(Image.new("RGB", (90, 120), "red"))) for n in range(4)]

    assert printed(lines, layout, code=SUPPLY_PNG) == printed(lines[::-1], layout, code=SUPPLY_PNG)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_file_asks_to_be_printed_unscaled_and_a_strict_reader_accepts_it(layout: Layout) -> None:
    reader = PdfReader(io.BytesIO(printed([line(1)], layout, code=SUPPLY_PNG)), strict=True)

    assert reader.viewer_preferences
    assert str(reader.viewer_preferences["/PrintScaling"]) == "/None"
    assert reader.metadata
    assert reader.metadata.title == f"{texts.PICK_LIST} {SUPPLY_CODE}"


# The pick list --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_list_tells_the_supply_and_everything_about_the_goods(layout: Layout) -> None:
    text = text_of(printed([line(1)], layout))

    assert f"Поставка {SUPPLY_CODE}" in text
    for told in (HEAD.name, HEAD.warehouse, "23.11.2026 09:30 UTC", "Заказов: 1"):
        assert told in text
    for told in ("А-3-12", "FUT-01", "Футболка хлопковая «Ёлка»", "46", EAN, "231601 9701"):
        assert told in text


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", SIZES)
def test_equal_goods_are_one_row_with_every_stickers_number_however_many(layout: Layout, size: LabelSize) -> None:
    label = sticker(1, size)
    lines = [line(n, sticker=label, sticker_number=f"{700000 + n} {n:04d}") for n in range(200)]
    pdf = printed(lines, layout, size)

    text = text_of(pdf)
    assert re.findall(r"\b70\d{4} \d{4}\b", text) == [one.sticker_number for one in lines]
    assert ("200 шт." if layout == "thermal" else " 200 ") in text
    assert scanned(rendered(pdf)).count(EAN) == 1
    assert texts.PICK_LIST_CONTINUED in text
    assert not off_the_paper(pdf)


@pytest.mark.parametrize("changed", [{"size": "48"}, {"place": "Б-1"}, {"barcode": CODE_128}, {"article": "FUT-02"}])
def test_goods_that_differ_in_anything_are_rows_of_their_own(changed: dict[str, str]) -> None:
    assert text_of(printed([line(1), line(2, **changed)])).count("1 шт.") == 2


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("barcode", [EAN, "2041234567890", CODE_128, "4607001", "ОШИБКА-12", "X" * 80, ""])
def test_a_barcode_is_scannable_or_at_least_readable(layout: Layout, size: LabelSize, barcode: str) -> None:
    pdf = printed([line(1, barcode=barcode, sticker=None)], layout, size)

    drawn = barcode.isascii() and 0 < len(barcode) < 80
    assert scanned(rendered(pdf, 203)) == [barcode] * drawn  # 203 dpi: what most label printers have
    assert barcode[:8] in text_of(pdf)
    assert not off_the_paper(pdf)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_orders_without_a_sticker_are_listed_with_the_reason(layout: Layout) -> None:
    lines = [line(1), line(2, sticker=None), line(3, sticker=sticker(3)[:300]), line(4, sticker=b"")]
    pdf = printed(lines, layout)

    assert stickers_in(pdf) == ["!wb1"]
    text = text_of(pdf)
    assert "Заказов: 4" in text
    assert "Без этикетки: 3" in text
    assert "231601 9701, заказ 2: этикетки ещё нет" in text
    for order_id in (3, 4):
        assert f"заказ {order_id}: этикетка повреждена" in text


def test_a_sticker_whose_number_wb_did_not_tell_is_listed_by_its_order() -> None:
    assert "заказ 71" in text_of(printed([line(71, sticker_number="")]))


def test_an_order_that_wb_counts_and_the_file_does_not_hold_is_told() -> None:
    pdf = supply_pdf(replace(HEAD, count=3), [line(1)], layout="a4", size="58x40", code=None)

    assert texts.differing_count(1, 3) in text_of(pdf)
    assert "Внимание" not in text_of(printed([line(1)]))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_empty_supply_is_a_list_without_rows(layout: Layout) -> None:
    pdf = printed([], layout)

    assert len(pages_mm(pdf)) == 1
    assert "Заказов: 0" in text_of(pdf)


# Photos ---------------------------------------------------------------------------------------------------------------

RED = Image.new("RGB", (246, 328), (200, 0, 0))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "photo",
    [
        saved(RED, "JPEG"),
        saved(RED, "JPEG", progressive=True),
        saved(RED.convert("L"), "JPEG"),
        saved(RED),
        saved(RED.convert("RGBA")),
        saved(RED.convert("P")),
    ],
    ids=["JPEG", "progressive", "grey", "PNG", "alpha", "palette"],
)
def test_a_photo_is_shown_beside_its_goods(layout: Layout, photo: bytes) -> None:
    with_photo, without = (rendered(printed([line(1, photo=p, sticker=None)], layout)) for p in (photo, None))

    def coloured(pages: Iterable[Image.Image]) -> int:
        greys = [page.convert("L").histogram() for page in pages]
        return sum(sum(histogram[40:90]) for histogram in greys)

    assert coloured(with_photo) - coloured(without) > 5_000  # of 8 mm and more, at ten pixels to a millimetre


def test_a_jpeg_is_embedded_as_it_is() -> None:
    photo = saved(RED, "JPEG")

    assert photo in printed([line(1, photo=photo)])


JPEG = saved(RED, "JPEG")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "photo",
    [
        b"",
        b"\xff\xd8\xff",
        JPEG[:200],
        JPEG[:-20],
        saved(RED.convert("CMYK"), "JPEG"),
        saved(RED)[:-30],
        saved(RED, "WEBP"),
        saved(RED.convert("P"), "GIF"),
        b"<html>no such photo</html>",
    ],
    ids=["empty", "begun", "cut", "cut at the end", "CMYK", "PNG cut", "WebP", "GIF", "HTML"],
)
def test_a_photo_that_cannot_be_shown_is_left_out(layout: Layout, photo: bytes) -> None:
    assert printed([line(1, photo=photo)], layout) == printed([line(1)], layout)


def test_of_equal_goods_the_first_sound_photo_is_shown() -> None:
    assert JPEG in printed([line(1, photo=JPEG[:100]), line(2, photo=JPEG)])


# Stickers -------------------------------------------------------------------------------------------------------------


MODES = ("1", "L", "P", "RGB", "LA", "RGBA")


def carriers(rotate: int = 0) -> bytes:
    """A label as a carrier's PDF of another size, fitted to the paper."""
    writer = PdfWriter(clone_from=io.BytesIO(saved(picture("!wb1", mode="L"), "PDF", resolution=150)))
    writer.pages[0].rotate(rotate)
    file = io.BytesIO()
    writer.write(file)
    return fit_pdf(file.getvalue(), "58x40")


def turned_paper() -> bytes:
    """A page of the paper's size that a viewer turns: left as it is when it was stored."""
    writer = PdfWriter(
        clone_from=io.BytesIO(saved(picture("!wb1", mode="L").rotate(90, expand=True), "PDF", resolution=DPI))
    )
    writer.pages[0].rotate(90)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "label",
    [sticker_pdf(saved(picture("!wb1", mode=mode)), "58x40") for mode in MODES] + [carriers(), carriers(180)],
    ids=[*MODES, "carrier's", "carrier's turned"],
)
def test_a_printed_sticker_is_the_stored_one_to_the_last_pixel(label: bytes) -> None:
    [stored], pages = rendered(label), rendered(printed([line(1, sticker=label)]))

    assert pages[-1].tobytes() == stored.tobytes()
    assert scanned(pages[-1:]) == ["!wb1"]


def test_a_page_that_viewers_turn_is_printed_as_they_show_it() -> None:
    label = turned_paper()
    [stored], pages = rendered(label), rendered(printed([line(1, sticker=label)]))

    difference = ImageChops.difference(stored, pages[-1]).convert("L").point(lambda level: 255 if level > 64 else 0)
    assert difference.histogram()[255] < 0.01 * 580 * 400  # edges of modules: viewers resample the turned one
    assert scanned(pages[-1:]) == ["!wb1"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_pixels_go_into_the_file_as_wb_compressed_them(layout: Layout) -> None:
    png = saved(picture("!wb1"))
    rows = png[png.index(b"IDAT") + 4 :][: int.from_bytes(png[png.index(b"IDAT") - 4 : png.index(b"IDAT")])]

    assert len(rows) > 500
    assert rows in printed([line(1, sticker=sticker_pdf(png, "58x40"))], layout)


@pytest.mark.parametrize(("size", "to_a_sheet"), [("58x40", 18), ("40x30", 32)])
def test_on_a4_stickers_have_their_true_size_and_room_between_them(size: LabelSize, to_a_sheet: int) -> None:
    black = sticker_pdf(saved(Image.new("L", PAPERS[size].pixels, 0)), size)
    pages = rendered(printed([line(n, sticker=black) for n in range(to_a_sheet + 1)], "a4", size))

    assert len(pages) == 3
    box = pages[2].convert("L").point(lambda level: 255 if level < 128 else 0)
    width, height = PAPERS[size].pixels
    row, column = (box.crop((0, 300, 2100, 301)), box.crop((300, 0, 301, 2970)))
    assert row.histogram()[255] == pytest.approx(width, abs=2)
    assert column.histogram()[255] == pytest.approx(height, abs=2)
    full = pages[1].convert("L").point(lambda level: 255 if level < 128 else 0)
    marks = full.getbbox()
    assert marks
    assert min(marks[0], marks[1], 2100 - marks[2], 2970 - marks[3]) > 50  # no printer prints the outermost millimetres
    assert full.histogram()[255] == pytest.approx(to_a_sheet * width * height, rel=0.01)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_sticker_stored_for_another_paper_is_fitted(layout: Layout) -> None:
    pdf = printed([line(1, sticker=sticker(1, "58x40"))], layout, "40x30")

    assert stickers_in(pdf) == ["!wb1"]


# Text -----------------------------------------------------------------------------------------------------------------

HOSTILE = {
    "long words": "Ж" * 3000,
    "many words": "очень длинное название " * 300,
    "lines": "две\nстроки\r\nи\tтабуляция\u2028и\x0bещё",
    "right to left": "חולצה \u202eобратно\u202c قميص",
    "emoji": "👩‍👩‍👧 Футболка 🔥🇧🇾",
    "control": "a\x00b\x07c\x1b[31m\x7f\x9b",
    "syntax": r"(скобки\) <</JS>> endstream endobj %%EOF",
    "combined": "й" + "e\u0301" * 50 + "\u0300" * 200,
    "surrogates": "\ud83d половина",
    "spaces": " \u00a0\u200b\ufeff ",
    "digits": "9" * 6000,
    "other scripts": "中文 ไทย ꧁ ⁰¹²",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_stay_on_the_page_and_hide_nothing(layout: Layout, size: LabelSize, text: str) -> None:
    hostile = line(1, place=text, article=text, name=text, size=text, barcode=text, sticker_number=text[:60])
    head = replace(HEAD, supply_id=SupplyId(text), name=text, warehouse=text, count=2)
    pdf = supply_pdf(head, [hostile, line(2, place="я")], layout=layout, size=size, code=SUPPLY_PNG)

    assert sorted(stickers_in(pdf)) == ["!wb1", "!wb2"]
    assert "231602 9702" in text_of(pdf)
    assert not off_the_paper(pdf)


@given(text=st.text(max_size=60))
@settings(deadline=None, max_examples=60)
def test_any_text_can_be_printed(text: str) -> None:
    row = line(1, place=text, article=text, name=text, size=text, barcode=text, sticker_number=text, sticker=None)

    for layout in LAYOUTS:
        assert not off_the_paper(printed([row], layout, "40x30"))


def test_white_space_is_one_space_and_what_the_font_lacks_is_a_question_mark() -> None:
    text = text_of(printed([line(1, name="Две\n строки\u200b и\u0306 中 🔥")]))

    assert "Две строки й ? ?" in text


@pytest.mark.parametrize("layout", LAYOUTS)
def test_fonts_are_in_the_file_with_the_glyphs_it_needs(layout: Layout) -> None:
    reader = PdfReader(io.BytesIO(printed([line(1)], layout)))
    fonts = reader.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]

    assert len(fonts) == 2
    for font in (font.get_object()["/DescendantFonts"][0].get_object() for font in fonts):
        assert re.fullmatch(r"/[A-Z]{6}\+PTSans-Narrow-Web-(Regular|Bold)", font["/BaseFont"].replace("PT_", "PT"))
        file = font["/FontDescriptor"]["/FontFile2"].get_data()
        assert 5_000 < len(file) < 60_000  # of 400,000


# Bar codes ------------------------------------------------------------------------------------------------------------


def read(black: str) -> zxingcpp.Barcode | None:
    image = Image.new("L", ((len(black) + 2 * QUIET) * 3, 90), 255)
    for at, module in enumerate(black):
        if module == "1":
            image.paste(0, ((QUIET + at) * 3, 0, (QUIET + at + 1) * 3, 90))
    return zxingcpp.read_barcode(image)


@given(digits=st.text("0123456789", min_size=12, max_size=12))
@settings(deadline=None)
def test_a_number_with_its_check_digit_is_drawn_as_ean_13(digits: str) -> None:
    check = -sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(digits)) % 10
    code = read(modules(f"{digits}{check}"))

    assert code
    assert (code.format, code.text) == (zxingcpp.BarcodeFormat.EAN13, f"{digits}{check}")


@given(
    text=st.text([chr(code) for code in range(32, 127)], min_size=1, max_size=30) | st.from_regex(r"\A[0-9]{1,30}\Z")
)
@settings(deadline=None)
def test_any_other_printable_ascii_is_drawn_as_code_128(text: str) -> None:
    code = read(modules(text))

    assert code
    assert code.text == text


@pytest.mark.parametrize("barcode", ["", "штрихкод", "a\nb", "٠١٢٣"])
def test_what_no_bar_code_holds_is_not_drawn(barcode: str) -> None:
    assert not modules(barcode)
