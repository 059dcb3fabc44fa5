"""Shapes of the syntax tree that several parts look for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..syntax.tree import Node
from .scope import Scope, pair_key
from .terms import Atom

if TYPE_CHECKING:
    from .evaluator import Evaluator


def is_call(node: Node, name: str) -> bool:
    """Whether `node` is a local call of `name`."""
    if node.kind != "call" or not node.children:
        return False
    target = node.children[0]
    return target.kind == "identifier" and target.end - target.start == len(name) and target.text == name


def arguments_of(node: Node) -> list[Node]:
    """The argument nodes of a call; keywords at the end are one node."""
    found = node.child("arguments")
    return found.children if found else []


def module_names(node: Node, evaluator: Evaluator, scope: Scope) -> list[str]:
    """The modules that `Name` or `Name.{A, B}` means, as in `alias`."""
    dot = node.children[0] if node.kind == "call" and node.children else node
    if dot.kind == "dot" and len(dot.children) == 2 and dot.children[1].kind == "tuple":
        base = evaluator.value(dot.children[0], scope)
        if isinstance(base, Atom):
            return [
                f"{base.name}.{child.text}" for child in dot.children[1].children if child.kind == "alias"
            ]
        return []
    value = evaluator.value(node, scope)
    return [value.name] if isinstance(value, Atom) else []


def read_directive(kind: str, arguments: list[Node], evaluator: Evaluator, scope: Scope) -> list[str]:
    """The modules that `alias`, `import`, `require` or `use` names; aliases and imports reach the module."""
    module = scope.module
    if not arguments or module is None:
        return []
    names = module_names(arguments[0], evaluator, scope)
    renamed = None
    for argument in arguments[1:]:
        for pair in argument.children if argument.kind == "keywords" else ():
            if pair_key(pair) == "as" and len(pair.children) == 2:
                renamed = pair.children[1].text
    if kind == "alias" or renamed is not None:
        for name in names:
            module.aliases[renamed or name.rpartition(".")[2]] = name
    if kind == "import":
        module.imports.extend(name for name in names if name not in module.imports)
    return names
