"""`make demo`: the whole life of a day's orders, in the real template on this machine, counted by the outside world.

| file | |
|---|---|
| day.py | the working day: stock, buyers, orders into the shop |
| handover.py | what becomes of them: assembled, handed over, sold or sent back, proven |
| running.py | how the deployed functions are started and waited for |
| people.py | who makes it happen: buyers, the shop's staff, WB, and trouble |
| counting.py, outcome.py | what came of it, read off the simulators' own state; pure |
| scanner.py | what a scanner reads on what was printed |
| __main__.py | starts it all, shows it, writes the report |
"""
