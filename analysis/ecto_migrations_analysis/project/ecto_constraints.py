"""`unique_constraint/3` and its like: the names of constraints that changesets expect.

Without `name:` they are those of `Ecto.Changeset`.
"""

from __future__ import annotations

from ..program.evaluator import Evaluator
from ..program.scope import Module, Scope
from ..program.terms import ListTerm, Options, Term, Text, as_name
from ..program.values import to_options
from ..syntax.span import Place
from ..syntax.tree import Node
from .ecto_schema_model import EctoSchema, NamedConstraint
from .terms import MAX_STEPS, is_local_call

# The functions of `Ecto.Changeset` that turn a violated constraint into an error, with the ending of the name
# they look for when none is given.
_CONSTRAINTS = {
    "unique_constraint": ("unique", "index"),
    "foreign_key_constraint": ("foreign key", "fkey"),
    "assoc_constraint": ("foreign key", "fkey"),
    "no_assoc_constraint": ("no assoc", "fkey"),
    "check_constraint": ("check", None),
    "exclusion_constraint": ("exclusion", "exclusion"),
}


def named_constraints(
    module: Module, modules: dict[str, Module], block: Node, path: str, schema: EctoSchema | None
) -> list[NamedConstraint]:
    """The calls of `unique_constraint` and its like in the module's functions."""
    evaluator = Evaluator(modules, MAX_STEPS)
    scope = Scope({}, module, module.attributes())
    found: list[NamedConstraint] = []
    pending = [(block, False)]
    while pending:
        node, piped = pending.pop()
        if is_local_call(node, "defmodule"):
            continue
        if is_local_call(node, *_CONSTRAINTS) or _is_qualified(node):
            arguments = node.child("arguments")
            given = arguments.children if arguments is not None else []
            found.append(_constraint(node, given if piped else given[1:], evaluator, scope, path, schema))
        pipe = node.kind == "binary_operator" and node.operator == "|>"
        children = [(child, pipe and at == 1) for at, child in enumerate(node.children)]
        pending.extend(reversed(children))
    return found


def changeset(block: Node, path: str) -> Place | None:
    """The pipeline with `cast` that `changeset` ends with, or the one function that has such a one.

    Only where each step has a line of its own.
    """
    found: dict[str, Place] = {}
    for statement in block.children:
        if not is_local_call(statement, "def", "defp"):
            continue
        body = statement.child("do_block")
        head = statement.child("arguments")
        last = body.children[-1] if body is not None and body.children else None
        if last is None or head is None or last.kind != "binary_operator" or last.operator != "|>":
            continue
        lines = [line.strip() for line in last.text.split("\n")[1:]]
        if last.text.count("|>") != sum(line.startswith("|>") for line in lines):
            continue
        if any(line.startswith("|> cast(") for line in lines):
            found.setdefault(head.text.lstrip("(").partition("(")[0].strip(), Place(path, last.span))
    return found.get("changeset") or (next(iter(found.values())) if len(found) == 1 else None)


def _is_qualified(node: Node) -> bool:
    """`Ecto.Changeset.unique_constraint(…)`, under whatever alias."""
    if node.kind != "call" or not node.children or node.children[0].kind != "dot":
        return False
    module, _, function = node.children[0].text.rpartition(".")
    return function in _CONSTRAINTS and module.rpartition(".")[2] == "Changeset"


def _function(node: Node) -> str:
    return node.children[0].text.rpartition(".")[2]


def _constraint(
    node: Node, given: list[Node], evaluator: Evaluator, scope: Scope, path: str, schema: EctoSchema | None
) -> NamedConstraint:
    kind, ending = _CONSTRAINTS[_function(node)]
    values = [evaluator.value(argument, scope) for argument in given]
    options = to_options(values[1]) if len(values) > 1 else Options()
    if len(values) == 1 and isinstance(values[0], ListTerm) and given[0].kind == "keywords":
        options = to_options(values[0])
    name: str | None = None
    if options.has("name"):
        stated = options.get("name")
        name = stated.value if isinstance(stated, Text) else as_name(stated)
    elif ending is not None and schema is not None and values:
        columns = _columns(values[0], kind, _function(node), schema)
        # `Ecto.Changeset.unique_constraint/3`: the source, the fields' columns, the ending.
        name = "_".join([schema.table.name or "", *columns, ending]) if columns else None
    match = options.get("match")
    return NamedConstraint(
        kind=kind,
        name=name,
        exact=match is None or as_name(match) == "exact",
        place=Place(path, node.span),
    )


def _columns(term: Term, kind: str, function: str, schema: EctoSchema) -> list[str]:
    """The columns that a default name holds; empty where they are not known."""
    items = list(term.items) if isinstance(term, ListTerm) else [term]
    names = [as_name(item) for item in items]
    if kind == "no assoc":
        return []  # named by the other table
    columns: list[str] = []
    for name in names:
        if name is None:
            return []
        wanted = f"{name}_id" if function == "assoc_constraint" else name
        known = next((item for item in schema.fields if item.name == wanted), None)
        columns.append(known.column if known is not None else wanted)
    return columns
