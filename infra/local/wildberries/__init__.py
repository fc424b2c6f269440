"""A simulated Wildberries seller API, as strict as its documentation.

    from infra.local.wildberries import Wildberries, World, make_token
    wb = Wildberries(World(seed=7, goods=200))
    httpx.Client(transport=httpx.WSGITransport(app=wb.wsgi), base_url="http://wb/marketplace-api")

or on a port: `python -m infra.local.wildberries --port 8081`.

| file | rule kept there |
|---|---|
| routes.py | every operation: verb, api, path, bucket, reads or writes, handler; which token category an api wants |
| auth.py | tokens: 401 and 403, and `make_token` |
| limits.py | token buckets, what a 4XX costs, X-Ratelimit-* |
| schema.py subjects.py | what WB wants to know about a card, and its dictionaries |
| cards.py card_form.py card_rules.py | cards that are sent, what is refused at once, what is refused later |
| drafts.py media.py | what becomes of sent cards, their photos |
| prices.py | prices and discounts, and the tasks that set them |
| general.py content.py stocks.py analytics.py orders.py archive.py labels.py meta.py | what the operations do |
| supplies.py boxes.py transfer.py spot.py | likewise, for supplies |
| stickers.py | pictures and PDFs with QR codes that scan |
| state.py world.py | what there is, and how a world is made from a seed |
| buyers.py life.py | buyers, and what becomes of their orders |
| faults.py control.py | behind `/_sim/`: trouble on demand, and looking inside |
| app.py | the way of one request through all of this |
"""

from infra.local.wildberries.app import Wildberries
from infra.local.wildberries.auth import Category, make_token
from infra.local.wildberries.world import World

__all__ = ["Category", "Wildberries", "World", "make_token"]
