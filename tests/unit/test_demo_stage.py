"""The parts of the demo's stage that can be tried without a cloud."""

import socket
from pathlib import Path

import httpx
import pytest

from infra.local.demo.day import wishes
from infra.local.demo.people import Wish
from infra.local.ministack import CloudError
from infra.local.stage import MINSK, Size, Stage, opening, shop, simulator


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEMO_OFFERS", "5"), ("DEMO_ORDERS", "many"), ("DEMO_WB_PORT", "70000"), ("DEMO_WB_HOST_TEMPLATE", "http://x")],
)
def test_a_wrong_variable_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(CloudError, match=f"^{name}: .*$"):
        Size.from_env()


def test_variables_that_are_not_set_or_empty_leave_the_usual_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_OFFERS", "")
    monkeypatch.setenv("DEMO_ORDERS", "12")
    assert (Size.from_env().offers, Size.from_env().orders) == (2000, 12)


def test_a_command_is_run_with_the_world_for_its_account_and_its_failure_is_told_in_one_line(tmp_path: Path) -> None:
    world = Stage(
        wildberries="http://127.0.0.1:1", bitrix="http://127.0.0.1:2", ministack="http://127.0.0.1:3", outputs={}
    )
    world.run_command(f"sh -c 'echo $AWS_ENDPOINT_URL $WBSYNC_STAGE > {tmp_path}/told'")
    assert (tmp_path / "told").read_text() == "http://127.0.0.1:3 local\n"
    with pytest.raises(CloudError, match=r"^`sh -c 'exit 3'` ended with 3$"):
        world.run_command("sh -c 'exit 3'")


def test_a_simulator_ends_with_whoever_started_it() -> None:
    def fails() -> None:
        with simulator("wildberries", "--goods", "5") as url:
            addresses.append(url)
            assert [row["id"] for row in httpx.get(f"{url}/_sim/state").json()["warehouses"]] == [MINSK]
            httpx.post(f"{url}/_sim/seed", json=opening(5, 1)[0]).raise_for_status()
            warehouses = httpx.get(f"{url}/_sim/state").json()["warehouses"]
            assert [row["id"] for row in warehouses] == [w.wb for w in shop().warehouses]
            raise InterruptedError

    addresses: list[str] = []
    with pytest.raises(InterruptedError):
        fails()
    with pytest.raises(httpx.ConnectError):
        httpx.get(addresses[0])


def test_a_simulator_whose_port_is_taken_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with (
            pytest.raises(CloudError, match=r"wildberries does not start: see .*wildberries\.log"),
            simulator("wildberries", "--port", port),
        ):
            pass


@pytest.mark.parametrize("orders", [6, 12, 150, 1000])
def test_buyers_wish_for_every_kind_and_together_for_as_many_as_were_asked_for(orders: int) -> None:
    counts = wishes(orders)
    assert sum(counts.values()) == orders
    assert min(count for wish, count in counts.items() if wish != Wish(warehouse=MINSK)) >= 1
    assert counts[Wish(warehouse=MINSK)] >= 0
    assert sum(count for wish, count in counts.items() if wish.marked) >= 2
