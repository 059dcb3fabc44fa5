"""The boundaries of ARCHITECTURE.md, read from the source: who imports whom, and who touches the disk."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {
    "ecto_migrations_server": ROOT / "server" / "ecto_migrations_server",
    "ecto_migrations_analysis": ROOT / "analysis" / "ecto_migrations_analysis",
    "ecto_migrations_snippets": ROOT / "snippets" / "ecto_migrations_snippets",
}
ANALYSIS = "ecto_migrations_analysis"

# Inside analysis: each part may import those to its right. Everything may import `records`.
MAY_IMPORT = {
    "records": "",
    "syntax": "",
    "findings": "syntax",
    "operations": "syntax",
    "program": "syntax project",
    "project": "syntax program operations databases schema",
    "schema": "syntax operations databases",
    "sql": "syntax operations program databases schema",
    "databases": "syntax operations program project schema sql",
    "analysis": "syntax findings operations program project schema databases",
    "rules": "syntax findings operations program project schema databases sql analysis",
    "fixes": "syntax findings operations program project schema databases sql analysis rules engine",
    "mentions": "syntax operations program project schema databases analysis",
    "report": "syntax findings operations program project schema databases analysis",
    "engine": "syntax findings operations program project schema databases analysis rules",
}


@dataclass(frozen=True)
class Import:
    """`at_start` is False inside a function: then it costs nothing until the function is called."""

    module: str
    names: tuple[str, ...]
    at_start: bool
    line: int


@dataclass(frozen=True)
class Module:
    name: str
    path: Path
    tree: ast.Module = field(repr=False)

    @property
    def package(self) -> str:
        return self.name if self.path.name == "__init__.py" else self.name.rpartition(".")[0]

    @property
    def part(self) -> str:
        """The folder or module right below the package: `syntax`, `rules`, `cli`."""
        return self.name.partition(".")[2].partition(".")[0]

    def imports(self) -> Iterator[Import]:
        """Every import but those for type checkers only."""
        yield from self._imports(self.tree, at_start=True)

    def _imports(self, node: ast.AST, at_start: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, (), at_start, child.lineno)
            elif isinstance(child, ast.ImportFrom):
                names = tuple(alias.name for alias in child.names)
                yield Import(self._absolute(child), names, at_start, child.lineno)
            elif isinstance(child, ast.If) and _is_type_checking(child.test):
                for other in child.orelse:
                    yield from self._imports(ast.Module([other], []), at_start)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from self._imports(child, at_start and not inside)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        base = parts[: len(parts) - (node.level - 1)]
        return ".".join([*base, *([node.module] if node.module else [])])


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


@cache
def modules(package: str) -> tuple[Module, ...]:
    folder = FOLDERS[package]
    found = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join([package, *(part for part in parts if part != "__init__")])
        found.append(Module(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path))))
    assert found
    return tuple(found)


def every_module() -> list[Module]:
    return [module for package in FOLDERS for module in modules(package)]


@cache
def names() -> frozenset[str]:
    return frozenset(module.name for module in every_module())


def targets(module: Module, imported: Import) -> list[str]:
    """The modules of ours that an import statement names: `from . import x` names the module x."""
    known = names()
    found = [name for name in (f"{imported.module}.{each}" for each in imported.names) if name in known]
    if not found or len(found) < len(imported.names):
        found.append(imported.module)
    return [name for name in found if name in known]


def offenders(package: str, forbidden: set[str]) -> list[str]:
    return [
        f"{module.name}:{imported.line} imports {imported.module}"
        for module in modules(package)
        for imported in module.imports()
        if imported.module.split(".")[0] in forbidden
    ]


def test_imports_go_from_server_to_analysis_and_snippets_only() -> None:
    assert not offenders(ANALYSIS, {"ecto_migrations_server", "ecto_migrations_snippets"})
    assert not offenders("ecto_migrations_snippets", {"ecto_migrations_server", ANALYSIS})


def test_the_analysis_knows_neither_editors_nor_terminals() -> None:
    assert not offenders(ANALYSIS, {"pygls", "lsprotocol", "rich", "argparse", "asyncio", "logging"})
    assert not offenders("ecto_migrations_snippets", {"pygls", "lsprotocol", "rich"})


@pytest.mark.parametrize("part", sorted({module.part for module in modules(ANALYSIS)} - {""}))
def test_directions_inside_the_analysis(part: str) -> None:
    allowed = {"records", part, *MAY_IMPORT[part].split()}
    wrong = [
        f"{module.name}:{imported.line} imports {target}"
        for module in modules(ANALYSIS)
        if module.part == part
        for imported in module.imports()
        for target in targets(module, imported)
        if target.split(".")[1:2] and target.split(".")[1] not in allowed
    ]
    assert not wrong


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {
        module.name: {
            target
            for imported in module.imports()
            if imported.at_start
            for target in targets(module, imported)
            if target != module.name
        }
        for module in every_module()
        # A package's own `__init__` names what is below it.
        if module.path.name != "__init__.py"
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name in done:
            return
        for other in sorted(graph.get(name, ())):
            visit(other, (*path, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def test_the_command_line_reaches_the_language_server_in_one_place_only() -> None:
    """pygls and lsprotocol cost 0.4 s: more than everything else together."""
    wrong = []
    for module in modules("ecto_migrations_server"):
        for imported in module.imports():
            outside = imported.module.split(".")[0] in {"pygls", "lsprotocol"}
            if outside and module.part != "lsp":
                wrong.append(f"{module.name} imports {imported.module}")
            below = imported.module.startswith("ecto_migrations_server.lsp")
            if below and module.part != "lsp":
                if module.name != "ecto_migrations_server.cli.server" or imported.at_start:
                    wrong.append(f"{module.name}:{imported.line} imports {imported.module}")
            if module.part == "lsp" and imported.module.startswith("ecto_migrations_server.cli"):
                wrong.append(f"{module.name} imports {imported.module}")
    assert not wrong


def test_the_sql_parser_is_imported_when_there_is_sql() -> None:
    """And in one module only: decisions.md, "pglast, and its licence"."""
    users = {
        (module.name, imported.at_start)
        for module in every_module()
        for imported in module.imports()
        if imported.module.split(".")[0] == "pglast"
    }
    assert users == {(f"{ANALYSIS}.sql.parser", False)}


# What reads or writes files, starts processes or opens connections, by module and by call.
_OUTSIDE = {"glob", "io", "os", "pathlib", "shutil", "socket", "sqlite3", "subprocess", "tempfile", "urllib"}
_PURE = {("pathlib", "PurePath"), ("pathlib", "PurePosixPath"), ("posixpath", "")}
_CALLS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "iterdir", "rglob"}


def test_only_project_reads_the_disk() -> None:
    wrong = []
    for module in modules(ANALYSIS):
        if module.part == "project":
            continue
        for imported in module.imports():
            if imported.module.split(".")[0] in _OUTSIDE and not all(
                (imported.module, name) in _PURE for name in imported.names or ("",)
            ):
                wrong.append(f"{module.name}:{imported.line} imports {imported.module}")
        # What lies in the package itself is data of the program, not of the user's disk.
        own_data = any(imported.names == ("resources",) for imported in module.imports())
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
                if name in _CALLS and not own_data:
                    wrong.append(f"{module.name}:{node.lineno} calls {name}")
    assert not wrong


def test_dataclasses_are_records() -> None:
    """Of the standard library's own, each costs about a millisecond at start (records.py)."""
    wrong = [
        f"{module.name}:{imported.line}"
        for package in (ANALYSIS, "ecto_migrations_server")
        for module in modules(package)
        if module.part != "lsp"
        for imported in module.imports()
        if imported.module == "dataclasses" and {"dataclass", "field", "replace"} & set(imported.names)
    ]
    assert not wrong


def test_every_module_says_what_it_is() -> None:
    assert [module.name for module in every_module() if not ast.get_docstring(module.tree)] == []
