"""A mapping table's YAML as people wrote it: read, checked line by line, and kept in a folder, one file per subject."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from yaml.nodes import Node

from infra.cli.shop_file import Problem, Where, explained, line_of, parsed
from wbsync.domain.contradictions import Contradiction
from wbsync.domain.mapping import CommonTable, SubjectTable, Table, table_of
from wbsync.errors import Rejected
from wbsync.stores.mappings import key_of
from wbsync.texts import mapping_contradiction

_VERSION = re.compile(r"\A# version (\d+)[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A table that holds by itself. `text` is without the line that names the version it was made from (0: none)."""

    path: Path
    text: str
    version: int
    table: Table
    root: Node

    @property
    def key(self) -> str:
        return key_of(self.table)

    def told(self, found: Contradiction) -> str:
        words = mapping_contradiction(found.kind, found.detail, found.nearest)
        return f"{self.path}:{line_of(self.root, found.path)}: {words}"


def read(path: Path) -> MappingFile:
    """Raises Rejected with one line `file:line: reason` for each problem."""
    content = path.read_bytes()
    try:
        root, data = parsed(content)
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Rejected(f"{path}:1: the file is no text in UTF-8") from None
    except Rejected as error:
        line = re.match(r"line (\d+): ", error.reason)
        reason = error.reason.removeprefix(line[0]) if line else error.reason
        raise Rejected(f"{path}:{line[1] if line else 1}: {reason}") from None
    if root is None:
        raise Rejected(f"{path}:1: the file is empty: begin with `wbsync mapping propose`")
    try:
        table = table_of(data)
    except ValidationError as error:
        found = sorted({(line_of(root, problem.where), str(problem)) for problem in _problems(error, data)})
        raise Rejected("\n".join(f"{path}:{line}: {told}" for line, told in found)) from None
    version = _VERSION.match(text)
    return MappingFile(path, _VERSION.sub("", text), int(version[1]) if version else 0, table, root)


def read_folder(folder: Path, only: str = "") -> list[MappingFile]:
    """All tables of a folder, or that of `only`. Raises Rejected with all problems of all files."""
    files: list[MappingFile] = []
    refused: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        if only in {"", path.stem}:
            try:
                files.append(read(path))
            except Rejected as error:
                refused.append(error.reason)
    refused += _misnamed(files)
    if refused:
        raise Rejected("\n".join(refused))
    if not files:
        raise Rejected(f"{folder / (only or '*')}{'.yaml' if only else ''}: there is no such file")
    return files


def with_version(text: str, version: int) -> bytes:
    """What the file holds; its first line names the version that changes are made from."""
    return f"# version {version}\n{text}".encode()


def _misnamed(files: Iterable[MappingFile]) -> Iterator[str]:
    """One file per table, which `mapping pull` finds again."""
    for file in files:
        if file.path.stem != file.key:
            line = line_of(file.root, ("subject",))
            yield f"{file.path}:{line}: the file of {file.key} is to be called {file.key}.yaml"


def _problems(error: ValidationError, data: Any) -> Iterator[Problem]:  # noqa: ANN401 what the YAML holds
    common = isinstance(data, dict) and data.get("subject") == "common"
    for problem in explained(error, data, CommonTable if common else SubjectTable):
        where = _way(problem.where, data)
        if where and where[-1] == "to":
            yield Problem(where, "must be a charcID (a number) or a field of the card: vendorCode, title, brand, …")
        else:
            yield Problem(where, problem.what)


def _way(where: Where, data: Any) -> Where:  # noqa: ANN401 what the YAML holds
    """The way without pydantic's own steps, which name the kind of a rule or of an id."""
    way: list[str | int] = []
    for n, step in enumerate(where):
        found = _inside(data, step)
        if found is not None:
            way.append(step)
            [data] = found
        elif n == len(where) - 1 and isinstance(data, dict):
            way.append(step)
    return tuple(way)


def _inside(data: Any, step: str | int) -> list[Any] | None:  # noqa: ANN401 what the YAML holds
    """What stands there, as a list of one; None when nothing does."""
    if isinstance(data, dict):
        return [data[step]] if step in data else None
    return [data[step]] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None
