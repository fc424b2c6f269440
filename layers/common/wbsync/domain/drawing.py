"""A PDF that is drawn: sheets with text, bars, lines, pictures, and other PDFs' pages as they are.

All measures are millimetres from a sheet's top left corner; sizes of type are points.
"""

import io
import re
import zlib
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib import resources
from string import ascii_uppercase
from typing import TYPE_CHECKING

from pypdf import PdfReader, PdfWriter, Transformation
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from wbsync.domain.fonts import Font
from wbsync.domain.labels import PAPERS, Paper, fit_pdf, sticker_pdf
from wbsync.domain.shop import LabelSize
from wbsync.errors import Rejected

if TYPE_CHECKING:
    from pypdf import PageObject

type Point = tuple[float, float]
"""From the left and from the top; or width and height."""

POINT = 25.4 / 72
A4 = Paper((210, 297), (0, 0))

_FONTS = "fontpkg_pt_sans_narrow"
_FACES = {"F": "PT_Sans-Narrow-Web-Regular.ttf", "B": "PT_Sans-Narrow-Web-Bold.ttf"}


class Face:
    """A font at work: what it measures and which of its characters were drawn."""

    def __init__(self, name: str, into: IndirectObject) -> None:
        self.name, self.into = name, into
        self.font = Font(resources.files(_FONTS).joinpath("files", _FACES[name]).read_bytes())
        self.drawn: dict[int, str] = {}

    def encoded(self, text: str) -> bytes:
        glyphs = [(self.font.glyph(char), char) for char in text]
        self.drawn.update(glyphs)
        return b"".join(glyph.to_bytes(2) for glyph, _ in glyphs)

    def width(self, text: str, size: float) -> float:
        return self.font.width(text) / 1000 * size * POINT

    def lines(self, words: Iterable[str], size: float, width: float) -> list[str]:
        """The words on as few lines as hold them. A "word" may hold spaces; one wider than a line is broken."""
        lines: list[str] = []
        for piece in (piece for word in words for piece in self._pieces(self.font.printable(word), size, width)):
            if lines and self.width(f"{lines[-1]} {piece}", size) <= width:
                lines[-1] += f" {piece}"
            else:
                lines.append(piece)
        return lines

    def cut(self, text: str, size: float, width: float, most: int = 1) -> list[str]:
        """The text on at most so many lines, an ellipsis for what is left out."""
        lines = self.lines(self.font.printable(text).split(), size, width)
        if len(lines) <= most:
            return lines
        last = lines[most - 1]
        while last and self.width(f"{last}…", size) > width:
            last = last[:-1]
        return [*lines[: most - 1], f"{last.rstrip()}…"]

    def _pieces(self, word: str, size: float, width: float) -> Iterable[str]:
        if " " in word and self.width(word, size) > width:
            for part in word.split():
                yield from self._pieces(part, size, width)
            return
        piece = ""
        for char in word:
            if piece and self.width(piece + char, size) > width:
                yield piece
                piece = ""
            piece += char
        if piece:
            yield piece


class Picture:
    """Something that can be put on a sheet: an image or another PDF's page, with its sides in its own unit."""

    def __init__(self, reference: IndirectObject, sides: tuple[float, float], unit: tuple[float, float]) -> None:
        self.reference, self.sides = reference, sides
        self._unit = unit

    def scaled(self, width: float, height: float) -> tuple[float, float]:
        """Factors that make it so wide and high."""
        return width / self._unit[0], height / self._unit[1]


class Sheet:
    def __init__(self, paper: Paper) -> None:
        self.width, self.height = paper.mm
        self.points = paper.points
        self.shown: dict[str, IndirectObject] = {}
        self._drawn: list[bytes] = []

    @property
    def operators(self) -> bytes:
        return b"\n".join(self._drawn)

    def text(self, face: Face, size: float, at: Point, text: str) -> None:
        """With its base line beginning at `at`. The text must be `printable`."""
        begins = b"%.3f %.3f" % (at[0] / POINT, self._up(at[1]))
        self._drawn.append(
            b"BT /%s %.2f Tf %s Td <%s> Tj ET" % (face.name.encode(), size, begins, face.encoded(text).hex().encode())
        )

    def bars(self, modules: str, at: Point, module: float, height: float) -> None:
        """A bar code's black; `module` is the width of one."""
        for bar in re.finditer("1+", modules):
            self._box((at[0] + bar.start() * module, at[1]), (len(bar[0]) * module, height))
        self._drawn.append(b"f")

    def line(self, begins: Point, ends: Point) -> None:
        both = (begins[0] / POINT, self._up(begins[1]), ends[0] / POINT, self._up(ends[1]))
        self._drawn.append(b"0.3 w %.3f %.3f m %.3f %.3f l S" % both)

    def frame(self, at: Point, sides: Point) -> None:
        self._drawn.append(b"0.3 w")
        self._box(at, sides)
        self._drawn.append(b"S")

    def picture(self, picture: Picture, at: Point, sides: Point) -> None:
        name = f"X{picture.reference.idnum}"
        self.shown[name] = picture.reference
        across, up = picture.scaled(sides[0] / POINT, sides[1] / POINT)
        placed = (across, up, at[0] / POINT, self._up(at[1] + sides[1]))
        self._drawn.append(b"q %.6f 0 0 %.6f %.4f %.4f cm /%s Do Q" % (*placed, name.encode()))

    def _box(self, at: Point, sides: Point) -> None:
        box = (at[0] / POINT, self._up(at[1] + sides[1]), sides[0] / POINT, sides[1] / POINT)
        self._drawn.append(b"%.3f %.3f %.3f %.3f re" % box)

    def _up(self, y: float) -> float:
        # From the paper's height in points, which is a hair less than its millimetres: what fills a sheet begins at 0.
        return (1 - y / self.height) * self.points[1]


class Book:
    """The file: its sheets in their order and what is drawn on several of them. Same bytes for same drawing."""

    def __init__(self, title: str) -> None:
        self._writer = PdfWriter()
        self._writer.pdf_header = "%PDF-1.6"  # which knows /PrintScaling
        self._writer.create_viewer_preferences()[NameObject("/PrintScaling")] = NameObject("/None")
        self.regular, self.bold = (Face(name, self._added(DictionaryObject())) for name in _FACES)
        self._writer.add_metadata({"/Title": self.regular.font.printable(title)})
        self._sheets: list[Sheet] = []

    def sheet(self, paper: Paper) -> Sheet:
        sheet = Sheet(paper)
        self._sheets.append(sheet)
        return sheet

    def page(self, pdf: bytes, size: LabelSize) -> Picture:
        """The one page of a label's PDF, fitted to the paper if it is of another size.

        Its images and operators go into the file as they are. Raises Rejected for what is no label.
        """
        try:
            return self._page(PdfReader(io.BytesIO(fit_pdf(pdf, size))).pages[0], PAPERS[size])
        except Rejected:
            raise
        except Exception as error:  # pypdf raises whatever a broken file leads it into
            raise Rejected("the label is not a sound PDF") from error

    def photo(self, file: bytes) -> Picture:
        """A JPEG or PNG as it is. Raises Rejected for anything else, and for one that is damaged."""
        return self._jpeg(file) if file.startswith(_JPEG) else self._png(file)

    def written(self) -> bytes:
        for sheet in self._sheets:
            page = self._writer.add_blank_page(*sheet.points)
            shown = {"Font": _dictionary({face.name: face.into for face in (self.regular, self.bold)})}
            page[NameObject("/Resources")] = _dictionary({**shown, "XObject": _dictionary(sheet.shown)})
            page[NameObject("/Contents")] = self._added(_packed(sheet.operators))
        for face in (self.regular, self.bold):
            self._embed(face)
        file = io.BytesIO()
        self._writer.write(file)
        return file.getvalue()

    def _added(self, thing: PdfObject) -> IndirectObject:
        return self._writer._add_object(thing)  # noqa: SLF001 pypdf has no public way to add an object

    # Pictures

    def _page(self, page: "PageObject", paper: Paper) -> Picture:
        contents, box, (width, height) = page.get_contents(), page.cropbox, paper.points
        if contents is None:
            raise Rejected("the label's page is empty")
        upright = (
            Transformation()
            .translate(-(box.left + box.right) / 2, -(box.bottom + box.top) / 2)
            .rotate(-page.rotation)
            .scale(page.user_unit)
            .translate(width / 2, height / 2)
        )
        form = _packed(contents.get_data())
        form.update(
            _dictionary(
                {
                    "Type": NameObject("/XObject"),
                    "Subtype": NameObject("/Form"),
                    "BBox": _numbers(map(float, box)),
                    "Matrix": _numbers(upright.ctm),
                    "Resources": page.get("/Resources", DictionaryObject()).get_object().clone(self._writer),
                }
            )
        )
        return Picture(self._added(form), paper.mm, (width, height))

    def _png(self, file: bytes) -> Picture:
        # The label's own way from PNG to page checks it and knows all colours; its image is what is wanted here.
        page = PdfReader(io.BytesIO(sticker_pdf(file, "58x40"))).pages[0]
        image = page["/Resources"]["/XObject"]["/Sticker"].clone(self._writer)  # type: ignore[index]  # as it made it
        return Picture(image.indirect_reference, (image["/Width"], image["/Height"]), (1, 1))

    def _jpeg(self, file: bytes) -> Picture:
        width, height, colors = _jpeg_header(file)
        image = StreamObject()
        image.set_data(file)
        image.update(
            _dictionary(
                {
                    "Type": NameObject("/XObject"),
                    "Subtype": NameObject("/Image"),
                    "Width": NumberObject(width),
                    "Height": NumberObject(height),
                    "BitsPerComponent": NumberObject(8),
                    "ColorSpace": NameObject(_JPEG_COLORS[colors]),
                    "Filter": NameObject("/DCTDecode"),
                }
            )
        )
        return Picture(self._added(image), (width, height), (1, 1))

    # Type (ISO 32000, 9.7: composite fonts)

    def _embed(self, face: Face) -> None:
        font, glyphs = face.font, sorted(face.drawn)
        ttf = font.subset(glyphs)
        digest = int.from_bytes(sha256(ttf).digest()[:6])
        tag = "".join(ascii_uppercase[digest // 26**place % 26] for place in range(6))
        name = NameObject(f"/{tag}+{_FACES[face.name].removesuffix('.ttf').replace('_', '')}")
        described = {
            "Type": NameObject("/FontDescriptor"),
            "FontName": name,
            "Flags": NumberObject(4),  # glyphs by number, not by a Latin encoding
            "FontBBox": _numbers(font.box),
            "ItalicAngle": NumberObject(0),
            "Ascent": FloatObject(font.ascent),
            "Descent": FloatObject(font.descent),
            "CapHeight": FloatObject(font.ascent),
            "StemV": NumberObject(80),
            "FontFile2": self._added(_packed(ttf, Length1=NumberObject(len(ttf)))),
        }
        descendant = {
            "Type": NameObject("/Font"),
            "Subtype": NameObject("/CIDFontType2"),
            "BaseFont": name,
            "CIDSystemInfo": _dictionary(
                {
                    "Registry": TextStringObject("Adobe"),
                    "Ordering": TextStringObject("Identity"),
                    "Supplement": NumberObject(0),
                }
            ),
            "FontDescriptor": self._added(_dictionary(described)),
            "CIDToGIDMap": NameObject("/Identity"),
            "W": ArrayObject([part for glyph in glyphs for part in _advance(font, glyph)]),
        }
        composite: dict[str, PdfObject] = {
            "Type": NameObject("/Font"),
            "Subtype": NameObject("/Type0"),
            "BaseFont": name,
            "Encoding": NameObject("/Identity-H"),
            "DescendantFonts": ArrayObject([self._added(_dictionary(descendant))]),
            "ToUnicode": self._added(_packed(_to_unicode(face.drawn))),
        }
        holder = face.into.get_object()
        assert isinstance(holder, DictionaryObject)
        holder.update(_dictionary(composite))


def _dictionary(entries: Mapping[str, PdfObject]) -> DictionaryObject:
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in entries.items()})


def _numbers(numbers: Iterable[float]) -> ArrayObject:
    return ArrayObject(FloatObject(round(number, 4)) for number in numbers)


def _advance(font: Font, glyph: int) -> tuple[PdfObject, PdfObject]:
    return NumberObject(glyph), _numbers([font.advance(glyph)])


def _packed(data: bytes, **entries: PdfObject) -> StreamObject:
    stream = StreamObject()
    stream.set_data(zlib.compress(data))
    stream.update(_dictionary({"Filter": NameObject("/FlateDecode"), **entries}))
    return stream


_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
%s
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""
_MOST_IN_BLOCK = 100


def _to_unicode(drawn: Mapping[int, str]) -> bytes:
    """So that text can be searched and copied."""
    rows = [b"<%04X> <%04X>" % (glyph, ord(char)) for glyph, char in sorted(drawn.items())]
    blocks = (rows[at : at + _MOST_IN_BLOCK] for at in range(0, len(rows), _MOST_IN_BLOCK))
    return _TO_UNICODE % b"\n".join(
        b"%d beginbfchar\n%s\nendbfchar" % (len(block), b"\n".join(block)) for block in blocks
    )


# JPEG (ITU-T T.81) ----------------------------------------------------------------------------------------------------

_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
_JPEG_COLORS = {1: "/DeviceGray", 3: "/DeviceRGB"}
_FRAMES, _SCAN = {0xC0, 0xC1, 0xC2}, 0xDA  # the frames that PDF's DCTDecode takes
_MOST_PIXELS = 50_000_000


def _jpeg_header(file: bytes) -> tuple[int, int, int]:
    """Width, height and number of colours. Raises Rejected unless PDF viewers can show it."""
    at, frame = 2, b""
    while at + 4 <= len(file) and file[at] == 0xFF:  # noqa: PLR2004 begins every marker
        kind, end = file[at + 1], at + 2 + int.from_bytes(file[at + 2 : at + 4])
        if kind in _FRAMES:
            frame = file[at + 4 : end]
        if kind == _SCAN:
            return _checked(frame, ended=file.find(_JPEG_END, end) > 0)
        at = end
    raise Rejected("the photo is not a sound JPEG")


def _checked(frame: bytes, *, ended: bool) -> tuple[int, int, int]:
    height, width, colors = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5]), int.from_bytes(frame[5:6])
    if not ended or frame[:1] != b"\x08" or colors not in _JPEG_COLORS or not 0 < width * height <= _MOST_PIXELS:
        raise Rejected("the photo is a JPEG that is damaged or has colours for print only")
    return width, height, colors
