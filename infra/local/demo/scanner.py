"""What a hand-held scanner reads on a printed PDF."""

import pypdfium2
import zxingcpp

_PIXELS_A_POINT = 3


def read(pdf: bytes) -> tuple[int, frozenset[str]]:
    """How many pages it has, and the texts of all codes on them."""
    document = pypdfium2.PdfDocument(pdf)
    found = (
        code.text for page in document for code in zxingcpp.read_barcodes(page.render(scale=_PIXELS_A_POINT).to_pil())
    )
    texts = frozenset(found)
    return len(document), texts
