"""Texts for shop staff, in Russian, by the code that calls for them."""

from collections.abc import Iterable, Mapping

from wbsync.domain.links import Problem
from wbsync.domain.orders import Money

STOCK_REFUSALS: Mapping[str, str] = {
    "UploadDataLimit": "Больше 100 000 штук WB не принимает: задайте верхнюю границу в правилах остатков.",
    "CargoWarehouseRestrictionMGT": "Малогабаритный товар не продаётся с этого склада: нужен без меток СГТ и КГТ+.",
    "CargoWarehouseRestrictionSGT": "Сверхгабаритный товар не продаётся с этого склада: нужен с меткой СГТ.",
    "CargoWarehouseRestrictionSGTKGTPlus": "Товар СГТ или КГТ+ не продаётся с этого склада: нужен с его меткой.",
    "CargoWarehouseRestrictionKGTPlus": "Крупногабаритный товар не продаётся с этого склада: нужен с меткой КГТ+.",
    "NotFound": "WB не знает такого размера или склада: карточка удалена, лежит в корзине или ещё создаётся.",
    "StoreIsProcessing": "Склад WB сейчас обновляется: остатки уйдут сами через минуту.",
    "ProductPropertyConflict": "Товар только для оптовых покупателей нельзя продавать по этой схеме.",
    "DeliveryTypeRestriction": "Товары этой категории нельзя продавать с таким видом доставки.",
    "StatusNotAcceptable": "WB заблокировал продавца и не принимает остатки: обратитесь в поддержку WB.",
    "WarehouseStocksUpdateBlock": "На складе WB идут работы: остатки уйдут сами позже.",
    "SKUUploadDisabled": "WB принимает остатки только по ID размера (chrtID): сообщите разработчику.",
}
"""Why WB did not take a row of stock (WB facts §3, answers 400, 406 and 409)."""

LINK_PROBLEMS: Mapping[Problem, str] = {
    Problem.OFFER_WITHOUT_BARCODE: "У товара магазина нет штрихкода: заполните его.",
    Problem.SIZE_WITHOUT_BARCODE: "У размера карточки WB нет штрихкода: добавьте его в карточку.",
    Problem.SEVERAL_OFFERS: "Штрихкод стоит у нескольких товаров магазина: оставьте его у одного.",
    Problem.SEVERAL_SIZES: "Штрихкод стоит у нескольких размеров на WB: оставьте его у одного.",
    Problem.NOT_ON_WB: "На WB нет карточки с этим штрихкодом.",
    Problem.NOT_IN_SHOP: "В магазине нет товара с этим штрихкодом.",
    Problem.OFFER_ON_SEVERAL_SIZES: "Один товар магазина продаётся на WB несколькими размерами: остатки не передаются.",
    Problem.SIZE_OF_SEVERAL_OFFERS: "На один размер WB приходится несколько товаров магазина: остатки не передаются.",
}
"""Why a barcode is not linked, or its stock not sent (`wbsync links report`)."""

LABEL_LINK_REFUSED = "Ссылка недействительна или устарела. Откройте этикетку из карточки заказа."

DOUBLED_ORDER = "Дубль заказа Wildberries: оставлен первый заказ, этот отменён автоматически."


def unknown_barcode(barcodes: Iterable[str]) -> str:
    """Why an order waits."""
    listed = ", ".join(barcodes)
    if not listed:
        return "Wildberries не передал штрихкод товара. Проверьте карточку на WB."
    return f"Штрихкод {listed} не найден ни у одного товара магазина (или найден у нескольких). Исправьте штрихкод."


def foreign_currency(amounts: Iterable[Money], currency: str) -> str:
    """Why an order is parked."""
    listed = ", ".join(map(_amount, amounts))
    return f"Заказ продан за {listed}, а в настройках магазина валюта {currency}. Проверьте orders.currency."


def bad_sticker(reason: str) -> str:
    """Why an order has no label."""
    return f"Этикетка от Wildberries повреждена, повторите запрос. Для разработчика: {reason}"


def order_comment(order_id: int, article: str, amounts: Iterable[Money]) -> str:
    """The comment that staff sees on the shop's order."""
    sold = " / ".join(map(_amount, amounts))
    return f"Заказ Wildberries {order_id}, артикул {article or '—'}. Цена на WB: {sold}."


def _amount(money: Money) -> str:
    return f"{money.amount:.2f} {money.currency}"
