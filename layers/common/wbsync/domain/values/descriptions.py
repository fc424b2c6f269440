"""Texts for people, without the markup that shops keep them in."""

import re
from html.parser import HTMLParser

_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "table"})
_CELLS = frozenset({"td", "th"})
_SILENT = frozenset({"script", "style", "head", "noscript"})

_DECIMAL_SAFE = r"(?<!\d),|,(?!\d)"
_BULLET = re.compile(r"^(?:[\s.—–•]+|-(?!\d))+")  # the minus of a number stays


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 its signature
        self._silent += tag in _SILENT
        if tag in _BREAKS:
            self.pieces.append("\n")
        if tag == "li":
            self.pieces.append("— ")
        if tag in _CELLS:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _BREAKS and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(re.sub(r"\s+", " ", data))


def plain_text(html: str) -> str:
    """The words of a text that may be HTML: entities resolved, lists and paragraphs as lines, scripts left out."""
    if "<" not in html and "&" not in html:
        return "\n".join(" ".join(line.split()) for line in html.strip().splitlines())
    parser = _Text()
    parser.feed(html)
    parser.close()
    lines = [" ".join(line.split()) for line in "".join(parser.pieces).splitlines()]
    return "\n".join(line for line in lines if line.strip("— "))


def split_values(text: str, separators: str = ",;\n") -> tuple[str, ...]:
    """Several values of one text, without empty and repeated ones; a decimal comma separates nothing."""
    between = "|".join(_DECIMAL_SAFE if sign == "," else re.escape(sign) for sign in separators)
    parts = (_BULLET.sub("", part).rstrip(" .—-•") for part in re.split(between, plain_text(text)))
    return tuple(dict.fromkeys(part for part in parts if part))
