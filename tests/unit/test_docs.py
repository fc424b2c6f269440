"""The documents say what is: commands exist, samples are valid, links lead somewhere, what is quoted is said."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
import yaml
from pydantic import TypeAdapter

from infra.cli.__main__ import app
from tests.fixtures.template import resources
from wbsync.domain.cards import CardState
from wbsync.domain.mapping import Row, Source, SubjectTable, ValueRule, WhenEmpty, table_of
from wbsync.domain.products import GOOD_FIELDS
from wbsync.texts import ALARMS, CARD_STATES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
GUIDE = ROOT / "docs" / "cards-guide.md"
ARCHITECTURE = ROOT / "docs" / "architecture.md"
OWNERS = ROOT / "docs" / "owners-guide.md"
FAQ = ROOT / "docs" / "faq.md"

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(r"(?:^|\s)(?:uv run |\.venv/bin/)?wbsync ([a-z].*)")
_EXPLAINED = re.compile(r"\s#|\s{2,}")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")

_commands: Any = typer.main.get_command(app)  # typer keeps a click of its own, whose types are private


def blocks(text: str, language: str) -> list[str]:
    return [body for told, body in _FENCED.findall(text) if told == language]


def inline(text: str) -> list[str]:
    """What stands between backticks in running text."""
    return _INLINE.findall(_FENCED.sub("", text))


def commands(text: str) -> Iterator[str]:
    """What stands behind `wbsync`, up to what is said about it."""
    lines = [line for _, body in _FENCED.findall(text) for line in body.splitlines()]
    lines += [" ".join(code.split()) for code in inline(text)]
    for line in lines:
        if found := _COMMAND.search(line):
            yield _EXPLAINED.split(found[1])[0].strip()


def fault(command: str) -> str:
    """What of a command the CLI does not know; empty when it knows all of it."""
    levels: list[Any] = [_commands]
    words = [word for word in shlex.split(command) if word not in {"…", "..."}]
    while words and all(hasattr(level, "commands") for level in levels):
        told = words.pop(0).split("|")
        if told == ["--help"]:
            return ""
        if unknown := [name for level in levels for name in told if name not in level.commands]:
            return f"no command {unknown[0]}"
        levels = [level.commands[name] for level in levels for name in told]
    return next(filter(None, (_options_fault(level, words) for level in levels)), "")


def _options_fault(command: Any, words: list[str]) -> str:
    known = {name: param for param in command.params for name in (*param.opts, *param.secondary_opts)}
    takes_words = any(not param.opts[0].startswith("-") for param in command.params)
    left = list(words)
    while left:
        word = left.pop(0)
        if word.startswith("-"):
            if word not in {*known, "--help"}:
                return f"no option {word}"
            if word in known and not known[word].is_flag:
                if not left:
                    return f"{word} wants a value"
                left.pop(0)
        elif not takes_words:
            return f"{word} is too much"
    return ""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_of_the_documents_exists_with_its_options(document: Path) -> None:
    found = sorted(set(commands(document.read_text(encoding="utf-8"))))
    assert {command: told for command in found if (told := fault(command))} == {}


def test_the_documents_name_the_commands_of_the_catalog() -> None:
    told = {" ".join(command.split()[:2]) for path in DOCUMENTS for command in commands(path.read_text("utf-8"))}
    of_catalog = {f"{group} {name}" for group in ("cards", "mapping", "prices") for name in _group(group)}
    assert of_catalog <= told


def _group(name: str) -> list[str]:
    return list(_commands.commands[name].commands)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("cards plan --stage prod --html plan.html", ""),
        ("mapping pull|push", ""),
        ("prices approve 170000001 --stage prod", ""),
        ("cards paint", "no command paint"),
        ("cards plan --pdf plan.pdf", "no option --pdf"),
        ("cards plan --html", "--html wants a value"),
        ("cards show KR-1", "KR-1 is too much"),
    ],
)
def test_a_command_that_does_not_exist_is_noticed(command: str, told: str) -> None:
    assert fault(command) == told


def test_a_command_ends_where_its_explanation_begins() -> None:
    text = "```sh\nuv run wbsync cards show --problems  what became of it\n```\nSee `wbsync prices show`."
    assert list(commands(text)) == ["cards show --problems", "prices show"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_between_the_documents_leads_to_a_file(document: Path) -> None:
    links = _LINK.findall(_FENCED.sub("", document.read_text(encoding="utf-8")))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_rows_and_tables_of_the_guide_are_valid() -> None:
    samples = [yaml.safe_load(block) for block in blocks(GUIDE.read_text(encoding="utf-8"), "yaml")]
    rows = [row for sample in samples if isinstance(sample, list) for row in sample]
    tables = [table_of(sample) for sample in samples if isinstance(sample, dict)]
    assert len([Row.model_validate(row) for row in rows]) >= 1
    assert [table.variants_by for table in tables if isinstance(table, SubjectTable)] == [("TSVET",)]


def test_the_guide_names_every_source_rule_and_way_with_an_empty_value() -> None:
    told = {word for code in inline(GUIDE.read_text(encoding="utf-8")) for word in re.findall(r"\w+", code)}
    [union, _] = get_args(ValueRule)
    rules = {rule.model_fields["rule"].annotation for rule in get_args(union)}
    assert {name for rule in rules for name in get_args(rule)} <= told
    assert {*Source.model_fields, *GOOD_FIELDS, *map(str, WhenEmpty)} <= told


def test_the_guide_explains_every_state_that_staff_sees() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [told for told in CARD_STATES.values() if f"| {told} |" not in text] == []


@pytest.mark.parametrize("kind", ["property: TSVET", "field: weight", "price: 1", "constant: Беларусь"])
def test_the_sources_of_the_guide_are_valid(kind: str) -> None:
    assert f"`{kind}`" in GUIDE.read_text(encoding="utf-8")
    assert TypeAdapter(Source).validate_python(yaml.safe_load(kind)).model_fields_set == {kind.partition(":")[0]}


def test_the_architecture_names_every_state_of_a_card() -> None:
    told = set(inline(ARCHITECTURE.read_text(encoding="utf-8")))
    assert {str(state) for state in CardState} <= told


def test_the_architecture_names_every_folder_of_a_function() -> None:
    text = ARCHITECTURE.read_text(encoding="utf-8")
    assert [app.parent.name for app in sorted(ROOT.glob("functions/*/app.py")) if app.parent.name not in text] == []


@pytest.mark.parametrize(
    "kind", ["AWS::Serverless::Function", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket"]
)
def test_the_architecture_has_a_row_for_everything_that_runs_or_is_kept(kind: str) -> None:
    cells = {word for line in _rows(ARCHITECTURE) for word in re.findall(r"\w+", line.split("|")[1])}
    names = [_folder(name) if kind.endswith("Function") else name for name in resources(kind)]
    assert [name for name in names if name not in cells] == []


def test_the_picture_of_the_architecture_has_every_function() -> None:
    [picture] = blocks(ARCHITECTURE.read_text(encoding="utf-8"), "mermaid")
    named = set(re.findall(r"\w+", picture))
    assert [app.parent.name for app in ROOT.glob("functions/*/app.py") if app.parent.name not in named] == []


def _folder(function: str) -> str:
    """PushStock lies in functions/push_stock."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", function).lower()


def _rows(document: Path) -> list[str]:
    return [line for line in document.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]


# ---- what the product says


def test_the_owners_guide_tells_every_alarm_as_it_is_told_in_telegram_and_by_mail() -> None:
    text = OWNERS.read_text(encoding="utf-8")
    assert [told for told in ALARMS.values() if told not in text] == []
    assert [mail for mail in _mails() if mail not in text] == []


def test_an_alarm_that_mails_has_its_words_for_telegram_in_the_same_row() -> None:
    rows = _rows(OWNERS)
    apart = {
        mail
        for mail, heading in _mails().items()
        if not [row for row in rows if mail in row and ALARMS[heading] in row]
    }
    assert apart == set()


def _mails() -> dict[str, str]:
    """What an alarm's mail says, and its heading in the runbook; alarms that are told by others are left out."""
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    alarms = [alarm for kind in kinds for alarm in resources(kind).values() if alarm.get("AlarmActions")]
    told = [alarm["AlarmDescription"] for alarm in alarms]
    parts = [(text["Sub"] if isinstance(text, dict) else text).partition(". docs/runbook.md#") for text in told]
    return {mail: heading for mail, _, heading in parts}


def test_what_the_owners_guide_quotes_from_an_order_is_what_the_product_says() -> None:
    said = _said(ROOT / "layers/common/wbsync/texts.py")
    quoted = [row.split("|")[1] for row in _rows(OWNERS) if row.startswith("| «")]
    assert len(quoted) > 25
    assert _not_said(" ".join(quoted), said) == []


def test_what_the_faq_quotes_is_what_the_product_says() -> None:
    text = FAQ.read_text(encoding="utf-8")
    entries = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    assert 15 <= len(entries) <= 30
    assert [entry.splitlines()[0] for entry in entries if not _PARTS.search(entry)] == []
    said = _said(*(path for folder in ("layers", "infra") for path in (ROOT / folder).rglob("*.py")))
    seen = [entry.partition("**You see**")[2].partition("**Cause.**")[0] for entry in entries]
    assert _not_said(" ".join(" ".join(seen).split()), said) == []


_PARTS = re.compile(r"\*\*You see\*\*.*\*\*Cause\.\*\*.*\*\*Do\.\*\*", re.DOTALL)


@pytest.mark.parametrize("text", ["«an answer that nobody gives»", "«Штрихкод» and «Штрихкот … не найден»"])
def test_a_quotation_of_what_nobody_says_is_noticed(text: str) -> None:
    assert len(_not_said(text, _said(ROOT / "layers/common/wbsync/texts.py"))) == 1


def _not_said(text: str, said: str) -> list[str]:
    """Quotations, taken apart where they leave something out, that stand in no text of the program."""
    pieces = [piece.strip() for quoted in re.findall(r"«([^«»]+)»", text) for piece in quoted.split("…")]
    return [piece for piece in pieces if piece and piece not in said]


def _said(*files: Path) -> str:
    """All texts of some modules; what a program fills in separates two texts."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    found = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return "\0".join(one for one in found if isinstance(one, str))
