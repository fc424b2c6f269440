"""Ids of the two worlds, as distinct types so that one cannot be passed for another."""

from typing import NewType

# Wildberries
OrderId = NewType("OrderId", int)  # assembly order ("сборочное задание"): one unit of one size
NmId = NewType("NmId", int)  # a card
ImtId = NewType("ImtId", int)  # a group of cards that a buyer sees as one with variants
ChrtId = NewType("ChrtId", int)  # a size of a card: the unit of stock
WarehouseId = NewType("WarehouseId", int)  # the seller's warehouse as WB numbers it
SubjectId = NewType("SubjectId", int)  # what kind of thing WB takes a card for ("предмет")
CharcId = NewType("CharcId", int)  # a characteristic, the same in all subjects that have it
SupplyId = NewType("SupplyId", str)  # "WB-GI-…"

# Both sides
Barcode = NewType("Barcode", str)

# Bitrix
OfferId = NewType("OfferId", int)  # catalog product that is sold: an offer or a simple product
ProductId = NewType("ProductId", int)  # what people see as one thing: a head with its offers, or a simple product
SectionId = NewType("SectionId", int)
PriceTypeId = NewType("PriceTypeId", int)
StoreId = NewType("StoreId", int)
ShopOrderId = NewType("ShopOrderId", int)
