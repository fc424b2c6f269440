"""`python -m infra.local.bitrix --port P`: the shop on a port of 127.0.0.1, until Ctrl-C."""

import argparse

from infra.local.bitrix.app import Bitrix
from infra.local.bitrix.seed import Seed
from infra.local.serving import run_forever


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.local.bitrix", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--offers", type=int, default=50)
    parser.add_argument("--products", type=int, default=0, help="products without cards, see infra/local/products.py")
    chosen = parser.parse_args()
    seed = Seed(seed=chosen.seed, offers=chosen.offers, products=chosen.products)
    run_forever(Bitrix(seed).wsgi, chosen.port, "bitrix")


if __name__ == "__main__":
    main()
