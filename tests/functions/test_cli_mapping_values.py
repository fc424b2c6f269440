"""`wbsync mapping values`: a shop's values in the words of a dictionary, for measuring."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.__main__ import app


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    return written(tmp_path / "dictionary.json", ["белый", "голубой", "темно-синий"])


def written(path: Path, what: object) -> Path:
    path.write_text(json.dumps(what, ensure_ascii=False))
    return path


def run(dictionary: Path, values: Path, *more: str) -> tuple[int, str, str]:
    words = ["mapping", "values", "--dictionary", str(dictionary), "--values", str(values), *more]
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.stdout, done.stderr


def test_each_value_is_told_in_the_order_of_the_file(dictionary: Path, tmp_path: Path) -> None:
    values = written(tmp_path / "values.json", ["белый с голубым", "Белая", "корова", "цвет не указан"])
    code, out, _ = run(dictionary, values, "--json")
    told = json.loads(out)["values"]
    assert code == 0
    assert [(one["value"], one["matches"], one["apply"]) for one in told] == [
        ("белый с голубым", ["белый", "голубой"], True),
        ("Белая", ["белый"], True),
        ("корова", [], False),
        ("цвет не указан", [], False),
    ]
    assert all(set(one) == {"value", "matches", "confidence", "apply", "reason"} and one["reason"] for one in told)


@pytest.mark.parametrize("shape", [{"data": [{"name": "белый"}]}, [{"name": "белый"}], ["белый"]])
def test_wbs_own_shapes_of_a_dictionary_are_read(shape: object, tmp_path: Path) -> None:
    values = written(tmp_path / "values.json", ["белая"])
    _, out, _ = run(written(tmp_path / "dictionary.json", shape), values, "--json")
    assert json.loads(out)["values"][0]["matches"] == ["белый"]


def test_people_get_a_table(dictionary: Path, tmp_path: Path) -> None:
    code, out, _ = run(dictionary, written(tmp_path / "values.json", ["т.синий"]))
    assert code == 0
    assert "темно-синий" in out
    assert "1 of 1 are taken without asking" in out


@pytest.mark.parametrize(
    ("content", "told"),
    [("no json", "is no JSON"), ('"text"', "a list is expected"), ("[null]", "entry 1 is neither a text")],
)
def test_bad_input_gets_one_line(dictionary: Path, tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "values.json"
    file.write_text(content)
    code, _, error = run(dictionary, file)
    assert code == 1
    assert told in error
    assert len(error.strip().splitlines()) == 1
