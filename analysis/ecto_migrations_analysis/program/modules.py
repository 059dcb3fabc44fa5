"""Collects the modules of a file: attributes, functions, aliases, what they use and import.

The body of a module runs when it is compiled, in order; an attribute has, in a function, the value that it
has where the function stands.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..syntax.tree import ERROR, Node
from . import operators
from .evaluator import Evaluator
from .scope import (
    Call,
    FunctionClause,
    Module,
    Scope,
    block_sections,
    is_default,
    pair_key,
)
from .shapes import arguments_of, is_call, read_directive
from .terms import Atom, Term, Unknown, as_name
from .values import truth

_DEFINITIONS = frozenset({"def", "defp"})
_MACROS = frozenset({"defmacro", "defmacrop", "defguard", "defguardp"})
# Attributes that document; their values say nothing.
_DOCUMENTATION = frozenset(
    {"doc", "moduledoc", "typedoc", "spec", "type", "typep", "opaque", "callback", "impl"}
)
_MAX_NESTING = 20


def read_modules(root: Node, evaluator: Evaluator) -> dict[str, Module]:
    """The modules below `root` by full name, in the order of the text; `evaluator.modules` is set to them."""
    modules: dict[str, Module] = {}
    evaluator.modules = modules
    for node in _top_level(root):
        _Reader(evaluator, modules).module(node, None, 0)
    return modules


def _top_level(root: Node) -> Iterator[Node]:
    for child in root.children:
        if child.kind == ERROR:
            yield from (inner for inner in child.children if is_call(inner, "defmodule"))
        elif is_call(child, "defmodule"):
            yield child


class _Reader:
    def __init__(self, evaluator: Evaluator, modules: dict[str, Module]) -> None:
        self.evaluator = evaluator
        self.modules = modules

    def module(self, node: Node, parent: Module | None, depth: int) -> None:
        arguments = arguments_of(node)
        block = node.child("do_block")
        if not arguments or depth > _MAX_NESTING:
            return
        scope = Scope({}, parent, (parent or Module("", node)).attributes(node.start))
        value = self.evaluator.value(arguments[0], scope)
        name = value.name if isinstance(value, Atom) else arguments[0].text
        if parent is not None and arguments[0].kind == "alias":
            name = f"{parent.name}.{arguments[0].text}"
            parent.aliases.setdefault(
                arguments[0].text.partition(".")[0], f"{parent.name}.{arguments[0].text}"
            )
        module = Module(name, node, arguments[0])
        if parent is not None:
            module.aliases = dict(parent.aliases)
        self.modules[name] = module
        sections = Call("defmodule", list(arguments), node.span, node, block).sections()[0]
        module.unfinished = block is not None and block.missing
        self.statements(module, sections.get("do", []), True, depth)

    def statements(self, module: Module, statements: list[Node], always: bool, depth: int) -> None:
        for node in statements:
            if node.kind == "unary_operator" and node.operator == "@":
                self.attribute(module, node, always)
            elif node.kind == "call" and node.children and node.children[0].kind == "identifier":
                self.call(module, node, always, depth)

    def attribute(self, module: Module, node: Node, always: bool) -> None:
        operand = node.children[0] if node.children else node
        arguments = arguments_of(operand) if operand.kind == "call" else []
        if len(arguments) != 1 or operand.children[0].kind != "identifier":
            return
        name = operand.children[0].text
        if name in _DOCUMENTATION:
            return
        scope = Scope({}, module, module.attributes(node.start))
        value: Term = Unknown(f"attribute `@{name}`", node.span)
        if always and not node.has_error:
            value = self.evaluator.held_value(arguments[0], scope)
        module.history.setdefault(name, []).append((node.start, value))
        module.attribute_spans[name] = node.span

    def call(self, module: Module, node: Node, always: bool, depth: int) -> None:
        name = node.children[0].text
        if name in _DEFINITIONS:
            self.function(module, node, name == "def", always)
        elif name in _MACROS:
            head = _head(node)
            if head is not None:
                module.macros.add(head[0])
        elif name == "defmodule":
            self.module(node, module, depth + 1)
        elif name == "defdelegate":
            self.delegate(module, node, always)
        elif name in ("alias", "import", "require", "use"):
            self.directive(module, node, name)
        elif name in ("if", "unless"):
            self.condition(module, node, always, depth)
        elif name == "schema":
            self.schema(module, node)
        elif name == "case" and depth < _MAX_NESTING:
            for clause in block_sections(block).get("do", []) if (block := node.child("do_block")) else []:
                if clause.kind == "stab_clause":
                    self.statements(module, operators.stab(clause).body, False, depth + 1)

    def schema(self, module: Module, node: Node) -> None:
        """`schema "table" do` of an Ecto schema: what is in it is no DDL."""
        arguments = arguments_of(node)
        if arguments:
            scope = Scope({}, module, module.attributes(node.start))
            module.table = as_name(self.evaluator.value(arguments[0], scope))

    def condition(self, module: Module, node: Node, always: bool, depth: int) -> None:
        block = node.child("do_block")
        sections, arguments = Call("if", list(arguments_of(node)), node.span, node, block).sections()
        if depth >= _MAX_NESTING or len(arguments) != 1 or not isinstance(arguments[0], Node):
            return
        scope = Scope({}, module, module.attributes(node.start))
        decided = truth(self.evaluator.value(arguments[0], scope))
        branches = [sections.get("do", []), sections.get("else", [])]
        if node.children[0].text == "unless":
            branches.reverse()
        if decided is not None:
            self.statements(module, branches[0 if decided else 1], always, depth + 1)
        else:
            for branch in branches:
                self.statements(module, branch, False, depth + 1)

    def function(self, module: Module, node: Node, public: bool, always: bool) -> None:
        found = _head(node)
        if found is None:
            return
        name, parameters, guard, head = found
        block = node.child("do_block")
        sections, _ = Call("def", list(arguments_of(node)), node.span, node, block).sections()
        clause = FunctionClause(
            name, parameters, guard, sections, node, head, module.attributes(node.start), public, always
        )
        if not sections:
            # A head without a body gives the defaults of the clauses that follow.
            clause.guard = None
            module.heads[(name, len(parameters))] = clause
            return
        heading = module.heads.get((name, len(parameters)))
        if heading is not None:
            clause.parameters = [
                _defaulted(pattern, given)
                for pattern, given in zip(parameters, heading.parameters, strict=True)
            ]
        module.add(clause)

    def delegate(self, module: Module, node: Node, always: bool) -> None:
        arguments = arguments_of(node)
        options = {pair_key(p): p.children[1] for a in arguments if a.kind == "keywords" for p in a.children}
        target = options.get("to")
        if target is None:
            return
        scope = Scope({}, module, module.attributes(node.start))
        value = self.evaluator.value(target, scope)
        renamed = self.evaluator.value(options["as"], scope) if "as" in options else None
        heads = arguments[0].children if arguments and arguments[0].kind == "list" else arguments[:1]
        for head in heads:
            found = _signature(head)
            if found is None or not isinstance(value, Atom):
                continue
            name, parameters = found
            clause = FunctionClause(
                name, parameters, None, {}, node, head, module.attributes(node.start), True, always
            )
            clause.delegate = (value.name, renamed.name if isinstance(renamed, Atom) else name)
            module.add(clause)

    def directive(self, module: Module, node: Node, kind: str) -> None:
        arguments = arguments_of(node)
        scope = Scope({}, module, module.attributes(node.start))
        names = read_directive(kind, arguments, self.evaluator, scope)
        if kind == "use":
            given = arguments[1].text[1:] if len(arguments) > 1 and arguments[1].kind == "atom" else None
            module.uses.extend((name, node, given) for name in names)


def _head(node: Node) -> tuple[str, list[Node], Node | None, Node] | None:
    """Name, parameters, guard and head of a definition."""
    arguments = arguments_of(node)
    if not arguments:
        return None
    head, guard = arguments[0], None
    if head.kind == "binary_operator" and head.operator == "when" and len(head.children) == 2:
        head, guard = head.children
    found = _signature(head)
    return None if found is None or head.has_error else (*found, guard, head)


def _signature(head: Node) -> tuple[str, list[Node]] | None:
    if head.kind == "identifier":
        return head.text, []
    if head.kind == "call" and head.children and head.children[0].kind == "identifier":
        name = head.children[0].text
        return None if name == "unquote" else (name, arguments_of(head))
    return None


def _defaulted(pattern: Node, given: Node) -> Node:
    """`pattern` with the default argument that the function's head has in its place."""
    if is_default(pattern) or not is_default(given) or len(given.children) != 2:
        return pattern
    node = Node("binary_operator", pattern.start, pattern.end, pattern.data)
    node.operator = "\\\\"
    node.children = [pattern, given.children[1]]
    return node
