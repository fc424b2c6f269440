"""`wbsync doctor`: is everything there that the functions need? Each check is a row of CHECKS."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from infra.cli import order_properties, secret_rules, shop_facts
from infra.cli.account import Secret
from infra.cli.console import print_json, print_table
from infra.cli.installation import Installation
from infra.cli.options import JsonOption, StageOption, WbHostsOption
from wbsync.bitrix.client import Command
from wbsync.bitrix.methods import METHODS
from wbsync.bitrix.wire import Param, listed
from wbsync.domain.links import link_problems, stock_links
from wbsync.errors import NotAuthorised, Rejected, SyncError, TryLater
from wbsync.stores.links import LinksStore
from wbsync.telemetry import utcnow
from wbsync.wb import token as wb_token
from wbsync.wb.token import Category

NEEDED_SCOPES = ("sale", "catalog")
OF_A_BLOCK = {"catalog.product.list", "catalog.product.offer.list", "catalog.section.list"}  # refused without one
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class State(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


_MARKS: Mapping[State, str] = {State.OK: "✔", State.FAILED: "✘", State.SKIPPED: "–"}


class NotChecked(Exception):
    """There is nothing to check yet; the reason is no fault."""


@dataclass(frozen=True, slots=True)
class Check:
    """`run` tells what is good in one line, or raises SyncError or NotChecked; `needs` must have gone well before."""

    name: str
    run: Callable[[Installation], str]
    needs: tuple[str, ...] = ()
    fix: Callable[[Installation], str] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    state: State
    told: str


def doctor(
    stage: StageOption,
    *,
    fix: Annotated[bool, typer.Option("--fix", help="Make the order properties that the shop lacks.")] = False,
    as_json: JsonOption = False,
    wb_hosts: WbHostsOption = "",
) -> None:
    """Check the configuration, the secrets, WB and the shop; exit code 1 when something is wrong."""
    with Installation(stage, wb_hosts) as there:
        findings = examine(there, fix=fix)
    if as_json:
        print_json([{"check": f.check, "state": f.state, "told": f.told} for f in findings])
    else:
        print_table(("", "check", "found"), [(_MARKS[f.state], f.check, f.told) for f in findings])
    if any(f.state is State.FAILED for f in findings):
        raise typer.Exit(1)


def examine(there: Installation, *, fix: bool) -> list[Finding]:
    """All checks in their order; one whose needs went wrong is skipped, so that each fault is told once."""
    found: dict[str, Finding] = {}
    for check in CHECKS:
        lacking = [need for need in check.needs if found[need].state is not State.OK]
        if lacking:
            found[check.name] = Finding(check.name, State.SKIPPED, f"not checked: see {', '.join(lacking)}")
        else:
            found[check.name] = _examined(check, check.fix if fix and check.fix else check.run, there)
    return list(found.values())


def _examined(check: Check, run: Callable[[Installation], str], there: Installation) -> Finding:
    try:
        return Finding(check.name, State.OK, run(there))
    except NotChecked as reason:
        return Finding(check.name, State.SKIPPED, f"not checked: {reason}")
    except TryLater as error:
        return Finding(check.name, State.FAILED, f"{error}: try again in {max(1, round(error.wait))} s")
    except SyncError as error:
        return Finding(check.name, State.FAILED, str(error))


# ---- the checks


def _configuration(there: Installation) -> str:
    shop = there.shop
    return f"account {shop.account}, {len(shop.warehouses)} warehouse(s) fed by {len(shop.stores)} store(s)"


def _wb_token(there: Installation) -> str:
    return secret_rules.token(there.secret(Secret.WB_TOKEN), hosts=there.wb_hosts, now=utcnow())


def _wb_reached(there: Installation) -> str:
    return f"{len(there.warehouses)} warehouse(s) of the seller, at {there.wb_hosts}"


def _own_warehouses_of_wb(there: Installation) -> str:
    if not there.shop.stock.fbo.used:
        return "none of the shop's goods lie there"
    given, now = there.secret(Secret.WB_TOKEN), utcnow()
    wb_token.check(given, category=Category.ANALYTICS, host_template=there.wb_hosts, now=now)
    return "their stock may be read: the token opens Analytics"


def _hand_over(there: Installation) -> str:
    supplies = there.shop.supplies
    if supplies is None:
        return "supplies are made by staff, in the WB cabinet"
    if (cut_off := supplies.cut_off) is None:
        return "supplies are handed over by `wbsync supply deliver`"
    clock = utcnow().astimezone(ZoneInfo(cut_off.timezone))
    days = " ".join(sorted(cut_off.days, key=_WEEK.index))
    return f"supplies are handed over at {cut_off.at:%H:%M} of {cut_off.timezone}, {days}; it is {clock:%H:%M} there"


def _warehouses(there: Installation) -> str:
    problems = shop_facts.against_wb(there.shop, there.warehouses)
    if problems:
        raise Rejected("; ".join(map(str, problems)))
    return "all of the configuration's are there and FBS"


def _bitrix_answers(there: Installation) -> str:
    address = secret_rules.webhook(there.secret(Secret.BITRIX_WEBHOOK))
    present = {str(name).lower() for name in listed(there.bitrix.call("methods", {}))}
    scopes = {str(name) for name in listed(there.bitrix.call("scope", {}))}
    if lacking := [scope for scope in NEEDED_SCOPES if scope not in scopes]:
        named = " and ".join(f"`{scope}`" for scope in lacking)
        raise NotAuthorised(f"the webhook lacks the scope {named}, or the shop the module of that name")
    needed = [row.name for row in METHODS.values() if row.scope in NEEDED_SCOPES]
    if absent := [name for name in needed if name.lower() not in present]:
        raise Rejected(f"the shop has no method {', '.join(absent)}: update its modules `sale`, `catalog` and `rest`")
    return f"{address}: all {len(needed)} methods are there"


def _bitrix_rights(there: Installation) -> str:
    """A read of each kind, of nothing, and changes that cannot be: the right is asked for before them."""
    shop = there.shop
    nothing: dict[str, Param] = {"select": ["id"], "filter": {"id": 0}, "start": -1}
    iblock = shop.catalog.iblocks[0]
    products: dict[str, Param] = {"select": ["id", "iblockId"], "filter": {"id": 0, "iblockId": iblock}, "start": -1}
    lists = [row.name for row in METHODS.values() if row.rows and row.scope in NEEDED_SCOPES]
    lists.remove("catalog.productImage.list")  # of one product only; its right is that of the products
    tried = {f"r{n}": Command(name, products if name in OF_A_BLOCK else nothing) for n, name in enumerate(lists)}
    changes = {"w": Command("sale.order.update", {"id": 0, "fields": {"comments": ""}})}
    if shop.stock.fbo.stock_property:
        changes["p"] = Command("catalog.product.update", {"id": 0, "fields": {"iblockId": iblock}})
    tried |= changes
    answer = there.bitrix.batch(tried)
    failures = {key: failure for key in tried if (failure := answer.failure(key))}
    lacking = dict.fromkeys(METHODS[tried[k].method].right for k, e in failures.items() if isinstance(e, NotAuthorised))
    if lacking:
        raise NotAuthorised(f"the webhook's user lacks the right to {'; and to '.join(lacking)}")
    for key, failure in failures.items():
        if isinstance(failure, TryLater) or key not in changes:
            raise failure
    return "reads catalog, stores and orders, and may change orders"


def _shop_facts(there: Installation) -> str:
    verdict = shop_facts.against_bitrix(there.bitrix, there.shop)
    if verdict.problems:
        raise Rejected("; ".join(map(str, verdict.problems)))
    return f"the shop has what the configuration names; not checked: {', '.join(verdict.unchecked)}"


def _order_properties(there: Installation) -> str:
    properties = there.shop.orders.properties.all
    if missing := order_properties.missing(there.bitrix, there.shop.orders):
        raise Rejected(f"the shop lacks {', '.join(missing)}: `wbsync doctor --fix --stage {there.stage}` makes them")
    return f"all {len(properties)} are there"


def _made_order_properties(there: Installation) -> str:
    orders = there.shop.orders
    missing = order_properties.missing(there.bitrix, orders)
    if not missing:
        return _order_properties(there)
    order_properties.make(there.bitrix, orders, missing)
    return f"made {', '.join(missing)}; {_order_properties(there)}"


def _barcodes(there: Installation) -> str:
    if there.stack is None:
        raise NotChecked("the stack is not deployed yet")
    links = list(LinksStore(there.stack.output("LinksTable")).all())
    if not links:
        raise NotChecked("link_cards has not run yet, or found nothing on either side")
    linked, problems = stock_links(links), link_problems(links)
    told = f"{len(linked)} sizes linked, {sum(map(len, problems.values()))} barcodes with a problem"
    if not linked:
        raise Rejected(f"{told}: see `wbsync links report --stage {there.stage}`")
    return f"{told} (`wbsync links report` names them)" if problems else told


def _label_key(there: Installation) -> str:
    return secret_rules.label_key(there.secret(Secret.LABEL_KEY))


CHECKS: Sequence[Check] = (
    Check("configuration", _configuration),
    Check("WB token", _wb_token),
    Check("WB", _wb_reached, needs=("WB token",)),
    Check("WB warehouses", _warehouses, needs=("configuration", "WB")),
    Check("WB's own warehouses", _own_warehouses_of_wb, needs=("configuration", "WB token")),
    Check("hand-over", _hand_over, needs=("configuration",)),
    Check("Bitrix", _bitrix_answers),
    Check("Bitrix rights", _bitrix_rights, needs=("configuration", "Bitrix")),
    Check("shop's ids", _shop_facts, needs=("configuration", "Bitrix rights")),
    Check("order properties", _order_properties, ("configuration", "Bitrix rights"), fix=_made_order_properties),
    Check("barcodes", _barcodes),
    Check("label key", _label_key),
)
