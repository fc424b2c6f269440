"""What people print for a supply: one PDF with the pick list, all stickers in its order, and the supply's QR code.

Imports pypdf, which takes 0.3 s: only the function that prints imports this.
docs/decisions/0005 tells how it looks and what it costs.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched, groupby
from typing import Literal

from wbsync import texts
from wbsync.domain.barcodes import QUIET, modules
from wbsync.domain.drawing import A4, POINT, Book, Face, Picture, Point, Sheet
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.labels import PAPERS, Paper, sticker_pdf
from wbsync.domain.shop import LabelSize
from wbsync.errors import Rejected

Layout = Literal["thermal", "a4"]
"""On the label printer's roll, or on sheets of A4."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyHead:
    supply_id: SupplyId
    name: str
    warehouse: str
    printed_at: datetime  # aware, in the zone in which it is to be read
    count: int  # of orders, as WB counts them


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintLine:
    """One assembly order of the supply."""

    order_id: OrderId
    article: str
    name: str
    size: str
    barcode: str
    place: str = ""
    photo: bytes | None = None  # JPEG or PNG; another or a damaged one is left out
    sticker: bytes | None  # the label's PDF as domain.labels makes it; None: not there yet
    sticker_number: str = ""  # what people read on it, "231648 9753"

    @property
    def goods(self) -> tuple[str, ...]:
        """Orders with the same of these are picked together."""
        return self.place, self.article, self.size, self.name, self.barcode


@dataclass(frozen=True, slots=True)
class _Order:
    note: str  # its sticker's number, or why there is none
    label: Picture | None


@dataclass(frozen=True, slots=True)
class _Row:
    """Equal goods of several orders."""

    goods: PrintLine
    photo: Picture | None
    orders: Sequence[_Order]


def supply_pdf(
    supply: SupplyHead, lines: Sequence[PrintLine], *, layout: Layout, size: LabelSize, code: bytes | None
) -> bytes:
    """The pick list, the stickers in its order, and the supply's QR; same bytes for same input.

    `size` is the stickers' paper, and every page's of "thermal". `code` is WB's PNG of the supply, 58x40 mm; None
    before the supply is delivered. An order whose sticker is missing or damaged stands in the pick list with these
    words.
    """
    book = Book(f"{texts.PICK_LIST} {supply.supply_id}")
    rows = [_row(book, lines_of_goods, size) for lines_of_goods in _picked(lines)]
    printed = _LAYOUTS[layout](book, supply.supply_id, size)
    printed.pick_list(_facts(supply, [order for row in rows for order in row.orders]), rows)
    printed.stickers([order.label for row in rows for order in row.orders if order.label])
    if code is not None:
        printed.code(_code(book, code, printed.code_size))
    return book.written()


def _picked(lines: Sequence[PrintLine]) -> list[list[PrintLine]]:
    """Equal goods together, as people walk along the shelves: place 2 before place 10."""

    def walk(line: PrintLine) -> tuple[object, ...]:
        return *(_natural(part) for part in line.goods[:3]), line.goods, line.order_id

    return [list(same) for _, same in groupby(sorted(lines, key=walk), key=lambda line: line.goods)]


def _natural(text: str) -> tuple[int | str, ...]:
    parts = re.split("([0-9]{1,18})", text.casefold())
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts))


def _row(book: Book, lines: Sequence[PrintLine], size: LabelSize) -> _Row:
    photos = (_photo(book, line.photo) for line in lines if line.photo)
    return _Row(lines[0], next(filter(None, photos), None), [_order(book, line, size) for line in lines])


def _photo(book: Book, file: bytes) -> Picture | None:
    try:
        return book.photo(file)
    except Rejected:
        return None  # it only helps to find the goods


def _order(book: Book, line: PrintLine, size: LabelSize) -> _Order:
    if line.sticker is None:
        return _Order(texts.sticker_missing(line.order_id), None)
    try:
        label = book.page(line.sticker, size)
    except Rejected:
        return _Order(texts.sticker_damaged(line.order_id), None)
    return _Order(line.sticker_number or texts.sticker_unnumbered(line.order_id), label)


def _code(book: Book, png: bytes, size: LabelSize) -> Picture | None:
    try:
        return book.page(sticker_pdf(png, size), size)
    except Rejected:
        return None


def _facts(supply: SupplyHead, orders: Sequence[_Order]) -> list[str]:
    printed_at = f"{supply.printed_at:%d.%m.%Y %H:%M %Z}"
    facts = [
        *texts.pick_list_facts(
            supply.supply_id, supply.name, supply.warehouse, printed_at=printed_at, orders=len(orders)
        )
    ]
    if len(orders) != supply.count:
        facts.append(texts.differing_count(len(orders), supply.count))
    if missing := sum(order.label is None for order in orders):
        facts.append(texts.without_sticker(missing))
    return facts


# Bar codes ------------------------------------------------------------------------------------------------------------

_MODULES = (0.25, 0.19)
"""Widths of a module in mm, the best first: two dots of a label printer; what laser printers and scanners still do."""
_SMALLEST = 6.0  # size of type in points


@dataclass(frozen=True, slots=True)
class _Bars:
    """A bar code with its white on both sides and its text below, in mm."""

    text: str
    modules: str = ""
    module: float = 0.0

    @property
    def width(self) -> float:
        return (len(self.modules) + 2 * QUIET) * self.module

    def draw(self, sheet: Sheet, face: Face, at: Point, *, width: float, height: float) -> None:
        """In the middle of `width`; the text in the last 2.4 mm of `height`, or all of it when there are no bars."""
        left = at[0] + (width - self.width) / 2 + QUIET * self.module
        if self.modules:
            sheet.bars(self.modules, (left, at[1] + 0.4), self.module, height - 3.0)
        for line in face.cut(self.text, _SMALLEST, width):
            middle = at[0] + (width - face.width(line, _SMALLEST)) / 2
            sheet.text(face, _SMALLEST, (middle, at[1] + height - 0.5), line)


def _bars(barcode: str, width: float) -> _Bars:
    """The bar code as wide as it scans best in `width`; its text alone where it does not fit or cannot be drawn."""
    black = modules(barcode)
    fitting = (module for module in _MODULES if black and (len(black) + 2 * QUIET) * module <= width)
    module = next(fitting, 0.0)
    return _Bars(barcode, black, module) if module else _Bars(barcode)


def _pitch(size: float) -> float:
    """From line to line, in mm."""
    return size * 1.2 * POINT


# On the roll ----------------------------------------------------------------------------------------------------------

_EDGE = 2.0
_ROLL_PHOTO = 9.0
_ROLL_ROOM: Mapping[LabelSize, tuple[float, int]] = {"58x40": (8.6, 2), "40x30": (6.6, 1)}
"""How high a bar code is, and a name's lines, so that any goods fit on one label with one sticker's number."""
_BESIDE = 24.0  # what text and photo want to the left of the bars


class _Roll:
    """Label after label; on the pick list's, from the top down, what still fits."""

    def __init__(self, book: Book, supply_id: str, size: LabelSize) -> None:
        self.code_size: LabelSize = size
        self._book, self._supply_id, self._paper = book, supply_id, PAPERS[size]
        self._bars_height, self._name_lines = _ROLL_ROOM[size]
        self._width = self._paper.mm[0] - 2 * _EDGE
        self._bottom = self._paper.mm[1] - _EDGE - _pitch(_SMALLEST)
        self._numbered = 0
        self._y = self._bottom
        self._sheet: Sheet

    def pick_list(self, facts: Sequence[str], rows: Sequence[_Row]) -> None:
        self._say(self._book.bold, 11, texts.PICK_LIST)
        for fact in filter(None, facts):
            self._say(self._book.regular, 7, fact)
        for row in rows:
            self._pick(row)

    def stickers(self, labels: Sequence[Picture]) -> None:
        for label in labels:
            self._book.sheet(self._paper).picture(label, (0, 0), self._paper.mm)

    def code(self, code: Picture | None) -> None:
        if code:
            self.stickers([code])
            return
        self._y = self._bottom
        self._say(self._book.bold, 8, texts.SUPPLY_CODE_DAMAGED, most=6)

    def _say(self, face: Face, size: float, text: str, *, most: int = 2) -> None:
        for line in face.cut(text, size, self._width, most):
            self._room(_pitch(size))
            self._write(face, size, line)

    def _room(self, height: float) -> None:
        """A new label unless so much is left of this one."""
        if self._y + height <= self._bottom:
            return
        self._sheet, self._y = self._book.sheet(self._paper), _EDGE
        self._numbered += 1
        foot = self._book.regular.cut(f"{self._supply_id} · {self._numbered}", _SMALLEST, self._width)
        self._sheet.text(self._book.regular, _SMALLEST, (_EDGE, self._paper.mm[1] - _EDGE), foot[0])

    def _write(self, face: Face, size: float, line: str) -> None:
        self._y += _pitch(size)
        self._sheet.text(face, size, (_EDGE, self._y - 0.25 * _pitch(size)), line)

    def _pick(self, row: _Row) -> None:
        bold, regular, goods = self._book.bold, self._book.regular, row.goods
        bars = _bars(goods.barcode, self._paper.mm[0])  # its white may lie on the edges
        tall = self._bars_height if bars.modules else _pitch(_SMALLEST)
        beside = 0 < bars.width <= self._width - _BESIDE
        left = self._width - bars.width if beside else self._width
        photo = _ROLL_PHOTO if row.photo else 0.0
        said = [
            *((bold, 8, line) for line in bold.cut(goods.article, 8, left - photo)),
            *((regular, 7, line) for line in regular.cut(texts.sized(goods.size), 7, left - photo) if goods.size),
            *((regular, 7, line) for line in regular.cut(goods.name, 7, left - photo, self._name_lines)),
        ]
        text_height = max(photo, sum(_pitch(size) for _, size, _ in said))
        height = max(text_height, tall) if beside else text_height + tall
        self._room(_pitch(10) + height + _pitch(7))
        self._place(row)
        top = self._y
        if row.photo:
            _show(self._sheet, row.photo, (_EDGE, top + 0.3), photo - 0.6)
        for face, size, line in said:
            top += _pitch(size)
            self._sheet.text(face, size, (_EDGE + photo, top - 0.25 * _pitch(size)), line)
        at = (_EDGE + left, self._y) if beside else (_EDGE, self._y + text_height)
        bars.draw(self._sheet, regular, at, width=bars.width if beside else self._width, height=tall)
        self._y += height
        self._notes(row)

    def _place(self, row: _Row) -> None:
        """The first line: where and how many."""
        if self._y > _EDGE:
            self._sheet.line((_EDGE, self._y), (_EDGE + self._width, self._y))
        quantity = texts.pieces(len(row.orders))
        taken = self._book.bold.width(quantity, 10)
        at = (_EDGE + self._width - taken, self._y + 0.75 * _pitch(10))
        self._sheet.text(self._book.bold, 10, at, quantity)
        place = self._book.bold.cut(row.goods.place, 10, self._width - taken - 2)
        self._write(self._book.bold, 10, "".join(place))

    def _notes(self, row: _Row) -> None:
        for line in self._book.regular.lines(_listed(row.orders), 7, self._width):
            before = self._numbered
            self._room(_pitch(7))
            if self._numbered > before:
                again = f"{row.goods.article} {texts.PICK_LIST_CONTINUED}"
                self._write(self._book.bold, 8, *self._book.bold.cut(again, 8, self._width))
            self._write(self._book.regular, 7, line)


def _listed(orders: Sequence[_Order]) -> list[str]:
    """What the orders' stickers are called, each one unbroken."""
    return [*(f"{order.note}," for order in orders[:-1]), orders[-1].note]


def _show(sheet: Sheet, photo: Picture, at: Point, side: float) -> None:
    """The photo as large as fits in a square."""
    width, height = photo.sides
    scale = side / max(width, height)
    sheet.picture(photo, at, (width * scale, height * scale))


# On A4 ----------------------------------------------------------------------------------------------------------------

_MARGIN, _FOOT = 10.0, 288.0
_COLUMNS = (18.0, 14.0, 28.0, 36.0, 14.0, 11.0, 42.0, 27.0)
_PLACE, _PHOTO, _ARTICLE, _NAME, _SIZE, _QUANTITY, _BARCODE, _NOTES = range(len(_COLUMNS))
_PAD = 1.0
_LEAST_ROW = 14.0
_NOTE_SIZE = 8.0
_GAP, _NEAREST, _MARK = 4.0, 8.0, 1.5  # between labels, to the sheet's edge, and how long a cut mark is


class _Sheets:
    """A table, then as many labels to a sheet as fit at their true size, with marks where to cut."""

    code_size: LabelSize = "58x40"

    def __init__(self, book: Book, supply_id: str, size: LabelSize) -> None:
        self._book, self._supply_id, self._label = book, supply_id, PAPERS[size]
        self._numbered = 0
        self._sheet: Sheet
        self._y = 0.0

    def pick_list(self, facts: Sequence[str], rows: Sequence[_Row]) -> None:
        self._begin()
        self._above(texts.PICK_LIST, facts)
        self._heads()
        for row in rows:
            self._pick(row)

    def stickers(self, labels: Sequence[Picture]) -> None:
        width, height = self._label.mm
        columns = int((A4.mm[0] - 2 * _NEAREST + _GAP) // (width + _GAP))
        rows = int((A4.mm[1] - 2 * _NEAREST + _GAP) // (height + _GAP))
        left = (A4.mm[0] - columns * (width + _GAP) + _GAP) / 2
        top = (A4.mm[1] - rows * (height + _GAP) + _GAP) / 2
        for some in batched(labels, columns * rows, strict=False):
            sheet = self._book.sheet(A4)
            for place, label in enumerate(some):
                down, across = divmod(place, columns)
                at = (left + across * (width + _GAP), top + down * (height + _GAP))
                self._cut_out(sheet, label, self._label, at)

    def code(self, code: Picture | None) -> None:
        self._begin()
        self._above(texts.SUPPLY_CODE, [self._supply_id] if code else [self._supply_id, texts.SUPPLY_CODE_DAMAGED])
        if code:
            self._cut_out(self._sheet, code, PAPERS[self.code_size], (_MARGIN + _MARK, self._y + _MARK))

    @staticmethod
    def _cut_out(sheet: Sheet, label: Picture, paper: Paper, at: Point) -> None:
        sheet.picture(label, at, paper.mm)
        (left, top), (right, bottom) = at, (at[0] + paper.mm[0], at[1] + paper.mm[1])
        for x, out in ((left, -_MARK), (right, _MARK)):
            for y, up in ((top, -_MARK), (bottom, _MARK)):
                sheet.line((x, y), (x + out, y))
                sheet.line((x, y), (x, y + up))

    def _begin(self) -> None:
        self._sheet, self._y = self._book.sheet(A4), _MARGIN
        self._numbered += 1
        foot = self._book.regular.cut(f"{self._supply_id} · {self._numbered}", 8, sum(_COLUMNS))
        self._sheet.text(self._book.regular, 8, (_MARGIN, _FOOT + 4), foot[0])

    def _above(self, title: str, facts: Sequence[str]) -> None:
        said = [(self._book.bold, 16.0, title), *((self._book.regular, 10.0, fact) for fact in facts)]
        for face, size, text in said:
            for line in face.cut(text, size, sum(_COLUMNS), most=2):
                self._y += _pitch(size)
                self._sheet.text(face, size, (_MARGIN, self._y - 0.25 * _pitch(size)), line)
        self._y += 2 * _PAD

    def _heads(self) -> None:
        heads = {column: (self._book.bold, 8.0, [head]) for column, head in enumerate(texts.PICK_LIST_HEADS)}
        self._cells(heads, height=_pitch(8) + 2 * _PAD)

    def _pick(self, row: _Row) -> None:
        bold, regular, goods = self._book.bold, self._book.regular, row.goods
        said = {
            _PLACE: self._said(_PLACE, bold, 10, goods.place, most=3),
            _ARTICLE: self._said(_ARTICLE, bold, 9, goods.article, most=4),
            _NAME: self._said(_NAME, regular, 8, goods.name, most=5),
            _SIZE: self._said(_SIZE, regular, 9, goods.size, most=3),
            _QUANTITY: (bold, 12.0, [str(len(row.orders))]),
        }
        notes = regular.lines(_listed(row.orders), _NOTE_SIZE, _COLUMNS[_NOTES] - 2 * _PAD)
        needed = max(_LEAST_ROW, *(len(lines) * _pitch(size) + 2 * _PAD for _, size, lines in said.values()))
        if self._y + needed > _FOOT:
            self._turn()
        notes = self._piece(said, notes, needed, row)
        while notes:
            self._turn()
            again = said | {_NAME: (regular, 8.0, [texts.PICK_LIST_CONTINUED])}
            notes = self._piece(again, notes, needed)

    def _turn(self) -> None:
        self._begin()
        self._heads()

    def _piece(self, said: "_Said", notes: list[str], needed: float, row: _Row | None = None) -> list[str]:
        """As many notes as the sheet has room for; the rest is returned. Photo and bars only with `row`."""
        fitting = int((_FOOT - self._y - 2 * _PAD) // _pitch(_NOTE_SIZE))
        now = notes[:fitting]
        height = max(needed, len(now) * _pitch(_NOTE_SIZE) + 2 * _PAD)
        if row:
            if row.photo:
                _show(self._sheet, row.photo, (_left(_PHOTO) + _PAD, self._y + _PAD), _COLUMNS[_PHOTO] - 2 * _PAD)
            bars = _bars(row.goods.barcode, _COLUMNS[_BARCODE])
            bars.draw(
                self._sheet,
                self._book.regular,
                (_left(_BARCODE), self._y + _PAD),
                width=_COLUMNS[_BARCODE],
                height=_LEAST_ROW - 2 * _PAD,
            )
        self._cells({**said, _NOTES: (self._book.regular, _NOTE_SIZE, now)}, height=height)
        return notes[fitting:]

    @staticmethod
    def _said(column: int, face: Face, size: float, text: str, *, most: int) -> "tuple[Face, float, list[str]]":
        return face, size, face.cut(text, size, _COLUMNS[column] - 2 * _PAD, most)

    def _cells(self, said: "_Said", *, height: float) -> None:
        """A row of the table: its frames and the lines of its cells."""
        for column, width in enumerate(_COLUMNS):
            self._sheet.frame((_left(column), self._y), (width, height))
        for column, (face, size, lines) in said.items():
            for number, line in enumerate(lines):
                base = self._y + _PAD + (number + 0.75) * _pitch(size)
                self._sheet.text(face, size, (_left(column) + _PAD, base), line)
        self._y += height


type _Said = Mapping[int, tuple[Face, float, list[str]]]
"""Lines by column."""


def _left(column: int) -> float:
    return _MARGIN + sum(_COLUMNS[:column])


_LAYOUTS: Mapping[Layout, Callable[[Book, str, LabelSize], _Roll | _Sheets]] = {"thermal": _Roll, "a4": _Sheets}
