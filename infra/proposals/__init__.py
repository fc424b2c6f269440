"""Which property of the shop is which characteristic of WB: by names, codes, types, units and values."""
