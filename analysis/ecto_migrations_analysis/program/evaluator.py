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
from functools import partial
from typing import TypeVar, cast

from ..syntax import strings
from ..syntax.span import Span
from ..syntax.tree import Node
from . import operators
from .control import CONTROL, run_body
from .library import KERNEL, LIBRARY
from .patterns import match
from .scope import (
    NO_ATTRIBUTES,
    Call,
    Capture,
    Exhausted,
    FunctionClause,
    Lambda,
    Module,
    Partial,
    Raised,
    Scope,
    is_default,
    pair_key,
)
from .terms import (
    NIL,
    Atom,
    FunctionTerm,
    ListTerm,
    MapTerm,
    Number,
    Piece,
    Term,
    Text,
    TupleTerm,
    Unknown,
    plain_text,
)
from .values import MAX_WEIGHT, REST, UNDEFINED, is_undefined, join, text_of, weight

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
        # The local functions being inlined, outermost first: (module, name, arity).
        self.active: list[tuple[str, str, int]] = []
        self._kinds: dict[str, Callable[[Node, Scope], Term]] = {
            "alias": self._alias,
            "atom": lambda node, _: Atom(node.text[1:], node.span),
            "boolean": lambda node, _: Atom(node.text, node.span),
            "nil": lambda node, _: Atom("nil", node.span),
            "integer": operators.integer,
            "float": operators.floating,
            "char": operators.character,
            "string": self._string,
            "sigil": self._sigil,
            "charlist": self._charlist,
            "quoted_atom": self._quoted_atom,
            "list": self._list,
            "keywords": self._keywords,
            "tuple": self._tuple,
            "map": self._map,
            "identifier": self._identifier,
            "block": lambda node, scope: self.block(node.children, scope),
            "body": lambda node, scope: self.block(node.children, scope),
            "binary_operator": lambda node, scope: operators.binary(self, node, scope),
            "unary_operator": lambda node, scope: operators.unary(self, node, scope),
            "anonymous_function": self._lambda,
            "access_call": self._access,
            "call": lambda node, scope: self.call(node, scope),
            "dot": self._dot,
        }

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
        kind = self._kinds.get(node.kind)
        if kind is None:
            return Unknown(f"`{node.kind}`", node.span)
        self.depth += 1
        try:
            value = kind(node, scope)
        finally:
            self.depth -= 1
        if node.kind in _LITERALS or (node.kind in _CONSTANTS and _is_constant(node)):
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

    def text(self, node: Node, scope: Scope) -> Text:
        """A quoted literal with its interpolations."""
        pieces: list[Piece] = []
        for part in strings.parts(node):
            if isinstance(part, strings.Literal):
                pieces.append(Piece(part.text, part.span, part.verbatim))
            else:
                value = self.block(part.body, scope)
                inserted = text_of(value)
                self.charge(len(inserted or "") // 64)
                pieces.append(Piece(inserted, part.span))
        return Text(tuple(pieces), node.span)

    def _string(self, node: Node, scope: Scope) -> Term:
        return self.text(node, scope)

    def _quoted_atom(self, node: Node, scope: Scope) -> Term:
        value = self.text(node, scope).value
        if value is None:
            return Unknown("an interpolated atom", node.span)
        if value.startswith("Elixir."):
            return Atom(value.removeprefix("Elixir."), node.span, True)
        return Atom(value, node.span)

    def _charlist(self, node: Node, scope: Scope) -> Term:
        value = self.text(node, scope).value
        if value is None or len(value) > 1000:
            return Unknown("a charlist", node.span)
        return ListTerm(tuple(Number(ord(character), node.span) for character in value), node.span)

    def _sigil(self, node: Node, scope: Scope) -> Term:
        name = strings.sigil_name(node)
        if name in ("w", "W"):
            return self._words(node, scope)
        if name in ("s", "S", "SQL"):
            return self.text(node, scope)
        if name in ("c", "C"):
            return self._charlist(node, scope)
        return Unknown(f"the sigil ~{name}", node.span)

    def _words(self, node: Node, scope: Scope) -> Term:
        words: list[tuple[str, Span]] = []
        open_word: tuple[str, Span] | None = None
        for piece in self.text(node, scope).pieces:
            if piece.text is None:
                return Unknown("an interpolated list of words", node.span)
            at = piece.span.start
            for run, is_space in _runs(piece.text):
                span = Span(at, at + len(run.encode())) if piece.verbatim else piece.span
                at = span.end if piece.verbatim else at
                if is_space:
                    words.extend([open_word] if open_word else [])
                    open_word = None
                elif open_word:
                    open_word = (open_word[0] + run, open_word[1].union(span))
                else:
                    open_word = (run, span)
        words.extend([open_word] if open_word else [])
        if strings.sigil_modifiers(node) == "a":
            return ListTerm(tuple(Atom(word, span) for word, span in words), node.span)
        return ListTerm(tuple(Text((Piece(word, span, True),), span) for word, span in words), node.span)

    def _tuple(self, node: Node, scope: Scope) -> Term:
        """A tuple; pairs at its end are one keyword list, as in `{:string, null: true}`."""
        return TupleTerm(
            tuple(
                self._keywords(child, scope) if child.kind == "keywords" else self.evaluate(child, scope)
                for child in node.children
            ),
            node.span,
        )

    def _items(self, node: Node, scope: Scope) -> tuple[Term, ...]:
        items: list[Term] = []
        for child in node.children:
            if child.kind == "keywords":
                pairs = self._keywords(child, scope)
                items.extend(pairs.items if isinstance(pairs, ListTerm) else ())
            else:
                items.append(self.evaluate(child, scope))
        return tuple(items)

    def _list(self, node: Node, scope: Scope) -> Term:
        last = node.children[-1] if node.children else None
        if last is not None and last.kind == "binary_operator" and last.operator == "|":
            if len(last.children) == 2:
                heads = [self.evaluate(child, scope) for child in (*node.children[:-1], last.children[0])]
                tail = self.evaluate(last.children[1], scope)
                rest = tail.items if isinstance(tail, ListTerm) else (Unknown(REST, tail.span),)
                return ListTerm((*heads, *rest), node.span)
        return ListTerm(self._items(node, scope), node.span)

    def _keywords(self, node: Node, scope: Scope) -> Term:
        items: list[Term] = []
        for pair in node.children:
            if pair.kind == "pair" and len(pair.children) == 2:
                value = self.evaluate(pair.children[1], scope)
                items.append(TupleTerm((self.key(pair, scope), value), pair.span))
        return ListTerm(tuple(items), node.span)

    def key(self, pair: Node, scope: Scope) -> Term:
        """The atom of `key: value`; its span leaves the colon out."""
        node = pair.children[0]
        if node.kind == "keyword":
            name = pair_key(pair)
            return Atom(name, Span(node.start, node.start + len(name.encode())))
        return self._quoted_atom(node, scope)

    def _map(self, node: Node, scope: Scope) -> Term:
        struct = node.child("struct")
        name: str | None = None
        if struct is not None:
            value = self.evaluate(struct.children[0], scope) if struct.children else NIL
            if not isinstance(value, Atom):
                return Unknown("a struct whose name is not known", node.span)
            name = value.name
        items: list[tuple[Term, Term]] = []
        content = node.child("map_content")
        for child in content.children if content else ():
            if child.kind == "keywords":
                for pair in child.children:
                    if pair.kind == "pair" and len(pair.children) == 2:
                        items.append((self.key(pair, scope), self.evaluate(pair.children[1], scope)))
            elif child.kind == "binary_operator" and child.operator == "=>" and len(child.children) == 2:
                left, right = child.children
                items.append((self.evaluate(left, scope), self.evaluate(right, scope)))
            else:
                return Unknown("an updated map", node.span)
        return MapTerm(tuple(items), node.span, name)

    def _lambda(self, node: Node, scope: Scope) -> Term:
        clauses = [child for child in node.children if child.kind == "stab_clause"]
        arity = None
        if clauses:
            arity = len(operators.stab(clauses[0]).parameters)
        return FunctionTerm(arity, node.span, Lambda(clauses, scope.child()))

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
            return self.recursion(key, call)
        if len(self.active) >= MAX_CALLS:
            return self.unresolved("functions calling each other too deeply", call, _EMPTY)
        self.active.append(key)
        try:
            results: list[Term] = []
            for clause in clauses:
                scope = Scope({}, module, clause.attributes)
                verdict = self._bind(clause.parameters, arguments, scope, clause.guard)
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

    def _bind(
        self, parameters: list[Node], arguments: list[Term], scope: Scope, guard: Node | None
    ) -> bool | None:
        extra = len(arguments) - sum(1 for parameter in parameters if not is_default(parameter))
        supply = iter(arguments)
        verdict: bool | None = True
        for parameter in parameters:
            if is_default(parameter) and len(parameter.children) == 2:
                pattern, default = parameter.children
                extra -= 1
                value = next(supply) if extra >= 0 else self.evaluate(default, scope)
            else:
                pattern = parameter
                taken = next(supply, None)
                if taken is None:
                    return False
                value = taken
            matched = match(self, pattern, value, scope)
            if matched is False:
                return False
            verdict = None if matched is None else verdict
        if guard is not None:
            passed = operators.condition(self, guard, scope)
            if passed is False:
                return False
            verdict = None if passed is None else verdict
        return verdict

    def apply(self, function: Term, arguments: list[Term], span: Span) -> Term:
        """Calls a function value."""
        closure = function.closure if isinstance(function, FunctionTerm) else None
        if isinstance(closure, Lambda):
            return self._apply_lambda(closure, arguments, span)
        if isinstance(closure, Partial):
            scope = closure.scope.child()
            for number, argument in enumerate(arguments, 1):
                scope.variables[f"&{number}"] = self.held(argument)
            return self.evaluate(closure.body, scope)
        if isinstance(closure, Capture):
            call = Call(closure.name, arguments, span, closure.node)
            if closure.module is not None:
                return self.qualified(closure.module, call, closure.scope)
            return self.local(call, closure.scope)
        return Unknown("result of a function that is not known", span)

    def _apply_lambda(self, closure: Lambda, arguments: list[Term], span: Span) -> Term:
        results: list[Term] = []
        for node in closure.clauses:
            clause = operators.stab(node)
            scope = closure.scope.child()
            verdict = self._bind(clause.parameters, arguments, scope, clause.guard)
            if verdict is False or len(clause.parameters) != len(arguments):
                continue
            if verdict is True and not results:
                return self.block(clause.body, scope)
            value = self.uncertain(partial(self.block, clause.body, scope))
            results.extend([] if value is None else [value])
            if verdict is True:
                break
        return join(results, "result of a function", span) if results else Unknown("a function", span)


_EMPTY = Scope({}, None, NO_ATTRIBUTES)

# What these say depends on nothing else …
_LITERALS = frozenset({"atom", "boolean", "nil", "integer", "float", "char"})
# … and what these say only on their parts.
_CONSTANTS = frozenset({"string", "sigil", "charlist", "quoted_atom", "list", "tuple", "keywords"})


def _is_constant(node: Node) -> bool:
    for child in node.children:
        kind = child.kind
        if kind == "interpolation" or kind == "quoted_keyword":
            return False
        if kind == "pair":
            if (
                len(child.children) != 2
                or child.children[0].kind != "keyword"
                or child.children[1].memo is None
            ):
                return False
        elif child.memo is None and kind not in _PARTS_OF_STRINGS:
            return False
    return True


_PARTS_OF_STRINGS = frozenset({"quoted_content", "escape_sequence", "sigil_name", "sigil_modifiers"})


def _runs(text: str) -> list[tuple[str, bool]]:
    """The text cut into stretches of whitespace and of everything else."""
    runs: list[tuple[str, bool]] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or text[at].isspace() != text[start].isspace():
            runs.append((text[start:at], text[start].isspace()))
            start = at
    return runs
