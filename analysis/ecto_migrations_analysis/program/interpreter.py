"""Runs the code of a migration as Ecto would, and notes the commands.

An `Evaluator` that knows `Ecto.Migration`, the repo's functions and Ecto's queries. Code whose effect the
text does not tell becomes `ApplicationCode` (a call of a module that is not in the file) or `UnknownCode`;
inside of `create table` and `alter` it becomes an `UnknownChange`, for it may add columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from ..project.context import RepoConfig
from ..records import replace
from ..syntax.span import Span
from ..syntax.tree import ERROR, Node, errs_in_statements
from .checks import Refused, Unfinished
from .commands import (
    HARMLESS_MODULES,
    ApplicationCode,
    Change,
    Command,
    Execute,
    Raises,
    UnknownChange,
    UnknownCode,
)
from .dsl import DSL, incomplete_create
from .evaluator import ELSEWHERE, MAX_STEPS, Evaluator
from .library import is_pure
from .multi import multi_call
from .queries import BLOCKS, query_call, repo_call
from .runner import Runner
from .scope import Call, Capture, FunctionClause, Lambda, Module, Partial, Raised, Scope
from .terms import NIL, Atom, FunctionTerm, ListTerm, Term, Text, TupleTerm, Unknown, plain_text
from .values import UNDEFINED, text_of, to_options

C = TypeVar("C", bound=Command)
H = TypeVar("H", bound=Change)


class Misplaced(Exception):
    """A command of the DSL stands where a value is expected: the line above is not finished."""


class Interpreter(Evaluator):
    """Reads one program of a migration; see `program.reader`."""

    def __init__(
        self, modules: dict[str, Module], config: RepoConfig, direction: str, steps: int = MAX_STEPS
    ) -> None:
        super().__init__(modules, steps)
        self.config = config
        self.direction = direction
        self.runner = Runner()
        # The module of the migration: `flush` asks whether it has a `down/0`.
        self.migration: Module | None = None
        self.in_transaction: bool | None = True
        self.callback = "change"
        self.via: tuple[Span, ...] = ()
        self.always = True
        self.repeated = False
        # Functions that call themselves without a known end, until the outermost call returns.
        self.recursive: set[tuple[str, str, int]] = set()
        # Depth of arguments of DSL calls being evaluated; `nested` starts anew in each inlined function.
        self.operands = 0
        self.nested = 0
        # Depth of `try` bodies whose exceptions are handled.
        self.rescuing = 0
        # The repo's own transaction and the connection that are open, and how many there were so far.
        self.transaction = 0
        self.checkout = 0
        self.blocks = 0
        # Answers the text of a file of the project, by its path from the project's root; None: not to be had.
        self.files: Callable[[str], str | None] | None = None

    # --- notes ---------------------------------------------------------------------------------------------

    def make(self, kind: type[C], span: Span, **fields: Any) -> C:
        """A command with all that it has from where it stands."""
        self.charge(10)
        return kind(
            span=span,
            via=self.via,
            always=self.always,
            repeated=self.repeated,
            callback=self.callback,
            transaction=self.transaction,
            checkout=self.checkout,
            **fields,
        )

    def now(self, kind: type[C], span: Span, **fields: Any) -> C:
        """Notes what runs at once."""
        command = self.make(kind, span, **fields)
        self.runner.done.append(command)
        return command

    def enqueue(self, kind: type[C], span: Span, **fields: Any) -> C:
        """`Runner.execute/1`: a command for the queue."""
        if self.runner.open is not None:
            raise self.nesting(span)
        command = self.make(kind, span, **fields)
        if command.checkout:
            # The queue runs later, on the connection that is open then.
            command = replace(command, transaction=0, checkout=0)
        self.runner.queue.append(command)
        return command

    @contextmanager
    def inside(self, transaction: bool) -> Iterator[None]:
        """What a function given to `repo().transaction` or `repo().checkout` runs, on one connection.

        A transaction inside of one is the same one (`DBConnection.transaction/3`).
        """
        saved = self.transaction, self.checkout, self.in_transaction
        self.blocks += 1
        self.checkout = self.checkout or self.blocks
        if transaction:
            self.transaction = self.transaction or self.blocks
            self.in_transaction = True
        try:
            yield
        finally:
            self.transaction, self.checkout, self.in_transaction = saved

    def nesting(self, span: Span) -> Exception:
        return self.refused("Ecto.MigrationError", "cannot execute nested commands", span)

    def change(self, kind: type[H], span: Span, **fields: Any) -> None:
        """`Runner.subcommand/1`: a part of the open command."""
        block = self.runner.open
        if block is None:
            raise self.refused("Ecto.MigrationError", "cannot execute command outside of block", span)
        block.changes.append(kind(span=span, via=self.via, always=self.always, **fields))

    def unknown(self, reason: str, span: Span) -> Unknown:
        """Notes code that could not be read. As a mere operand, it is an unknown value and nothing else."""
        if not self.operands:
            if self.runner.open is not None:
                self.runner.open.changes.append(
                    UnknownChange(
                        column=Unknown(reason, span),
                        reason=reason,
                        span=span,
                        column_span=span,
                        via=self.via,
                        always=self.always,
                    )
                )
            else:
                self.now(UnknownCode, span, reason=reason)
        return Unknown(reason, span)

    def attempt(self, run: Callable[[], Term]) -> Term | None:
        saved = self.runner.open
        self.rescuing += 1
        try:
            return run()
        except Raised:
            self.runner.open = saved
            return None
        finally:
            self.rescuing -= 1

    def raised(self, error: str, message: str, span: Span) -> Raised:
        always = self.always
        # What is rescued does not end the migration.
        self.always = always and not self.rescuing
        self.now(Raises, span, error=error, message=message)
        self.always = always
        return super().raised(error, message, span)

    def refused(self, error: str, message: str, span: Span) -> Exception:
        """What to raise where Ecto raises.

        In a module that lacks an `end`, nothing is certain about blocks.
        """
        module = self.migration
        if module is not None and module.unfinished:
            return Unfinished("a block that is not closed")
        return self.raised(error, message, span)

    # --- hooks of the evaluator ----------------------------------------------------------------------------

    def uncertain(self, run: Callable[[], Term], repeated: bool = False) -> Term | None:
        saved = self.always, self.repeated, self.runner.open
        self.always = False
        self.repeated = self.repeated or repeated
        try:
            return run()
        except Raised:
            self.runner.open = saved[2]
            return None
        finally:
            self.always, self.repeated = saved[0], saved[1]

    def block(self, statements: Sequence[Node], scope: Scope) -> Term:
        if not any(node.kind == ERROR for node in statements):
            return super().block(statements, scope)
        # What shares a line with something that did not parse may be half of a statement.
        result: Term = NIL
        for at, node in enumerate(statements):
            neighbours = [other for other in statements[max(0, at - 1) : at + 2] if other.kind == ERROR]
            if any(_share_line(node, other) for other in neighbours):
                result = self.unknown("code that did not parse", node.span)
            else:
                result = self.statement(node, scope)
        return result

    def statement(self, node: Node, scope: Scope) -> Term:
        if node.has_error and not errs_in_statements(node):
            return self.unknown("code that did not parse", node.span)
        return self.evaluate(node, scope)

    def invoke(
        self, module: Module, clauses: list[FunctionClause], arguments: list[Term], call: Call
    ) -> Term:
        saved = self.via, self.nested
        self.via, self.nested = (*self.via, call.span), 0
        key = (module.name, call.name, len(arguments))
        lists = (self.runner.done, self.runner.queue)
        marks = [len(commands) for commands in lists]
        try:
            return super().invoke(module, clauses, arguments, call)
        finally:
            self.via, self.nested = saved
            if key in self.recursive and key not in self.active:
                self.recursive.discard(key)
                for commands, mark in zip(lists, marks, strict=True):
                    commands[mark:] = [replace(command, repeated=True) for command in commands[mark:]]

    def endless(self, arguments: list[Term]) -> bool:
        return not self.always or super().endless(arguments)

    def recursion(self, key: tuple[str, str, int], call: Call) -> Term:
        self.recursive.add(key)
        return super().recursion(key, call)

    def enter(self, module: Module, clauses: list[FunctionClause], call: Call) -> Term:
        """Runs a callback of the migration: Ecto calls it, no place in the source does."""
        return super().invoke(module, clauses, [], call)

    def unresolved(self, reason: str, call: Call, scope: Scope) -> Term:
        module = scope.module
        known = ("Ecto.Migration", "Ecto.Query")
        foreign = [name for name in module.imports if name not in known] if module else []
        if reason.endswith(ELSEWHERE):
            if len(foreign) == 1:
                return self.application(foreign[0], call, scope)
            bare = not call.node.data.startswith(b"(", call.node.start + len(call.name.encode()))
            if bare and module and not foreign and all(name in known for name, _, _ in module.uses):
                # `null false` for `null: false`: nobody writes a call that does not exist.
                reason = f"{UNDEFINED} `{call.name}/{call.arity}`"
        self.hand_over(call, scope)
        value = self.unknown(reason, call.span)
        if call.do_block is not None:
            # A macro: what it does with its block is not known.
            statements = call.sections()[0].get("do", [])
            self.uncertain(partial(self.block, statements, scope.child()))
        return value

    def unfamiliar(self, reason: str, call: Call, scope: Scope) -> Term:
        """A function of the standard library that `library` does not have: only its value is not known."""
        self.hand_over(call, scope)
        return Unknown(reason, call.span)

    def hand_over(self, call: Call, scope: Scope) -> list[Term]:
        """The arguments of a call that is not known. A function among them runs, as far as one can tell."""
        self.operands += 1
        try:
            values = self.values(call.arguments, scope)
        finally:
            self.operands -= 1
        for value in values:
            if isinstance(value, FunctionTerm) and isinstance(value.closure, Lambda | Partial | Capture):
                arguments: list[Term] = [Unknown("an argument", call.span)] * (value.arity or 0)
                self.uncertain(partial(self.apply, value, arguments, call.span), repeated=True)
        return values

    def imported(self, call: Call, scope: Scope) -> Term | None:
        handler = DSL.get(call.name)
        if handler is not None:
            return self.command(call, scope)
        return query_call(self, call, scope)

    def remote(self, module: str, call: Call, scope: Scope) -> Term | None:
        if module == "Ecto.Migration" and call.name in DSL:
            return self.command(call, scope)
        if call.node.has_error and not is_pure(module, call.name) and call.name not in BLOCKS:
            return self.unknown("code that did not parse", call.span)
        found = repo_call(self, module, call, scope)
        if found is not None:
            return found
        if module == "Ecto.Query":
            return query_call(self, call, scope) or Unknown("a query", call.span)
        if module == "Ecto.Multi":
            return multi_call(self, call, scope)
        if module == "File":
            found = self.file(call, scope)
            if found is not None:
                return found
        if is_pure(module, call.name):
            return None
        return self.application(module, call, scope)

    def application(self, module: str, call: Call, scope: Scope) -> Term:
        """A call of code that is not in the file."""
        reason = f"call of `{module}.{call.name}/{call.arity}`"
        if self.operands:
            self.hand_over(call, scope)
            return Unknown(reason, call.span)
        if self.runner.open is not None and module not in HARMLESS_MODULES:
            self.hand_over(call, scope)
            return self.unknown(reason, call.span)
        at = len(self.runner.done)
        values = self.hand_over(call, scope)
        last = values[-1] if values else None
        options = to_options(last) if isinstance(last, ListTerm) else to_options(None)
        code = self.make(
            ApplicationCode, call.span, module=module, function=call.name, arity=call.arity, options=options
        )
        # In front of what the functions handed over run.
        self.runner.done.insert(at, code)
        return Unknown(reason, call.span)

    def file(self, call: Call, scope: Scope) -> Term | None:
        """`File.read!(path)` of a file that belongs to the project."""
        if call.name not in ("read!", "read") or len(call.arguments) != 1:
            return None
        path = self.operand(lambda: self.given(call.arguments[0], scope))
        text = self.contents(path, call.span)
        return text if call.name == "read!" else TupleTerm((Atom("ok"), text), call.span)

    def contents(self, path: Term, span: Span) -> Text | Unknown:
        """The text of a file, all of it placed at `span`."""
        name = text_of(path)
        if name is None:
            return Unknown("contents of a file whose path is not known", span)
        found = self.files(name) if self.files is not None else None
        return Unknown(f"contents of the file {name}", span) if found is None else plain_text(found, span)

    # --- the DSL -------------------------------------------------------------------------------------------

    def operand(self, run: Callable[[], Term]) -> Term:
        """Evaluates something as a mere value."""
        self.operands += 1
        try:
            return run()
        finally:
            self.operands -= 1

    def arguments(self, call: Call, scope: Scope, given: list[Node | Term] | None = None) -> list[Term]:
        """The arguments of a DSL call. No command may stand in them."""
        self.operands += 1
        self.nested += 1
        try:
            return self.values(call.arguments if given is None else given, scope)
        finally:
            self.operands -= 1
            self.nested -= 1

    def command(self, call: Call, scope: Scope) -> Term:
        entry = DSL[call.name]
        if entry.effect and self.nested:
            raise Misplaced
        if call.node.has_error:
            if call.name in ("create", "create_if_not_exists") and incomplete_create(self, call, scope):
                return NIL
            return self.unknown("code that did not parse", call.span)
        try:
            return entry.run(self, call, scope)
        except Misplaced:
            if self.nested:
                raise
            return self.unknown(f"`{call.name}` with a command in its arguments", call.span)
        except Unfinished as unfinished:
            return self.unknown(unfinished.reason, call.span)
        except Refused as refused:
            if self.migration is not None and self.migration.unfinished:
                return self.unknown("a block that is not closed", call.span)
            raise self.raised(refused.error, refused.message, refused.span) from None

    # --- the queue -----------------------------------------------------------------------------------------

    def flush(self) -> None:
        """`Runner.flush/0` of a forward run.

        The queue is taken first, so that what a function queues while it runs waits for the next flush.
        """
        runner = self.runner
        commands, runner.queue = runner.queue, []
        for queued in commands:
            command = queued
            if self.checkout:
                command = replace(queued, transaction=self.transaction, checkout=self.checkout)
            if isinstance(command, Execute) and isinstance(command.up, FunctionTerm):
                self.run_function(command, command.up, "up_commands")
            else:
                runner.done.append(command)

    def run_function(self, command: Execute, function: FunctionTerm, name: str) -> None:
        """Runs the function of an `execute`; what it does at once belongs to the command."""
        runner = self.runner
        saved = self.via, self.always, self.repeated, self.callback, runner.done, list(runner.queue)
        self.via, self.always = command.via, command.always
        self.repeated, self.callback = command.repeated, command.callback
        runner.done = []
        try:
            self.apply(function, [], command.span)
        finally:
            ran = runner.done
            self.via, self.always, self.repeated, self.callback, runner.done = saved[:5]
            before = {id(queued) for queued in saved[5]}
            for queued in runner.queue:
                if id(queued) not in before:
                    runner.queued_by[id(queued)] = len(runner.done)
            if name == "up_commands":
                runner.done.append(replace(command, up_commands=tuple(ran)))
            else:
                runner.done.append(replace(command, down_commands=tuple(ran)))


def _share_line(one: Node, other: Node) -> bool:
    between = one.data[min(one.end, other.end) : max(one.start, other.start)]
    return b"\n" not in between
