"""Ids of the two worlds, as distinct types so that one cannot be passed for another."""

from typing import NewType

# Wildberries
OrderId = NewType("OrderId", int)  # assembly order ("сборочное задание"): one unit of one size
NmId = NewType("NmId", int)  # a card
ChrtId = NewType("ChrtId", int)  # a size of a card: the unit of stock
WarehouseId = NewType("WarehouseId", int)  # the seller's warehouse as WB numbers it
SupplyId = NewType("SupplyId", str)  # "WB-GI-…"

# Both sides
Barcode = NewType("Barcode", str)

# Bitrix
OfferId = NewType("OfferId", int)  # catalog product that is sold: an offer or a simple product
StoreId = NewType("StoreId", int)
ShopOrderId = NewType("ShopOrderId", int)
