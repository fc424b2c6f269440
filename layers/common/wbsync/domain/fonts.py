"""TrueType fonts for PDF: what a text measures, and the font without the glyphs that nothing uses.

Only what a font of one script and no shaping needs: a cmap of format 4, advance widths, outlines. Tables as in
https://learn.microsoft.com/typography/opentype/spec/.
"""

import struct
import unicodedata
from collections.abc import Collection, Iterator, Mapping

_IN_PDF = (b"cvt ", b"fpgm", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"prep")
_ARGS_ARE_WORDS, _SCALE, _MORE, _SCALES_XY, _MATRIX = 0x1, 0x8, 0x20, 0x40, 0x80
_UNKNOWN = "?"


class Font:
    """One TrueType file. Sizes in thousandths of its em, as PDF counts."""

    def __init__(self, ttf: bytes) -> None:
        self._tables = _tables(ttf)
        head, metrics = self._tables[b"head"], self._tables[b"hhea"]
        self._units = _short(head, 18)
        self._long_offsets = _short(head, 50) == 1
        self._glyphs = _short(self._tables[b"maxp"], 4)
        self._measured = _short(metrics, 34)
        self._chars = _format_4(self._tables[b"cmap"])
        self.box = tuple(map(self._scaled, struct.unpack_from(">4h", head, 36)))
        self.ascent, self.descent = map(self._scaled, struct.unpack_from(">2h", metrics, 4))

    def printable(self, text: str) -> str:
        """The text in one line of characters that the font has: white space as single spaces, control and formatting
        characters left out, `?` for what it cannot draw (emoji, scripts written from right to left).
        """
        drawn = "".join(map(self._drawable, unicodedata.normalize("NFC", text)))
        return " ".join(drawn.split())

    def _drawable(self, char: str) -> str:
        if char.isspace():
            return " "
        if unicodedata.category(char)[0] in "CM":
            return ""
        return char if ord(char) in self._chars else _UNKNOWN

    def glyph(self, char: str) -> int:
        """Number of the character's glyph; 0, the empty box, for one that the font has not."""
        return self._chars.get(ord(char), 0)

    def width(self, text: str) -> float:
        return sum(self.advance(self.glyph(char)) for char in text)

    def advance(self, glyph: int) -> float:
        return self._scaled(_short(self._tables[b"hmtx"], 4 * min(glyph, self._measured - 1)))

    def subset(self, glyphs: Collection[int]) -> bytes:
        """The font with these glyphs alone; they keep their numbers."""
        kept = self._with_parts({0, *glyphs})
        outlines, offsets = bytearray(), [0]
        for glyph in range(self._glyphs):
            if glyph in kept:
                outlines += self._outline(glyph)
                outlines += bytes(-len(outlines) % 4)
            offsets.append(len(outlines))
        tables = {tag: self._tables[tag] for tag in _IN_PDF if tag in self._tables}
        tables[b"glyf"] = bytes(outlines)
        tables[b"loca"] = struct.pack(f">{len(offsets)}L", *offsets)
        tables[b"head"] = tables[b"head"][:50] + b"\0\1" + tables[b"head"][52:]
        return _file(tables)

    def _scaled(self, units: int) -> float:
        return units * 1000 / self._units

    def _outline(self, glyph: int) -> bytes:
        begins, ends = self._offset(glyph), self._offset(glyph + 1)
        return self._tables[b"glyf"][begins:ends]

    def _offset(self, glyph: int) -> int:
        loca = self._tables[b"loca"]
        return int.from_bytes(loca[4 * glyph : 4 * glyph + 4]) if self._long_offsets else 2 * _short(loca, 2 * glyph)

    def _with_parts(self, glyphs: Collection[int]) -> set[int]:
        """With the glyphs of which they are composed: й of и and the breve."""
        found, todo = set(glyphs), list(glyphs)
        while todo:
            new = {part for part in _parts(self._outline(todo.pop())) if part not in found}
            found |= new
            todo += new
        return found


def _short(table: bytes, at: int) -> int:
    return int.from_bytes(table[at : at + 2])


def _tables(ttf: bytes) -> Mapping[bytes, bytes]:
    entries = (struct.unpack_from(">4s3L", ttf, 12 + 16 * n) for n in range(_short(ttf, 4)))
    return {tag: ttf[offset : offset + length] for tag, _, offset, length in entries}


def _format_4(cmap: bytes) -> Mapping[int, int]:
    """Unicode's basic plane → glyph, from the subtable of Windows."""
    subtables = {
        (platform, encoding): cmap[offset:]
        for platform, encoding, offset in (struct.unpack_from(">2HL", cmap, 4 + 8 * n) for n in range(_short(cmap, 2)))
    }
    table = subtables[3, 1]
    doubled = _short(table, 6)
    ends, starts, deltas, ranges = (14, 16 + doubled, 16 + 2 * doubled, 16 + 3 * doubled)
    chars: dict[int, int] = {}
    for at in range(0, doubled, 2):
        start, delta, offset = _short(table, starts + at), _short(table, deltas + at), _short(table, ranges + at)
        for char in range(start, _short(table, ends + at) + 1):
            glyph = _short(table, ranges + at + offset + 2 * (char - start)) if offset else char
            if glyph and char != 0xFFFF:  # noqa: PLR2004 where the table ends
                chars[char] = (glyph + delta) % 0x10000
    return chars


def _parts(outline: bytes) -> Iterator[int]:
    """Of which glyphs a composed glyph is made; none for a plain one."""
    if not outline or struct.unpack_from(">h", outline)[0] >= 0:
        return
    at, more = 10, True
    while more:
        flags, glyph = struct.unpack_from(">2H", outline, at)
        yield glyph
        at += 8 if flags & _ARGS_ARE_WORDS else 6
        at += 2 * bool(flags & _SCALE) + 4 * bool(flags & _SCALES_XY) + 8 * bool(flags & _MATRIX)
        more = bool(flags & _MORE)


def _file(tables: Mapping[bytes, bytes]) -> bytes:
    directory, bodies = bytearray(), bytearray()
    begins = 12 + 16 * len(tables)
    for tag, table in tables.items():
        padded = table + bytes(-len(table) % 4)
        directory += struct.pack(">4s3L", tag, _checksum(padded), begins + len(bodies), len(table))
        bodies += padded
    power = len(tables).bit_length() - 1
    search = 16 << power
    return struct.pack(">L4H", 0x10000, len(tables), search, power, 16 * len(tables) - search) + directory + bodies


def _checksum(padded: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(words) % 2**32
