"""`wbsync print --supply ID`: what people print of a supply, made now."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.account import Secret, Stack, deployed
from infra.cli.installation import Installation
from infra.cli.options import StageOption
from wbsync.domain.ids import OrderId, SupplyId
from wbsync.domain.label_links import is_supply_id, label_keys, signed_supply_path
from wbsync.domain.shop import Shop
from wbsync.errors import Rejected
from wbsync.stores import parameters
from wbsync.stores.labels import LabelsStore
from wbsync.stores.links import LinksStore
from wbsync.stores.orders import OrdersStore
from wbsync.stores.supplies import SuppliesStore
from wbsync.telemetry import utcnow

if TYPE_CHECKING:
    from wbsync.flows.print_supplies import Printed, PrintSupplies


class Paper(StrEnum):
    """The label printer's roll, or sheets."""

    THERMAL = "thermal"
    A4 = "a4"


_NAMED = 20
"""Orders that a line lists."""


def print_supply(
    stage: StageOption,
    supply: Annotated[str, typer.Option(metavar="ID", help="As WB calls it: WB-GI-…; also one of WB's cabinet.")],
    *,
    paper: Annotated[Paper, typer.Option(help="The label printer's roll, or sheets of A4.")] = Paper.THERMAL,
    out: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write it there; <ID>-<paper>.pdf when left out.")
    ] = None,
) -> None:
    """The pick list, all stickers and the supply's QR code as one PDF: into a file, into S3, and as a link."""
    if not is_supply_id(supply):
        raise Rejected(f"{supply} is no supply of WB: they are called WB-GI-…")
    supply_id, stack, file = SupplyId(supply), deployed(stage), out or Path(f"{supply}-{paper}.pdf")
    shop = parameters.shop(stage.parameter("config"))
    with Installation(stage) as installation:
        printed = _flow(installation, stack, shop).print_supply(supply_id, [paper.value])
        file.write_bytes(printed.files[paper.value])
        link = _link(installation, stack, shop, supply_id)
    for line in _told(printed):
        typer.echo(line)
    typer.echo(f"written to {file}")
    typer.echo(link if paper is Paper.THERMAL else f"{link}&paper={paper}")


def _flow(installation: Installation, stack: Stack, shop: Shop) -> "PrintSupplies":
    from wbsync.flows.print_supplies import PrintSupplies  # noqa: PLC0415 pypdf takes 0.3 s, which other commands spare

    return PrintSupplies(
        wb=installation.wb,
        bitrix=installation.bitrix,
        shop=shop,
        orders=OrdersStore(stack.output("OrdersTable")),
        supplies=SuppliesStore(stack.output("SuppliesTable")),
        links=LinksStore(stack.output("LinksTable")),
        labels=LabelsStore(stack.output("LabelsBucket")),
        now=utcnow,
    )


def _link(installation: Installation, stack: Stack, shop: Shop, supply_id: SupplyId) -> str:
    key = label_keys(installation.secret(Secret.LABEL_KEY))[0]
    expires = utcnow() + timedelta(days=shop.labels.link_days)
    return stack.output("OpenLabelUrl").rstrip("/") + signed_supply_path(supply_id, key=key, expires=expires)


def _told(printed: "Printed") -> Iterator[str]:
    yield f"{printed.orders} order(s), {printed.orders - len(printed.missing)} sticker(s)"
    if printed.missing:
        yield f"{len(printed.missing)} without a sticker: {_listed(printed.missing)}"
    if printed.unknown:
        yield f"of these {len(printed.unknown)} unknown to wbsync: {_listed(printed.unknown)}"
    if printed.cancelled:
        yield f"{len(printed.cancelled)} cancelled and left out: {_listed(printed.cancelled)}"
    if not printed.has_code:
        yield "no QR code of the supply: WB has one when the supply is handed over"
    if printed.shop_failed:
        yield f"no places and photos: {printed.shop_failed}"


def _listed(order_ids: Sequence[OrderId]) -> str:
    more = len(order_ids) - _NAMED
    return ", ".join(map(str, order_ids[:_NAMED])) + (f" and {more} more" if more > 0 else "")
