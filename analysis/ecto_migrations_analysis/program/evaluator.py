"""Evaluates Elixir expressions as far as the text tells.

`Evaluator` alone knows literals, variables, module attributes, operators, control flow, anonymous and local
functions, and the functions of the standard library in `library`. It has no side effects and is what reads
`config/*.exs` and schema modules::

    tree = parse(source)
    evaluator = Evaluator()
    scope = Scope({}, None, NO_ATTRIBUTES)
    value = evaluator.value(node, scope)      # a Term; Unknown where the text does not tell; never raises
    evaluator.block(statements, scope)        # statements in order; bindings stay in `scope`

To see calls that the evaluator does not know (`config :app, Repo, …`, `field :name, :string`), derive a
class and override `imported` (local calls), `remote` (`Module.function`) or `unresolved`.
`modules.read_modules` collects the modules of a file with their attributes and functions.

Work is bounded: by `steps` in all (then `Exhausted` is raised, which `value` turns into an `Unknown`), and by
`MAX_DEPTH` of nesting and `MAX_CALLS` of inlined functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from ..syntax.span import Span
from ..syntax.tree import Node
from . import functions, literals, operators
from .control import CONTROL, run_body
from .library import KERNEL, LIBRARY
from .migration import OutsideRead
from .outside import is_outside
from .scope import (
    NO_ATTRIBUTES,
    Call,
    Exhausted,
    FunctionClause,
    Module,
    Raised,
    Scope,
)
from .terms import (
    NIL,
    Atom,
    FunctionTerm,
    ListTerm,
    MapTerm,
    Term,
    Text,
    TupleTerm,
    Unknown,
    plain_text,
)
from .values import MAX_WEIGHT, UNDEFINED, is_undefined, join, weight

# A level takes up to eleven of Python's 1000 frames.
MAX_DEPTH = 64
MAX_CALLS = 40
MAX_STEPS = 100_000
# How often a function may be entered again when it is not certain that it is called at all.
MAX_UNCERTAIN_CALLS = 2

# A function that must come from an import.
ELSEWHERE = "is not defined in this file"

T = TypeVar("T")


class Evaluator:
    """See the module's docstring. `modules` are the modules of the file, by full name."""

    def __init__(self, modules: dict[str, Module] | None = None, steps: int = MAX_STEPS) -> None:
        self.modules = modules if modules is not None else {}
        self.steps = steps
        # Where the file lies, for `__DIR__`.
        self.path: str | None = None
        self.depth = 0
        # Calls whose value the text does not tell because it comes from outside: see `outside`.
        self.outside: dict[OutsideRead, None] = {}
        # The local functions being inlined, outermost first: (module, name, arity).
        self.active: list[tuple[str, str, int]] = []
        # The arguments of each of them.
        self.entered: list[list[Term]] = []

    # --- hooks ---------------------------------------------------------------------------------------------

    def imported(self, call: Call, scope: Scope) -> Term | None:
        """A local call that is neither a control structure nor a function of the module; None: not known."""
        return None

    def remote(self, module: str, call: Call, scope: Scope) -> Term | None:
        """`Module.function(…)` before the standard library is looked at; None: not known."""
        return None

    def unresolved(self, reason: str, call: Call, scope: Scope) -> Term:
        """A call that nobody knows; its arguments are not evaluated."""
        return Unknown(reason, call.span)

    def unfamiliar(self, reason: str, call: Call, scope: Scope) -> Term:
        """A function of a module that is not in the file and that nobody knows."""
        return self.unresolved(reason, call, scope)

    def uncertain(self, run: Callable[[], Term], repeated: bool = False) -> Term | None:
        """Runs a branch of which it is not known whether it is taken; None where it raises."""
        try:
            return run()
        except Raised:
            return None

    def attempt(self, run: Callable[[], Term]) -> Term | None:
        """Runs the body of a `try` with handlers; None where it raises."""
        try:
            return run()
        except Raised:
            return None

    def raised(self, error: str, message: str, span: Span) -> Raised:
        """What to raise where Elixir raises."""
        return Raised(error, message, span)

    # --- entry points --------------------------------------------------------------------------------------

    def value(self, node: Node, scope: Scope) -> Term:
        """The value of one expression; never raises."""
        try:
            return self.evaluate(node, scope)
        except Raised as raised:
            return Unknown(f"raises {raised.error}", node.span)
        except Exhausted:
            return Unknown("too long to be followed", node.span)
        except RecursionError:
            return Unknown("nested too deeply", node.span)

    def held_value(self, node: Node, scope: Scope) -> Term:
        """`value`, bounded as a variable is."""
        try:
            return self.held(self.value(node, scope))
        except Exhausted:
            return Unknown("too long to be followed", node.span)

    def block(self, statements: Sequence[Node], scope: Scope) -> Term:
        """Runs statements in order; the value of the last."""
        result: Term = NIL
        for statement in statements:
            result = self.statement(statement, scope)
        return result

    def statement(self, node: Node, scope: Scope) -> Term:
        return self.evaluate(node, scope)

    def evaluate(self, node: Node, scope: Scope) -> Term:
        """The value of one expression. Raises `Raised` and `Exhausted`."""
        self.steps -= 1
        if self.steps < 0:
            raise Exhausted
        if self.depth >= MAX_DEPTH:
            return Unknown("nested too deeply", node.span)
        if node.memo is not None:
            return cast("Term", node.memo)
        kind = _KINDS.get(node.kind)
        if kind is None:
            return Unknown(f"`{node.kind}`", node.span)
        self.depth += 1
        try:
            value = kind(self, node, scope)
        finally:
            self.depth -= 1
        if node.kind in literals.LITERALS or (node.kind in literals.CONSTANTS and literals.is_constant(node)):
            node.memo = value
        return value

    def charge(self, steps: int) -> None:
        """Counts work that is more than one step. Raises Exhausted."""
        self.steps -= steps
        if self.steps < 0:
            raise Exhausted

    def held(self, value: Term) -> Term:
        """The value as a variable may hold it: what is too large to work with becomes unknown."""
        if not isinstance(value, ListTerm | TupleTerm | MapTerm | Text):
            return value
        found = weight(value)
        self.charge(MAX_WEIGHT // 10 if found is None else found // 10)
        return Unknown("a value too large to be followed", value.span) if found is None else value

    def guarded(self, run: Callable[[], T], otherwise: T) -> T:
        """Runs something that recurses beside `evaluate` within the same bound of depth."""
        if self.depth >= MAX_DEPTH:
            return otherwise
        self.depth += 1
        try:
            return run()
        finally:
            self.depth -= 1

    def given(self, argument: Node | Term, scope: Scope) -> Term:
        return self.evaluate(argument, scope) if isinstance(argument, Node) else argument

    def values(self, arguments: Sequence[Node | Term], scope: Scope) -> list[Term]:
        return [self.given(argument, scope) for argument in arguments]

    # --- literals ------------------------------------------------------------------------------------------

    def _alias(self, node: Node, scope: Scope) -> Term:
        name = "".join(node.text.split())
        return Atom(self.expand(name, scope), node.span, True)

    def expand(self, name: str, scope: Scope) -> str:
        """The full name of a module as written, by the aliases in sight."""
        if scope.module is None:
            return name
        first, dot, rest = name.partition(".")
        full = scope.module.aliases.get(first)
        return name if full is None else full + dot + rest

    # --- names and calls -----------------------------------------------------------------------------------

    def _identifier(self, node: Node, scope: Scope) -> Term:
        name = node.text
        found = scope.variables.get(name)
        if found is not None:
            return found
        if name == "__MODULE__" and scope.module is not None:
            return Atom(scope.module.name, node.span, True)
        if name == "__DIR__" and self.path is not None:
            return plain_text(self.path.replace("\\", "/").rpartition("/")[0] or ".", node.span)
        if name == "__ENV__" and self.path is not None:
            path = plain_text(self.path.replace("\\", "/"), node.span)
            return MapTerm(((Atom("file"), path),), node.span, "Macro.Env")
        if name in ("__DIR__", "__ENV__", "__CALLER__", "__STACKTRACE__", "..."):
            return Unknown(f"`{name}`", node.span)
        return self.local(Call(name, [], node.span, node), scope)

    def _dot(self, node: Node, scope: Scope) -> Term:
        """`__MODULE__.Name`; a call has its own node around its dot."""
        if len(node.children) == 2 and node.children[1].kind == "alias":
            left = self.evaluate(node.children[0], scope)
            if isinstance(left, Atom):
                return Atom(f"{left.name}.{node.children[1].text}", node.span, True)
        return Unknown(f"`{node.text[:40]}`", node.span)

    def _access(self, node: Node, scope: Scope) -> Term:
        if len(node.children) != 2:
            return Unknown("an access", node.span)
        target = self.evaluate(node.children[0], scope)
        key = self.evaluate(node.children[1], scope)
        return operators.access(target, key, node.span)

    def call(self, node: Node, scope: Scope, piped: Term | None = None, start: int | None = None) -> Term:
        """A `call` node, or an identifier at the end of a pipe. `piped` is its first argument then."""
        span = node.span if start is None else Span(start, node.end)
        arguments: list[Node | Term] = [] if piped is None else [piped]
        if node.kind == "identifier":
            return self.local(Call(node.text, arguments, span, node), scope)
        if node.kind != "call" or not node.children:
            return Unknown("a pipe into something that is no call", span)
        target = node.children[0]
        block: Node | None = None
        for child in node.children[1:]:
            if child.kind == "arguments":
                arguments.extend(child.children)
            elif child.kind == "do_block":
                block = child
        if target.kind == "identifier":
            return self.local(Call(target.text, arguments, span, node, block), scope)
        if target.kind == "dot" and len(target.children) == 1:
            function = self.evaluate(target.children[0], scope)
            call = Call("", arguments, span, node, block)
            if isinstance(function, FunctionTerm):
                return self.apply(function, self.values(arguments, scope), span)
            return self.unresolved("an anonymous function that is not known", call, scope)
        if target.kind == "dot" and len(target.children) == 2:
            return self._dotted(target, Call("", arguments, span, node, block), scope)
        return self.unresolved("a call of a computed name", Call("", arguments, span, node, block), scope)

    def _dotted(self, target: Node, call: Call, scope: Scope) -> Term:
        left, right = target.children
        if right.kind == "alias":
            return self._dot(target, scope)
        if right.kind == "tuple":
            return NIL
        call.name = right.text
        value = self.evaluate(left, scope)
        if isinstance(value, Atom) and value.name != "nil":
            return self.qualified(value.name if value.is_module else f":{value.name}", call, scope)
        if isinstance(value, MapTerm) and not call.arguments:
            return operators.access(value, Atom(call.name), call.span)
        field = operators.field_of(value, call.name) if not call.arguments else None
        if field is not None:
            return field
        reason = value.reason if isinstance(value, Unknown) else "a value without functions"
        if call.node.child("arguments") is None:
            return Unknown(reason, call.span)
        return self.unresolved(f"a function of {reason}" if not is_undefined(value) else reason, call, scope)

    def local(self, call: Call, scope: Scope) -> Term:
        """A call without a module in front of it."""
        control = CONTROL.get(call.name)
        if control is not None:
            result = control(self, call, scope)
            if result is not None:
                return result
        module = scope.module
        if module is not None and call.name in module.functions:
            clauses = module.clauses(call.name, len(call.arguments))
            if clauses and call.do_block is None:
                return self.invoke(module, clauses, self.values(call.arguments, scope), call)
        for name in module.imports if module is not None else ():
            helper = self.modules.get(name)
            clauses = helper.clauses(call.name, len(call.arguments)) if helper is not None else []
            if helper is not None and clauses and call.do_block is None:
                return self.invoke(helper, clauses, self.values(call.arguments, scope), call)
        imported = self.imported(call, scope)
        if imported is not None:
            return imported
        kernel = KERNEL.get(call.name)
        if kernel is not None and call.do_block is None and (call.arguments or call.node.kind == "call"):
            return kernel(self, self.values(call.arguments, scope), call.span)
        if call.node.kind == "identifier" and not call.arguments:
            return self.unresolved(f"{UNDEFINED} `{call.name}`", call, scope)
        return self.unresolved(f"`{call.name}/{call.arity}` {ELSEWHERE}", call, scope)

    def qualified(self, module: str, call: Call, scope: Scope) -> Term:
        """A call of a function of a module."""
        own = self.modules.get(module)
        if own is not None:
            clauses = own.clauses(call.name, len(call.arguments))
            if clauses and call.do_block is None:
                return self.invoke(own, clauses, self.values(call.arguments, scope), call)
        if module == "Kernel" and (call.name in KERNEL or call.name in CONTROL):
            return self.local(call, scope)
        result = self.remote(module, call, scope)
        if result is not None:
            return result
        if is_outside(module, call.name):
            self.outside[OutsideRead(f"{module}.{call.name}", call.span)] = None
        function = LIBRARY.get(f"{module}.{call.name}")
        if function is not None:
            return self.held(function(self, self.values(call.arguments, scope), call.span))
        return self.unfamiliar(f"call of `{module}.{call.name}/{call.arity}`", call, scope)

    # --- functions -----------------------------------------------------------------------------------------

    def invoke(
        self, module: Module, clauses: list[FunctionClause], arguments: list[Term], call: Call
    ) -> Term:
        """A function of the file, inlined: the clauses that match, up to the first that certainly does."""
        key = (module.name, call.name, len(arguments))
        if key in self.active and self.endless(arguments):
            at = len(self.active) - 1 - self.active[::-1].index(key)
            if not functions.shrinks(self.entered[at], arguments):
                return self.recursion(key, call)
        if len(self.active) >= MAX_CALLS:
            return self.unresolved("functions calling each other too deeply", call, _EMPTY)
        self.active.append(key)
        self.entered.append(arguments)
        try:
            results: list[Term] = []
            for clause in clauses:
                scope = Scope({}, module, clause.attributes)
                verdict = functions.bind(self, clause.parameters, arguments, scope, clause.guard)
                if verdict is False:
                    continue
                certain = verdict is True and clause.always and not results
                if not certain and self.active.count(key) > MAX_UNCERTAIN_CALLS:
                    return self.unresolved("a recursion without a known end", call, _EMPTY)
                value = self._enter(clause, scope, certain, call)
                results.extend([] if value is None else [value])
                if verdict is True and clause.always:
                    return join(results, f"result of `{call.name}`", call.span)
            if results:
                return join(results, f"result of `{call.name}`", call.span)
            return self.unresolved(f"no clause of `{call.name}` matches", call, _EMPTY)
        finally:
            self.active.pop()
            self.entered.pop()

    def endless(self, arguments: list[Term]) -> bool:
        """Whether nothing known tells how often a function calls itself with these arguments."""
        return any(isinstance(argument, Unknown) for argument in arguments)

    def recursion(self, key: tuple[str, str, int], call: Call) -> Term:
        """A function calls itself, nobody knows how often: its body, read once, stands for every round."""
        return Unknown("a recursion without a known end", call.span)

    def _enter(self, clause: FunctionClause, scope: Scope, certain: bool, call: Call) -> Term | None:
        if certain:
            return self.body(clause, scope, call)
        return self.uncertain(lambda: self.body(clause, scope, call))

    def body(self, clause: FunctionClause, scope: Scope, call: Call) -> Term:
        """Runs the body of a clause whose parameters are bound."""
        if clause.delegate is not None:
            module, name = clause.delegate
            parameters = [scope.variables.get(p.text, NIL) for p in clause.parameters]
            return self.qualified(module, Call(name, parameters, call.span, call.node), scope)
        return run_body(self, clause.sections, scope)

    def apply(self, function: Term, arguments: list[Term], span: Span) -> Term:
        """Calls a function value."""
        return functions.apply(self, function, arguments, span)


_EMPTY = Scope({}, None, NO_ATTRIBUTES)

# How each kind of node is evaluated.
_KINDS: dict[str, Callable[[Evaluator, Node, Scope], Term]] = {
    "alias": Evaluator._alias,
    "atom": lambda _, node, __: Atom(node.text[1:], node.span),
    "boolean": lambda _, node, __: Atom(node.text, node.span),
    "nil": lambda _, node, __: Atom("nil", node.span),
    "integer": lambda _, node, scope: operators.integer(node, scope),
    "float": lambda _, node, scope: operators.floating(node, scope),
    "char": lambda _, node, scope: operators.character(node, scope),
    "string": literals.text,
    "sigil": literals.sigil,
    "charlist": literals.charlist,
    "quoted_atom": literals.quoted_atom,
    "list": literals.list_of,
    "keywords": literals.keywords,
    "tuple": literals.tuple_of,
    "map": literals.map_of,
    "identifier": Evaluator._identifier,
    "block": lambda evaluator, node, scope: evaluator.block(node.children, scope),
    "body": lambda evaluator, node, scope: evaluator.block(node.children, scope),
    "binary_operator": operators.binary,
    "unary_operator": operators.unary,
    "anonymous_function": lambda _, node, scope: functions.anonymous(node, scope),
    "access_call": Evaluator._access,
    "call": lambda evaluator, node, scope: evaluator.call(node, scope),
    "dot": Evaluator._dot,
}
