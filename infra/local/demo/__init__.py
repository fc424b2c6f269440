"""`make demo`: a working day of a shop, in the real template on this machine, counted by the outside world.

| file | |
|---|---|
| day.py | what happens, hour by hour |
| people.py | who makes it happen: buyers, the shop's staff, the seller's staff, and trouble |
| counting.py | what came of it, read off the simulators' own state; pure |
| __main__.py | starts it all, shows it, writes the report |
"""
