"""Texts for shop staff, in Russian, by the code that calls for them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from wbsync.domain.cards import CardProblem, CardState, ProblemKind, Step
from wbsync.domain.contradictions import ContradictionKind
from wbsync.domain.links import Problem
from wbsync.domain.marking import GS, Fault, Mark
from wbsync.domain.orders import Money
from wbsync.domain.prices import Kept, PriceProblem, RefusalKind
from wbsync.domain.proof import Reason, Side
from wbsync.domain.schema import ChangeKind
from wbsync.domain.values.reasons import ValueReason

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

MARKING_KEYS: Mapping[str, str] = {
    "sgtin": "код «Честный знак»",
    "uin": "УИН",
    "imei": "IMEI",
    "gtin": "код товара в Беларуси (GTIN)",
    "expiration": "срок годности",
    "customsDeclaration": "номер декларации на товары (ДТ)",
}
"""WB's keys of marking codes, as a packer calls them."""

MARKING_DECISIONS: Mapping[str, str] = {
    # With these a supply is delivered.
    "filled": "Код внесён, проверка не нужна.",
    "optional": "Код не внесён, для доставки он не обязателен.",
    "deadlineExceeded": "Проверка затянулась: поставку можно сдавать, WB проверит код позже.",
    "imeiMaySell": "IMEI проверен, товар можно продавать.",
    "imeiSoldB2B": "IMEI проверен: куплен юрлицом, повторная продажа разрешена.",
    "uinMaySell": "УИН проверен, товар можно продавать.",
    "sgtinIntroduced": "Код проверен, товар в обороте.",
    "sgtinSoldB2B": "Код проверен: куплен юрлицом, повторная продажа разрешена.",
    # With these it is not.
    "required": "Код обязателен и не внесён: отсканируйте его с товара.",
    "pending": "WB проверяет код: подождите, делать ничего не нужно.",
    "imeiInvalidFormat": "Неверный IMEI: внесите 15 цифр с коробки или экрана (*#06#), только первый IMEI.",
    "imeiAlreadySold": "Товар с этим IMEI уже продан: возьмите другой экземпляр и внесите его IMEI.",
    "uinBadStatus": "Статус партии в ГИИС ДМДК не подходит: отложите изделие, пусть исправят его в ГИИС ДМДК.",
    "uinBadProcess": "Стадия изделия в ГИИС ДМДК не подходит: отложите изделие, пусть исправят её в ГИИС ДМДК.",
    "uinBadStatusAndBadProcess": (
        "Ни статус партии, ни стадия изделия в ГИИС ДМДК не подходят: отложите изделие, пусть исправят их там."
    ),
    "uinInvalidFormat": "Неверный УИН: отсканируйте бирку ещё раз, нужно 16 цифр.",
    "uinNotFound": (
        "УИН не найден в ГИИС ДМДК: сверьте его с биркой и проверьте, что он есть в спецификации к договору. "
        "Если спецификация загружена больше 30 минут назад, удалите УИН в кабинете WB и внесите снова."
    ),
    "sgtinInvalidFormat": "Неверный код: отсканируйте квадратный код «Честный знак» с товара ещё раз, целиком.",
    "sgtinNoGS": "Сканер потерял разделители GS: включите их передачу в сканере и отсканируйте код ещё раз.",
    "sgtinHasInvalidSymbols": "В коде лишние символы или пробелы: отсканируйте его ещё раз.",
    "sgtinHasNonLatinSymbols": "В коде не латинские буквы: включите английскую раскладку и отсканируйте ещё раз.",
    "sgtinInvalidPattern": "Код построен неверно: отсканируйте квадратный код «Честный знак», а не штрихкод.",
    "sgtinNotFound": "Кода нет в «Честном знаке»: отсканируйте ещё раз, иначе возьмите другой экземпляр.",
    "sgtinEmitted": "Код только заказан и не нанесён: возьмите другой экземпляр или введите этот в оборот.",
    "sgtinApplied": "Товар не введён в оборот: возьмите другой экземпляр или введите этот в оборот.",
    "sgtinWrittenOff": "Код списан: возьмите другой экземпляр.",
    "sgtinWithdrawn": "Товар выбыл из оборота: возьмите другой экземпляр или верните этот в оборот.",
    "sgtinRetired": "Товар выбыл из оборота: возьмите другой экземпляр или верните этот в оборот.",
    "sgtinDisaggregated": "Упаковка с этим кодом расформирована: отсканируйте код с самого товара.",
    "sgtinDisaggregation": "Упаковка с этим кодом расформирована: отсканируйте код с самого товара.",
    "sgtinAppliedNotPaid": "Код нанесён, но не оплачен: возьмите другой экземпляр или оплатите коды.",
}
"""What WB thinks of a marking code, what it means for a packer and what to do (WB facts §4)."""

MARKING_FAULTS: Mapping[Fault, str] = {
    Fault.LENGTH: "не та длина",
    Fault.NOT_DIGITS: "должны быть только цифры",
    Fault.CHECK_DIGIT: "контрольная цифра не сходится, проверьте номер",
    Fault.SYMBOLS: "есть символы, которых в таком коде не бывает; отсканируйте ещё раз",
    Fault.CYRILLIC: "русские буквы вперемешку с латинскими; отсканируйте в английской раскладке",
    Fault.STRUCTURE: "это не код «Честный знак»; отсканируйте квадратный код с товара целиком",
    Fault.NO_GS: "сканер потерял разделители GS или конец кода; включите передачу GS и отсканируйте ещё раз",
    Fault.NO_DATE: "нужна дата вида 31.12.2027",
    Fault.TOO_SOON: "до конца срока меньше 30 дней, WB такой товар не примет",
}
"""Why a marking code of the shop is not sent to WB."""

MARKING_REFUSALS: Mapping[str, str] = {
    "MetaKeyNotRequired": "для этого заказа он не нужен.",
    "FailedToUpdateMeta": "проверьте, что заказ на сборке, и внесите другой код.",
    "LowExpirationDate": "до конца срока меньше 30 дней, такой товар отправлять нельзя.",
    "IncorrectRequest": "код неверный, внесите другой.",
}
"""WB's words for a marking code that it did not take (WB facts §4, answers 400 and 409)."""

PROOF_SIDES: Mapping[Side, str] = {
    Side.WB: "в списке WB",
    Side.TABLE: "у wbsync",
    Side.SHOP: "в магазине",
}
"""Where an order is missing or differs (`wbsync orders proof`)."""

PROOF_REASONS: Mapping[Reason, str] = {
    Reason.UNEXPLAINED: "Причина неизвестна: сообщите разработчику.",
    Reason.DOUBLED: "Заказов магазина несколько: оставьте один, а приём заказов в другом модуле выключите.",
    Reason.LOST: "Заказ удалён в магазине, а на WB он ещё в работе: восстановите его или отмените на WB.",
    Reason.FRESH: "Поступил только что и сейчас передаётся.",
    Reason.WAITING: "Ждёт свой штрихкод.",
    Reason.PARKED: "Отложен, нужно решение человека.",
    Reason.CANCELLED_UNPLACED: "Отменён на WB раньше, чем попал в магазин.",
    Reason.CANCELLED_BY_STAFF: "Отменён в магазине сотрудником.",
    Reason.DELETED: "Удалён в магазине, когда на WB он уже завершился.",
    Reason.OVER_UNSEEN: "Завершился на WB раньше, чем wbsync его увидел.",
    Reason.BEFORE_WBSYNC: "Оформлен до начала работы wbsync.",
    Reason.ADOPTED: "Принят от другого модуля: заказ в магазине создал он.",
    Reason.UNREADABLE: "WB передал заказ в виде, который wbsync не понимает: сообщите разработчику.",
    Reason.ARCHIVED: "Есть только в архиве WB: заказ завершён.",
    Reason.UNLISTED: "Старше трёх месяцев: в списке WB его уже нет, а в архиве ещё нет.",
}
"""Why an order is not the same on WB, in wbsync and in the shop."""

SCHEMA_CHANGES: Mapping[ChangeKind, str] = {
    ChangeKind.ADDED: "Новая характеристика, необязательная.",
    ChangeKind.REQUIRED_ADDED: "Характеристика стала обязательной: заполните её в карточках.",
    ChangeKind.NO_LONGER_REQUIRED: "Характеристика больше не обязательна.",
    ChangeKind.REMOVED: "WB убрал характеристику: уберите её из таблицы соответствий.",
    ChangeKind.RENAMED: "Характеристика переименована.",
    ChangeKind.KIND: "Изменился вид значения (текст или число): исправьте правило в таблице соответствий.",
    ChangeKind.UNIT: "Изменилась единица измерения: числа в карточках значат теперь другое.",
    ChangeKind.FEWER_VALUES: "Значений теперь можно указать меньше.",
    ChangeKind.MORE_VALUES: "Значений теперь можно указать больше.",
    ChangeKind.NAMED_FIELD: "Значение передаётся теперь иначе: полем карточки, а не характеристикой, или наоборот.",
    ChangeKind.VALUE_ADDED: "Новое значение в справочнике.",
    ChangeKind.VALUE_REMOVED: "Значение убрано из справочника.",
}
"""What WB changed in a subject's schema (`wbsync mapping changes`)."""

BROKEN_CARDS: Mapping[ChangeKind, str] = {
    ChangeKind.REQUIRED_ADDED: "обязательная характеристика не заполнена",
    ChangeKind.REMOVED: "характеристики больше нет",
    ChangeKind.KIND: "значение не того вида",
    ChangeKind.UNIT: "число в прежней единице измерения",
    ChangeKind.FEWER_VALUES: "значений больше, чем можно",
    ChangeKind.NAMED_FIELD: "значение стоит не на своём месте",
    ChangeKind.VALUE_REMOVED: "такого значения в справочнике больше нет",
}
"""Why a card no longer fits after a change that breaks cards."""

MAPPING_CONTRADICTIONS: Mapping[ContradictionKind, str] = {
    ContradictionKind.SUBJECT_UNKNOWN: "Предмета {detail} на WB нет.",
    ContradictionKind.SUBJECT_NAME: "Название «{detail}» — не этого предмета.",
    ContradictionKind.CHARC_UNKNOWN: "У предмета нет характеристики {detail}.",
    ContradictionKind.CHARC_NAME: "Название «{detail}» — другой характеристики.",
    ContradictionKind.UNUSED: "«{detail}» WB характеристикой не принимает: уберите строку.",
    ContradictionKind.NAMED_FIELD: "«{detail}» передаётся полем карточки, а не характеристикой.",
    ContradictionKind.NUMBER_WANTED: "Здесь нужно одно число, а правило «{detail}» даёт текст: напишите rule: number.",
    ContradictionKind.TEXT_WANTED: "Здесь нужен текст, а правило «{detail}» даёт число.",
    ContradictionKind.NOT_A_NUMBER: "«{detail}» — не число.",
    ContradictionKind.UNIT: "«{detail}» не переводится в единицу WB.",
    ContradictionKind.NO_DICTIONARY: "Справочника для этой характеристики у WB нет: перечислите значения в values.",
    ContradictionKind.NOT_IN_DICTIONARY: "Значения «{detail}» нет в справочнике.",
    ContradictionKind.TOO_MANY_VALUES: "Значений больше, чем принимает WB: {detail}.",
    ContradictionKind.TWICE: "«{detail}» уже есть в этой таблице: оставьте одну строку.",
    ContradictionKind.BRACES: "Фигурные скобки в шаблоне «{detail}» не сходятся: нужно {{КОД}}.",
    ContradictionKind.NO_VENDOR_CODE: "Нет строки для vendorCode: без артикула карточку не создать.",
    ContradictionKind.SAME_PRODUCTS: "Эти товары выбирает и другая таблица: {detail}.",
    ContradictionKind.REQUIRED_UNMAPPED: "Обязательная характеристика не заполняется: {detail}.",
    ContradictionKind.NEVER_USED: "Характеристики {detail} нет ни у одного предмета.",
}
"""Why a mapping table is not stored (`wbsync mapping push`), or what is odd about it."""

MAPPING_NO_SOURCE = "нет источника"
"""In the place of a row for a characteristic that nothing in the shop fills."""

LABEL_LINK_REFUSED = "Ссылка недействительна или устарела. Откройте этикетку из карточки заказа."

PRINT_NOT_MADE = "Файл ещё не готов. Откройте ссылку через пять минут."
"""A good link to a supply's papers that are not printed yet."""

ORDER_UNKNOWN_HERE = "Заказ, которого wbsync не знает: смотрите его в кабинете WB."
"""In the place of the goods' name in a pick list."""

DOUBLED_ORDER = "Дубль заказа Wildberries: оставлен первый заказ, этот отменён автоматически."


def mapping_contradiction(kind: ContradictionKind, detail: str, nearest: Iterable[str]) -> str:
    """One line about a row of a mapping table, with what was probably meant."""
    close = ", ".join(f"«{one}»" for one in nearest)
    return MAPPING_CONTRADICTIONS[kind].format(detail=detail) + (f" Подходит: {close}." if close else "")


PICK_LIST = "Лист подбора"
PICK_LIST_HEADS = ("Место", "Фото", "Артикул", "Название", "Размер", "Кол-во", "Штрихкод", "Номера этикеток")
PICK_LIST_CONTINUED = "(продолжение)"
SUPPLY_CODE = "QR-код поставки"
SUPPLY_CODE_DAMAGED = "QR-код поставки от Wildberries повреждён: распечатайте его в кабинете WB."


def pick_list_facts(supply: str, name: str, warehouse: str, *, printed_at: str, orders: int) -> tuple[str, ...]:
    """What stands above the pick list, by line."""
    return (f"Поставка {supply}", name, f"Склад: {warehouse}", f"Напечатано: {printed_at}", f"Заказов: {orders}")


def differing_count(printed: int, counted: int) -> str:
    """Warns that the file does not hold the whole supply."""
    return f"Внимание: в поставке {counted}, а в этом файле {printed}."


def without_sticker(orders: int) -> str:
    """How many orders of the pick list have no label to print."""
    return f"Без этикетки: {orders}"


def sticker_missing(order_id: int) -> str:
    """In the place of a sticker's number."""
    return f"заказ {order_id}: этикетки ещё нет"


def sticker_damaged(order_id: int) -> str:
    """In the place of a sticker's number."""
    return f"заказ {order_id}: этикетка повреждена"


def sticker_unnumbered(order_id: int) -> str:
    """In the place of a sticker's number that WB did not tell."""
    return f"заказ {order_id}"


def pieces(count: int) -> str:
    return f"{count} шт."


def sized(size: str) -> str:
    return f"Размер: {size}"


CANCEL_TOO_LATE = "Отмена не принята: Wildberries уже не даёт отменить этот заказ. Товар продан, его надо отправить."
"""Staff cancelled an order that WB does not let go any more."""

CANCEL_OUTLIVED = (
    "Заказ отменён в магазине, а на Wildberries нет: товар ушёл. Снимите отмену, чтобы товар списался с остатков."
)
"""WB's life of an order that staff cancelled is over, and its goods left the seller."""

_CANCEL_REFUSALS: Mapping[str, str] = {
    "StatusMismatch": "заказ в таком статусе, что отменить его нельзя",
    "StatusChangeNotAllowed": "заказ уже передан в доставку",
    "NotFound": "заказа с таким номером у продавца нет",
}

_RETURNS: Mapping[str, str] = {
    "defect": "Wildberries признал товар бракованным.",
    "canceled_by_client": "Покупатель отказался от товара, он возвращается к вам.",
    "canceled_by_carrier": "Перевозчик отменил доставку, товар возвращается к вам.",
    "declined_by_client": "Покупатель отменил заказ, товар возвращается к вам.",
}

_CANCELLATIONS: Mapping[str, str] = {
    "cancel": "отменён продавцом",
    "cancel_carrier": "отменён перевозчиком",
    "canceled": "отменён",
    "declined_by_client": "отменён покупателем",
    "canceled_by_client": "покупатель отказался от товара",
    "canceled_by_carrier": "отменён перевозчиком",
    "defect": "товар признан браком",
}


def cancel_refused(code: str, reason: str) -> str:
    """WB did not cancel an order that staff cancelled."""
    why = _CANCEL_REFUSALS.get(code) or reason
    return f"Отмена не принята: Wildberries отказал ({why}). Товар продан, его надо отправить."


def unknown_status(status: str) -> str:
    """WB tells a status that stands in none of its lists."""
    return f"Wildberries сообщил неизвестный статус «{status}». Заказ не изменён, проверьте его в кабинете WB."


def shop_refused(reason: str) -> str:
    """The shop did not take what WB's status means for its order."""
    return f"Магазин не принял изменение по статусу Wildberries. Для разработчика: {reason}"


def returning(wb_status: str) -> str:
    """The goods of an order are on their way back: its cancellation in the shop waits for staff."""
    why = _RETURNS.get(wb_status, "Заказ отменён после передачи в доставку, товар возвращается к вам.")
    return f"{why} Когда получите его, отмените заказ в магазине: остаток вернётся в продажу."


def cancelled_on_wb(supplier_status: str, wb_status: str) -> str:
    """Why the shop's order is cancelled."""
    # Of WB's two words the second tells who it was, but "canceled" says only that it happened.
    first = wb_status if wb_status != "canceled" else supplier_status
    why = _CANCELLATIONS.get(first) or _CANCELLATIONS.get(supplier_status, "отменён")
    return f"Wildberries: {why} ({supplier_status}/{wb_status})."


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


def marking_owed(required: Iterable[str], optional: Iterable[str]) -> str:
    """Which marking codes WB asks for and has not; empty when none."""
    needed, welcome = (", ".join(map(marking_key, keys)) for keys in (required, optional))
    parts = (
        f"Внесите обязательно: {needed}." if needed else "",
        f"Внесите, если есть на товаре: {welcome}." if welcome else "",
    )
    return " ".join(filter(None, parts))


def marking_key(key: str) -> str:
    return MARKING_KEYS.get(key, key)


def marking_blocked(order_id: int, marks: Iterable[Mark]) -> str:
    """Why an order's supply is not delivered, code by code; empty when none blocks."""
    return " ".join(f"Заказ {order_id}, {_marked(mark)}: {marking_decision(mark.decision)}" for mark in marks)


def marking_decision(decision: str) -> str:
    unknown = f"WB сообщает «{decision}». Проверьте код, иначе спросите поддержку WB."
    return MARKING_DECISIONS.get(decision, unknown)


def marking_unusable(key: str, code: str, fault: Fault) -> str:
    """Why a code of the shop is not sent."""
    return f"Не отправлен {_marked(Mark(key, code))}: {MARKING_FAULTS[fault]}."


def marking_of_another(key: str, code: str, order_id: int) -> str:
    """One code was scanned into two orders."""
    return f"Не отправлен {_marked(Mark(key, code))}: он уже внесён в заказ {order_id}, отсканируйте код этого товара."


def marking_refused(key: str, code: str, reason: str) -> str:
    """WB took a code for a mistake; `reason` is its own word for that."""
    unknown = f"внесите другой. Для разработчика: {reason}"
    return f"WB не принял {_marked(Mark(key, code))}: {MARKING_REFUSALS.get(reason, unknown)}"


def _marked(mark: Mark) -> str:
    return f"{marking_key(mark.key)} {_shortened(mark.value)}".strip()


def _shortened(code: str) -> str:
    """What people can find on the tag: the end of the serial number. GS and line breaks cannot be shown."""
    serial = code.partition("\n")[0].partition(GS)[0]
    return serial if len(serial) <= _SHOWN else f"…{serial[-_SHOWN:]}"


_SHOWN = 16


SUPPLY_EMPTY = "В поставке нет заказов: сдавать нечего."
SUPPLY_OF_OTHER_KIND = "У заказа другой склад или тип (габарит, трансграничный, B2B), чем у поставки."
SPOT_MISSING = "WB ждёт данные СПОТ: укажите перевозчика и машину (wbsync supply spot или настройка supplies.spot)."
SPOT_ERRORS: Mapping[str, str] = {
    "doppFailed": "Документ о предстоящей поставке (ДОПП) не сформирован: проверьте перевозчика, УНП и номера машины."
}
"""Why SPOT failed (WB facts §5)."""


def order_refused_by_supply(supply: str) -> str:
    """Why an order is not in a supply: WB names no reason."""
    return (
        f"WB не добавил заказ в поставку {supply}. Проверьте заказ в кабинете WB: он отменён, "
        "уже лежит в другой поставке или отличается складом либо типом товара. Через час попробуем снова."
    )


def supply_awaits_cancellation(order_ids: Iterable[int]) -> str:
    """Why a supply is not handed over yet."""
    listed = ", ".join(map(str, order_ids))
    return f"Заказы {listed} отменены в магазине: сначала их отмена уйдёт на WB (до 10 минут), потом поставка сдаётся."


def supply_blocked(order_ids: Iterable[int]) -> str:
    """Why a supply is not handed over; the orders tell which codes."""
    return f"Поставка не сдана: исправьте маркировку заказов {', '.join(map(str, order_ids))}."


def supply_refused(reason: str) -> str:
    """Why a supply is not handed over."""
    return f"WB не принял поставку в доставку, проверьте её в кабинете WB. Ответ WB: {reason}"


def supply_code_refused(reason: str) -> str:
    """Why a supply that was handed over has no QR code yet."""
    return f"WB не отдал QR-код поставки: распечатайте его в кабинете WB. Ответ WB: {reason}"


def spot_failed(code: str, told: str = "") -> str:
    """Why there is no SPOT code, and what to do."""
    why = SPOT_ERRORS.get(code, "WB не принял данные СПОТ: проверьте их.")
    answer = ": ".join(part for part in (code, told) if part)
    return f"{why} Исправьте и отправьте снова (wbsync supply spot). Ответ WB: {answer}"


def bad_sticker(reason: str) -> str:
    """Why an order has no label."""
    return f"Этикетка от Wildberries повреждена, повторите запрос. Для разработчика: {reason}"


def order_comment(order_id: int, article: str, amounts: Iterable[Money]) -> str:
    """The comment that staff sees on the shop's order."""
    sold = " / ".join(map(_amount, amounts))
    return f"Заказ Wildberries {order_id}, артикул {article or '—'}. Цена на WB: {sold}."


def _amount(money: Money) -> str:
    return f"{money.amount:.2f} {money.currency}"


CARD_STEPS: Mapping[Step, str] = {
    Step.CREATE: "создать",
    Step.ADD_VARIANT: "добавить вариант",
    Step.UPDATE: "изменить",
    Step.PICTURES: "только фото",
    Step.NOTHING: "без изменений",
    Step.BLOCKED: "исправить",
}
"""What the plan does with a card."""

CARD_STATES: Mapping[CardState, str] = {
    CardState.READY: "ждёт отправки",
    CardState.BEGUN: "отправлена, ответа WB нет",
    CardState.SENT: "WB обрабатывает",
    CardState.ACCEPTED: "принята",
    CardState.REFUSED: "отклонена WB",
    CardState.SILENT: "WB не создал и не объяснил",
    CardState.BLOCKED: "исправить в магазине",
}

CARD_FIELDS: Mapping[str, str] = {
    "vendorCode": "Артикул продавца",
    "title": "Наименование",
    "description": "Описание",
    "brand": "Бренд",
    "length": "Длина упаковки",
    "width": "Ширина упаковки",
    "height": "Высота упаковки",
    "weight": "Вес с упаковкой",
    "dimensions": "Габариты и вес",
    "techSize": "Размер",
    "wbSize": "Рос. размер",
    "price": "Цена",
    "kizMarked": "Маркировка «Честный знак»",
    "sizes": "Размеры",
    "barcode": "Штрихкод",
    "pictures": "Фото",
    "documents": "Документы",
    "subject": "Предмет WB",
}
"""Fields of a card as WB's cabinet calls them."""

CARD_PROBLEMS: Mapping[ProblemKind, str] = {
    ProblemKind.EMPTY: "Не заполнено в магазине.",
    ProblemKind.REQUIRED_UNMAPPED: "WB требует эту характеристику: добавьте строку в таблицу соответствий.",
    ProblemKind.NOT_IN_DICTIONARY: "Такого значения нет в справочнике WB: исправьте его или впишите в `words` таблицы.",
    ProblemKind.UNSURE: "Значение похоже на справочник WB, но не наверняка: подтвердите его в `words` таблицы.",
    ProblemKind.NOT_A_NUMBER: "Это не число: впишите число.",
    ProblemKind.UNIT: "Единица измерения не подходит.",
    ProblemKind.RANGE: "Указан диапазон, а WB ждёт одно число.",
    ProblemKind.COMPOSITION: "Состав не читается: пишите материалы с долями, в сумме 100 %.",
    ProblemKind.TOO_MANY_VALUES: "Значений больше, чем принимает WB.",
    ProblemKind.TOO_LONG: "Текст длиннее, чем принимает WB.",
    ProblemKind.TOO_SHORT: "Текст короче, чем принимает WB.",
    ProblemKind.NO_DIMENSIONS: "Нет габаритов или веса упаковки.",
    ProblemKind.NO_PRICE: "Нет цены.",
    ProblemKind.VENDOR_CODE_TWICE: "Такой же артикул у другого товара магазина: оставьте его у одного.",
    ProblemKind.VENDOR_CODE_TAKEN: "Артикул занят карточкой WB другого товара.",
    ProblemKind.VENDOR_CODE_KEPT: "Карточка найдена по штрихкоду, на WB у неё другой артикул: он останется прежним.",
    ProblemKind.BARCODE_TWICE: "Такой же штрихкод у другого товара магазина: оставьте его у одного.",
    ProblemKind.BARCODE_TAKEN: "Штрихкод стоит на карточке WB другого товара.",
    ProblemKind.BARCODE_WRONG: "В штрихкоде ошибка: контрольная цифра не сходится.",
    ProblemKind.SIZE_TWICE: "Два предложения с одним размером.",
    ProblemKind.TOO_MANY_VARIANTS: "Вариантов больше 30: столько WB в одну карточку не объединяет.",
    ProblemKind.OTHER_SUBJECT: "Карточка на WB стоит в другом предмете.",
    ProblemKind.PICTURE_TOO_SMALL: "Фото меньше 700×900 точек, WB его не примет.",
    ProblemKind.PICTURE_UNREADABLE: "Фото не открывается по ссылке.",
    ProblemKind.NO_PICTURES: "Нет ни одного фото.",
    ProblemKind.DOCUMENT: "Данные документа неполны.",
    ProblemKind.SEVERAL_TABLES: "Товар подходит под таблицы нескольких предметов: оставьте его в одной.",
    ProblemKind.CARD_LIMIT: "Лимит карточек WB исчерпан: удалите лишние карточки или купите лимит в кабинете WB.",
    ProblemKind.UNREADABLE_ON_WB: "Карточка с этим артикулом есть на WB, но прочитать её не удалось.",
    ProblemKind.BARCODE_NOT_WRITTEN: "Штрихкод, который сделал WB, не записался в магазин: запишите его вручную.",
    ProblemKind.PICTURES_NOT_TAKEN: "WB получил ссылки на фото, но фото на карточке не появились.",
    ProblemKind.VIDEO_KEPT: "На карточке есть видео, новые фото его бы стёрли: обновите фото в кабинете WB.",
    ProblemKind.NO_BARCODE: "Штрихкода нет: его сделает WB, и он появится в магазине.",
    ProblemKind.REFUSED_BY_WB: "WB отклонил.",
    ProblemKind.NOT_ACCEPTED: "За полчаса WB не создал карточку и не назвал причины: отправьте план ещё раз.",
}
"""What is wrong with a card and what to do about it (`wbsync cards plan | show`)."""


def card_field(target: str) -> str:
    """A characteristic has its own name; a field of the card is called as in WB's cabinet."""
    return CARD_FIELDS.get(target, target)


def card_problem(problem: CardProblem) -> str:
    """One line: what it is about, what is wrong, what stands there, what was probably meant, where it is mended."""
    said = [CARD_PROBLEMS[problem.kind]]
    said += [f"Значение: «{problem.value}»."] if problem.value else []
    said += [problem.detail] if problem.detail else []
    said += [f"Похоже на: {', '.join(problem.nearest)}."] if problem.nearest else []
    said += [f"Где исправить: {problem.source}."] if problem.source else []
    about = card_field(problem.target)
    return f"{about}: {' '.join(said)}" if about else " ".join(said)


PRICE_PROBLEMS: Mapping[PriceProblem, str] = {
    PriceProblem.NO_PRICE: "В магазине нет цены того типа, который передаётся на WB: заполните её.",
    PriceProblem.PRICE_ZERO: "Цена в магазине равна нулю: исправьте её.",
    PriceProblem.OTHER_CURRENCY: "Цена в магазине не в валюте кабинета WB.",
    PriceProblem.NO_PURCHASING_PRICE: "Задана минимальная наценка, а закупочной цены в магазине нет: заполните её.",
    PriceProblem.PURCHASING_CURRENCY: "Закупочная цена не в валюте кабинета WB.",
    PriceProblem.BAD_DISCOUNT: "Скидка в свойстве товара не читается: впишите число от 0 до 99.",
    PriceProblem.NOTHING_LEFT: "По правилу цена получается нулевой: проверьте наценку и округление.",
    PriceProblem.SIZES_DIFFER: "Цены размеров различаются, а правило этого не разрешает (prices.of_sizes).",
    PriceProblem.SUBJECT_UNKNOWN: "Предмет карточки ещё не известен, а правило от него зависит: цена уйдёт позже.",
    PriceProblem.CABINET_CURRENCY: "Валюта цены на WB не та, что в настройке prices.currency.",
    PriceProblem.PRICED_BY_SIZE: "WB ждёт цены по размерам: задайте их в кабинете WB.",
    PriceProblem.NOT_ON_WB: "WB не показывает цену этой карточки: она удалена, лежит в корзине или ещё создаётся.",
}
"""Why a card is told no price (`wbsync prices plan`)."""

PRICE_REFUSALS: Mapping[RefusalKind, str] = {
    RefusalKind.REFUSED: "WB отклонил.",
    RefusalKind.QUARANTINE: "Карантин цен: товар продаётся по старой цене. Подтвердите новую в кабинете WB.",
    RefusalKind.CANCELLED: "Загрузка цен отменена на WB.",
    RefusalKind.NOT_MOVED: "WB принял цену, но показывает другую: проверьте акции в кабинете WB.",
}
"""Why WB does not show a price that it was told (`wbsync prices show`)."""

PRICE_KEPT: Mapping[Kept, str] = {
    Kept.DISCOUNT: "скидка уменьшена ради наценки",
    Kept.PRICE: "цена поднята ради наценки",
}
"""What gave way to the minimum margin."""

VALUE_REASONS: Mapping[ValueReason, str] = {
    ValueReason.EXACT: "то же значение",
    ValueReason.SPELLING: "то же слово в другом написании",
    ValueReason.SYNONYM: "так это называется в справочнике",
    ValueReason.SEVERAL: "несколько значений в одном",
    ValueReason.SHADE: "такого оттенка в справочнике нет, взят сам цвет",
    ValueReason.PART: "понята только часть",
    ValueReason.SIMILAR: "похоже написано",
    ValueReason.EMPTY: "значение не указано",
    ValueReason.UNKNOWN: "в справочнике нет",
}
"""How a value of the shop was found in a dictionary of WB."""


def value_reason(reason: ValueReason, detail: str = "", nearest: Iterable[str] = ()) -> str:
    """One line: how it was found, what was not understood, what may be meant."""
    said = VALUE_REASONS[reason]
    said += f" («{detail}» не понято)" if detail and reason is ValueReason.PART else ""
    close = ", ".join(nearest)
    return said + (f"; ближе всего: {close}" if close else "")


# Why a property is proposed for a characteristic (infra.proposals.reasons): {detail} is the shop's, {name} is WB's.
MATCH_REASONS: Mapping[str, str] = {
    "same_name": "то же название",
    "same_words": "те же слова: «{detail}» = «{name}»",
    "same_meaning": "значит то же: «{detail}» = «{name}»",
    "usually": "обычно это «{name}»: «{detail}»",
    "part": "часть названия значит то же: «{detail}»",
    "words": "похожие слова: «{detail}»",
    "letters": "похоже написано: «{detail}»",
    "code": "код читается как «{detail}»",
    "values": "значения из справочника «{detail}",
    "other_values": "значения не те, например «{detail}»",
    "few_values": "знакомы не все значения, например «{detail}»",
    "units": "известна только единица значений: {detail}",
    "same_unit": "единица подходит: {detail}",
    "other_unit": "единицы разные: {detail}",
    "no_unit": "единица {detail}, а у «{name}» её нет",
    "numbers": "значения — числа",
    "no_numbers": "значения не числа, например «{detail}»",
    "yes_no": "значения только «да» и «нет»",
    "directory": "справочник: видны коды, а не слова",
    "accepted": "так уже принято в другом предмете",
    "short": "название короткое: его слова есть и в других характеристиках",
    "not_alone": "другая характеристика подходит так же",
}


def match_reason(reason: str, detail: str, name: str) -> str:
    return MATCH_REASONS[reason].format(detail=detail, name=name)


# What an alarm means (`tell_telegram`), by its heading in docs/runbook.md.
ALARMS: Mapping[str, str] = {
    "link_cards-is-not-running": "Новые карточки и товары не связываются: остатки и заказы связанных идут как обычно.",
    "collect_stock-is-not-running": "Остатки магазина не читаются: WB может продать то, чего нет.",
    "stock-is-held-back": "Остатки остановлены: по магазину разом пропало слишком много товара. Нужна проверка.",
    "links-are-held-back": "Связи товаров не обновляются: разом пропало слишком много. Нужна проверка.",
    "the-daily-comparison-is-not-running": "Остатки два дня не сверялись с WB.",
    "queue-too-slow-stock-batches": "Остатки больше часа ждут отправки на WB.",
    "stock-not-as-told": "WB трижды показал не те остатки, что мы передали: их меняет кто-то ещё?",
    "stock-told-late": "Остатки ушли на WB с опозданием больше 45 минут.",
    "dead-letters-stock-batches": "Часть остатков не удалось передать на WB.",
    "poll_orders-is-not-running": "Новые заказы WB не читаются: время на сборку идёт.",
    "an-order-cannot-be-read": "WB прислал заказ, который не читается: внесите его в магазин вручную.",
    "an-order-waits-too-long": "Заказ WB больше получаса не попадает в магазин.",
    "orders-are-parked": "Заказ отложен: дальше он пойдёт только вручную.",
    "queue-too-slow-new-orders": "Заказы WB больше получаса ждут в очереди.",
    "dead-letters-new-orders": "Заказ WB не удалось передать в магазин.",
    "sweep-is-not-running": "Застрявшие заказы час никто не подбирает.",
    "fetch_labels-is-not-running": "Новые этикетки не появляются: печатайте их в кабинете WB.",
    "queue-too-slow-wanted-labels": "Этикетки больше часа ждут в очереди.",
    "dead-letters-wanted-labels": "Часть этикеток не удалось получить.",
    "open_label-fails": "Ссылки на этикетки не открываются.",
    "sync_statuses-is-not-running": "Статусы WB не читаются, отмены магазина на WB не передаются.",
    "wb-refuses-a-cancellation": "WB не принял отмену: товар продан, его надо отправить.",
    "a-status-is-unknown": "WB прислал незнакомый статус заказа.",
    "build_supplies-is-not-running": "Собранные заказы не попадают в поставки.",
    "a-supply-is-blocked": "WB не даёт сдать поставку.",
    "a-spot-form-is-missing": "WB ждёт данные СПОТ по поставке: укажите перевозчика и машину.",
    "a-spot-form-failed": "WB отклонил данные СПОТ по поставке.",
    "send_marking-is-not-running": "Коды маркировки не передаются на WB.",
    "marking-codes-block-delivery": "Коды маркировки не дают сдать поставку.",
    "print_supplies-is-not-running": "Файлы для печати поставок не создаются.",
    "reconcile_orders-is-not-running": "Заказы три часа не сверяются с WB.",
    "orders-are-unexplained": "Счёт заказов WB и магазина не сходится.",
    "poll_orders-misses-orders": "Сверка находит заказы, которых мы не видели.",
    "read_fbo_stock-is-not-running": "Остатки на складах WB два дня не читаются.",
    "refresh_schema-is-not-running": "Требования WB к карточкам два дня не читаются.",
    "wb-changed-what-it-wants": "WB изменил требования: часть карточек им больше не отвечает.",
    "plan_cards-is-not-running": "Изменения товаров не переходят в карточки WB.",
    "queue-too-slow-card-changes": "Изменения карточек четыре часа ждут в очереди.",
    "dead-letters-card-changes": "Часть изменений карточек не удалось передать.",
    "confirm_cards-is-not-running": "Созданные карточки не проверяются.",
    "cards-refused": "WB отклонил карточки.",
    "cards-overdue": "Карточки больше часа без ответа WB.",
    "push_prices-is-not-running": "Цены два часа не сверяются с WB.",
    "prices-held": "Цена в магазине упала слишком сильно: на WB не передана, ждёт подтверждения.",
    "prices-refused": "WB не принял цены.",
    "put-off-for-half-an-hour": "WB или магазин полчаса не отвечает.",
    "not-authorised": "Нет доступа: токен WB, вебхук магазина или права в AWS.",
    "the-life-of-orders-stands-still": "Этикетки, статусы, поставки или коды маркировки стоят.",
    "the-catalog-stands-still": "Связи, карточки или цены стоят.",
    "watch-is-not-running": "Ежечасная проверка не работает.",
    "the-token-expires-soon": "Токен WB скоро истечёт: создайте новый в кабинете WB.",
    "wb-answers-otherwise": "WB изменил вид своих ответов: сообщите разработчику.",
    "wb-switches-a-call-off": "WB скоро отключит метод, которым мы пользуемся: сообщите разработчику.",
    "stock-differs-on-wb": "Остатки на WB не те, что мы передали.",
    "telegram-is-not-told": "Сообщение в Telegram не доставлено.",
}


def alarm(heading: str, name: str, service: str) -> str:
    """What an alarm means; one that is not known is told by its name. `service`: the function, for shared headings."""
    meaning = ALARMS.get(heading) or f"Сработало: {name}"
    return f"{meaning} ({service})" if service and service not in heading else meaning


def alarm_message(what: str, *, stage: str, at: datetime, link: str, over: bool) -> str:
    """Lines for a chat: what, since when, and where it stands what to do."""
    head = f"✅ Прошло ({stage})" if over else f"🔴 Внимание ({stage})"
    lines = [head, what, f"{'В' if over else 'С'} {at:%d.%m.%Y %H:%M} (UTC)"]
    return "\n".join([*lines, f"Что делать: {link}"] if link and not over else lines)
