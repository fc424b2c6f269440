"""A shop's YAML as a developer wrote it: each problem in the YAML's own words, with its line and what to do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from wbsync.domain.shop import Shop
from wbsync.domain.statuses import WbStatus
from wbsync.errors import Rejected

type Where = tuple[str | int, ...]
"""The way to a setting, e.g. ("warehouses", 0, "stores")."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a setting and what to do about it, in one line."""

    where: Where
    what: str

    def __str__(self) -> str:
        return f"{setting(self.where)}: {self.what}" if self.where else self.what


@dataclass(frozen=True, slots=True)
class ShopFile:
    """A configuration that holds, and the YAML it came from."""

    shop: Shop
    root: Node

    def told(self, problem: Problem) -> str:
        return f"line {line_of(self.root, problem.where)}: {problem}"


def read(content: bytes) -> ShopFile:
    """Raises Rejected with one line for each problem."""
    root, data = parsed(content)
    if root is None:
        raise Rejected("the file is empty: begin with infra/config/dev.example.yaml")
    try:
        shop = Shop.model_validate(data)
    except ValidationError as error:
        problems = explained(error, data)
    else:
        problems = [*_rows_that_never_fit(shop)]
        if not problems:
            return ShopFile(shop, root)
    found = sorted((line_of(root, problem.where), str(problem)) for problem in problems)
    raise Rejected("\n".join(f"line {line}: {told}" for line, told in found))


def setting(where: Where) -> str:
    """The name of a setting, e.g. `warehouses[0].stores`."""
    name = ""
    for step in where:
        name += f"[{step}]" if isinstance(step, int) else f".{step}"
    return name.removeprefix(".")


# ---- YAML


class _Loader(yaml.SafeLoader):
    """YAML as people read it: 17:30 is a time of day, and not the number 1050 in base 60."""


def _whole_number(loader: yaml.SafeLoader, node: ScalarNode) -> int | str:
    return str(node.value) if ":" in node.value else loader.construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def parsed(content: bytes) -> tuple[Node | None, object]:
    """The YAML with its places, and what it holds; None for both of an empty file. Raises Rejected with the line."""
    try:
        loader = _Loader(content)
        root = loader.get_single_node()
        if root is None:
            return None, None
        _refuse_doubled_keys(root)
        return root, loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise Rejected(f"{where}this is no valid YAML: {error.problem or error.context}") from None
    except yaml.YAMLError:
        raise Rejected("the file is no text in UTF-8") from None


def _refuse_doubled_keys(root: Node) -> None:
    """YAML's readers silently keep the last of them."""
    for node in _nodes(root):
        keys: set[str] = set()
        for key in (
            (key for key, _ in node.value if isinstance(key, ScalarNode)) if isinstance(node, MappingNode) else ()
        ):
            if key.value in keys:
                line = key.start_mark.line + 1
                raise Rejected(f"line {line}: `{key.value}` stands twice in one section: leave one of them")
            keys.add(key.value)


def _nodes(root: Node) -> Iterator[Node]:
    """All nodes, each once: an alias may lead back."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, SequenceNode):
            waiting += node.value
        elif isinstance(node, MappingNode):
            waiting += [inner for pair in node.value for inner in pair]


def line_of(root: Node, where: Where) -> int:
    """The line of a setting, or of the section it is missing from."""
    node, line = root, root.start_mark.line
    for step in where:
        found = _step(node, step)
        if found is None:
            break
        line, node = found
    return int(line) + 1


def _step(node: Node, step: str | int) -> tuple[int, Node] | None:
    if isinstance(node, MappingNode):
        pairs = ((key, value) for key, value in node.value if key.value == str(step))
        return next(((key.start_mark.line, value) for key, value in pairs), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


# ---- what pydantic found, in words


_SECTION = "must be a section with settings, not {input}"
_WHOLE_NUMBER = "must be a whole number, not {input}"
_LIST = "must be a list as [1, 2], not {input}"
_TIME = "must be a time of day such as 17:30, not {input}"
_YES_OR_NO = "must be true or false, not {input}"
_WORDS: Mapping[str, str] = {
    "missing": "is missing: add it",
    "model_type": _SECTION,
    "dict_type": _SECTION,
    "tuple_type": _LIST,
    "frozen_set_type": _LIST,
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "bool_type": _YES_OR_NO,
    "bool_parsing": _YES_OR_NO,
    "string_type": "must be text, not {input}: put it in quotes",
    "string_too_short": "must not be empty",
    "string_too_long": "must have {max_length} characters at most",
    "too_short": "must name at least one",
    "greater_than_equal": "must be {ge} or more, not {input}",
    "less_than_equal": "must be {le} or less, not {input}",
    "time_type": _TIME,
    "time_parsing": _TIME,
    "literal_error": "must be {expected}, not {input}",
    "value_error": "{error}",
}
_PATTERNS: Mapping[str, str] = {
    "^[A-Z]{3}$": "must be three capital letters such as BYN, not {input}",
    "^[0-9]{3}$": "must be the three digits of a country in OKSM such as 112 for Belarus, in quotes, not {input}",
    "^[a-z0-9-]{1,20}$": "must be 1 to 20 small Latin letters, digits or hyphens, not {input}",
}


def explained(
    error: ValidationError,
    data: Any,  # noqa: ANN401 what the YAML holds
    model: type[BaseModel] = Shop,
) -> list[Problem]:
    """The problems of a configuration that `model` refused; `data` is what it was made of."""
    found = error.errors(include_url=False)
    # Of a list whose entries are all wrong, pydantic says too that it is empty.
    spoiled = {one["loc"][:-1] for one in found}
    told = (one for one in found if one["type"] != "too_short" or one["loc"] not in spoiled)
    return [_problem(one, data, model) for one in told]


def _problem(found: Any, data: Any, model: type[BaseModel]) -> Problem:  # noqa: ANN401 pydantic's own dictionary
    where: Where = tuple(step for step in found["loc"] if step != "[key]")
    kind, context = found["type"], {**found.get("ctx", {}), "input": _shown(found["input"])}
    if kind == "extra_forbidden":
        return Problem(where, _unknown(str(where[-1]), model))
    if kind == "value_error" and not where and model is Shop:
        where = _second_use(data)
    words = _PATTERNS.get(context.get("pattern", "")) or _WORDS.get(kind)
    return Problem(where, words.format_map(context) if words else found["msg"])


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    return "a section" if isinstance(value, dict) else repr(value)[:60]


def _unknown(name: str, model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    sections = [schema, *schema["$defs"].values()]
    names = {known for section in sections for known in section.get("properties", ())}
    close = get_close_matches(name, names, n=1)
    return f"is no setting: did you mean `{close[0]}`?" if close else "is no setting: remove it"


def _rows_that_never_fit(shop: Shop) -> Iterator[Problem]:
    """Rows of statuses.to_shop with a word that wbsync does not know of WB: they would silently do nothing."""
    for at, row in enumerate(shop.statuses.to_shop):
        for field, word in (("supplier", row.supplier), ("wb", row.wb)):
            if word is not None and not _is_known(**{field: word}):
                other = "wb" if field == "supplier" else "supplier"
                hint = f": write it as `{other}`" if _is_known(**{other: word}) else ", as far as wbsync knows"
                yield Problem(("statuses", "to_shop", at, field), f"WB never says {word!r} here{hint}")


def _is_known(supplier: str = "new", wb: str = "waiting") -> bool:
    return WbStatus(supplier, wb, read_at=datetime.min.replace(tzinfo=UTC)).known


def _second_use(data: Any) -> Where:  # noqa: ANN401 what the YAML holds
    """Where the id stands that `warehouses` names twice; every setting for itself is right when this is asked."""
    warehouses = list(enumerate(data["warehouses"]))
    stores = [(int(s), ("warehouses", n, "stores", k)) for n, w in warehouses for k, s in enumerate(w["stores"])]
    for uses in ([(int(w["wb"]), ("warehouses", n, "wb")) for n, w in warehouses], stores):
        seen: set[int] = set()
        for number, where in uses:
            if number in seen:
                return where
            seen.add(number)
    return ("warehouses",)
