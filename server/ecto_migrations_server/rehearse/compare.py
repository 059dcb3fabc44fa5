"""What was seen of a statement beside what the analysis claims of it."""

from __future__ import annotations

from collections.abc import Callable

from ecto_migrations_analysis.analysis import Step
from ecto_migrations_analysis.databases.postgres.locks import ROW_SHARE, blocked_by
from ecto_migrations_analysis.operations import Delete, Insert, Truncate, Update
from ecto_migrations_analysis.schema.state import Schema

from .claims import Claim, causes_of
from .observation import STRENGTH, Observation

# Errors of the place, not of the statement: no privilege, no such extension, no memory, no disk.
_OF_THE_SERVER = ("28", "42501", "53", "54", "57", "58")


# Errors of values: cardinality, data, integrity. In a statement about rows they depend on these.
_OF_VALUES = ("21", "22", "23")


def of_rows(step: Step, error: str) -> bool:
    """Whether an error comes from rows that a statement reads or writes, which a rehearsal has made up."""
    return _changes_rows(step) and error.startswith(_OF_VALUES)


def _changes_rows(step: Step) -> bool:
    return any(isinstance(item, Insert | Update | Delete) for item in step.statement.operations)


class Comparison:
    """Of one transaction: claims and observations are put together, as locks are held until its end."""

    def __init__(
        self, holds_rows: Callable[[str], bool], is_left_out: Callable[[str], bool] = lambda name: False
    ) -> None:
        """`is_left_out`: whether a relation is not there because a part of the history was not run."""
        self._claim = Claim()
        self._holds_rows = holds_rows
        self._is_left_out = is_left_out
        self._nonempty: dict[str, bool] = {}
        # What a query may read as a whole or by an index: the planner's choice.
        self._planned: set[str] = set()
        # Whose rows changed rows refer to: looked up only for a key that is not NULL and has changed
        # (`RI_FKey_fk_upd_check_required` in ri_triggers.c).
        self._parents: set[str] = set()
        self._told: set[str] = set()

    def expect(self, step: Step) -> None:
        """Before the statement runs: its claims, and which of their tables hold rows."""
        self._claim.failures = []
        if _changes_rows(step):
            self._planned |= {str(Schema.key(relation)) for relation in step.effect.scans}
            self._parents |= {
                str(Schema.key(lock.relation)) for lock in step.effect.locks if lock.mode == ROW_SHARE
            }
        self._claim.add(step.effect)
        for name in (*self._claim.locks, *self._claim.scans):
            if name not in self._nonempty:
                self._nonempty[name] = self._holds_rows(name)

    def ran(
        self,
        step: Step,
        seen: Observation,
        waited: dict[str, tuple[str, ...]],
        *,
        locks_seen: bool = True,
        scans_seen: bool = True,
    ) -> tuple[str, ...]:
        """What differs after it ran, and did not after the statements before it."""
        claim = self._claim
        found = [
            f"the analysis says that it fails: {failure.reason}"
            for failure in claim.failures
            if failure.certain
        ]
        if self._touches_rows(step):
            found += [
                f"the analysis says that it fails where the table has rows: {failure.reason}"
                for failure in claim.failures
                if failure.cause == "any row"
            ]
        if not claim.unknown:
            if locks_seen:
                found += self._locks(seen, waited)
            found += self._sets("rewrites", claim.rewritten, seen.rewritten)
            found += self._sets("builds the index", claim.rebuilt, seen.rebuilt)
            if scans_seen:
                claimed = {name for name in claim.scans if self._nonempty.get(name)}
                claimed -= self._planned - seen.scans
                found += self._sets("scans", claimed, seen.scans)
        claim.follow(step.statement.operations)
        if any(isinstance(item, Truncate) for item in step.statement.operations):
            self._nonempty |= {str(Schema.key(relation)): False for relation in step.effect.rewrites}
        new = tuple(text for text in found if text not in self._told)
        self._told.update(new)
        return new

    def failed(self, step: Step, error: str) -> tuple[str, ...]:
        """What differs where the server refused the statement."""
        causes = causes_of(error)
        if error.startswith(_OF_THE_SERVER) or self._claim.unknown or of_rows(step, error):
            return ()
        if any(failure.cause in (causes or set()) for failure in step.effect.failures):
            return ()
        return ("the analysis does not say that it fails",)

    def _touches_rows(self, step: Step) -> bool:
        names = {str(Schema.key(lock.relation)) for lock in step.effect.locks}
        return bool(names) and all(self._nonempty.get(name) for name in names)

    def _locks(self, seen: Observation, waited: dict[str, tuple[str, ...]]) -> list[str]:
        claim, found = self._claim, []
        for name in sorted(claim.locks.keys() | seen.locks.keys()):
            claimed, taken = claim.locks.get(name), seen.locks.get(name)
            if claimed == taken or (taken is None and self._is_left_out(name)):
                continue
            if taken is None and claimed == ROW_SHARE and name in self._parents:
                continue
            if taken is None:
                found.append(f"the analysis says {claimed} on {name}, which was not locked")
            elif claimed is None:
                found.append(f"{name} was locked in {taken}, of which the analysis says nothing")
            else:
                found.append(f"the analysis says {claimed} on {name}, which was locked in {taken}")
        for name, kinds in sorted(waited.items()):
            claimed_kinds = set(blocked_by([claim.locks[name]])) if name in claim.locks else set()
            claimed_kinds |= {kind for table, kind, _ in claim.waits if table == name}
            for kind in ("reads", "writes"):
                if kind in kinds and kind not in claimed_kinds:
                    found.append(f"{kind} of {name} waited, and the analysis says that they do not")
            if "changed rows" in kinds and name not in claim.written and claim.locks.get(name) is not None:
                if STRENGTH[claim.locks[name]] < STRENGTH["ROW SHARE"]:
                    found.append(f"writes of rows of {name} waited, and the analysis says that they do not")
        for name in sorted(claim.locks):
            for kind in sorted(blocked_by([claim.locks[name]])):
                if name in seen.locks and name in waited and kind not in waited[name]:
                    found.append(f"{kind} of {name} did not wait, and the analysis says that they do")
        return found

    def _sets(self, verb: str, claimed: set[str], seen: set[str]) -> list[str]:
        return [
            *(f"it {verb} {name}, of which the analysis says nothing" for name in sorted(seen - claimed)),
            *(
                f"the analysis says that it {verb} {name}, and it did not"
                for name in sorted(claimed - seen)
                if not self._is_left_out(name)
            ),
        ]
