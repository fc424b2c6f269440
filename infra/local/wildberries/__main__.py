import argparse

from infra.local.serving import run_forever
from infra.local.wildberries import Wildberries, World

parser = argparse.ArgumentParser(prog="python -m infra.local.wildberries", description="A simulated Wildberries.")
parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
parser.add_argument("--seed", type=int, default=1, help="which world")
parser.add_argument("--goods", type=int, default=100, help="sizes that the shop has, see infra/local/goods.py")
parser.add_argument("--life", action="store_true", help="orders move by themselves, see life.py")
options = parser.parse_args()
run_forever(
    Wildberries(World(seed=options.seed, goods=options.goods, life=options.life)).wsgi, options.port, "wildberries"
)
