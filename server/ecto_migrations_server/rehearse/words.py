"""A rehearsal in sentences, for every format."""

from __future__ import annotations

from .model import Direction, Pass, Rehearsal, Seen
from .stand_ins import lacks_extension

VERDICTS = {
    "passed": "passed",
    "failed": "failed",
    "differs": "differs from the analysis",
    "incomplete": "not all of it could be run",
}
_MOST_GAPS = 5


def setting(rehearsal: Rehearsal) -> str:
    """Where it was tried: "rehearsed on PostgreSQL 18.6 after 3 earlier migrations, with 9 rows in posts"."""
    earlier = "1 earlier migration" if rehearsal.history == 1 else f"{rehearsal.history} earlier migrations"
    past = [
        *([rehearsal.structure] if rehearsal.structure else []),
        *([earlier] if rehearsal.history else []),
    ]
    after = f" after {' and '.join(past)}" if past else ""
    rows = ", ".join(
        f"{count:,} rows in {name}"
        + (f" (measured: {rehearsal.sizes[name]})" if name in rehearsal.sizes else "")
        for name, count in rehearsal.rows.items()
    )
    return f"rehearsed on PostgreSQL {rehearsal.server}{after}{f', with {rows}' if rows else ''}"


def outcome(done: Pass) -> str:
    """ "migrate ok", "rollback failed"."""
    if done.error is not None:
        return f"{done.direction} failed"
    return f"{done.direction} {'ok' if not done.catalog else 'left something'}"


def shown(rehearsal: Rehearsal) -> list[Pass]:
    """The passes whose statements are worth showing: the first of each direction, and every failed one."""
    found: list[Pass] = []
    seen: set[Direction] = set()
    for item in rehearsal.passes:
        if item.direction not in seen or not item.succeeded:
            found.append(item)
        seen.add(item.direction)
    return found


def statement(seen: Seen) -> str:
    """What was seen of it, as sentences."""
    if seen.state == "not run":
        return f"Not run: {seen.reason}."
    parts = []
    locks = [f"{mode} on {name}" for name, mode in sorted(seen.locks.items())]
    if locks:
        parts.append(f"{', '.join(locks)}.")
    elif not seen.locks_seen:
        parts.append("It was too quick for its locks to be seen.")
    for name, kinds in sorted(seen.waited.items()):
        plain = [kind for kind in kinds if kind != "changed rows"]
        if plain:
            parts.append(f"{' and '.join(plain).capitalize()} of {name} waited.")
        if "changed rows" in kinds:
            parts.append(f"Writes of changed rows of {name} waited.")
    if seen.locks and not seen.waited:
        parts.append("Nobody waited.")
    if seen.rewritten:
        parts.append(f"{', '.join(seen.rewritten)}: written anew.")
    scanned = [name for name in seen.scanned if name not in seen.rewritten]
    if scanned:
        parts.append(f"{', '.join(scanned)}: read from beginning to end.")
    if seen.built:
        parts.append(f"Built: {', '.join(seen.built)}.")
    return " ".join(parts)


def took(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def failure(rehearsal: Rehearsal, done: Pass, nulls: bool) -> list[str]:
    """Why a pass failed, and what to do where that is not obvious."""
    if done.error is None:
        return []
    found = [f"{done.direction} failed: {done.error}"]
    nulls_help = "Every tenth value of a nullable column was NULL; --no-nulls fills all of them."
    if lacks_extension(done.error):
        found.append("A scratch server of yours may have it: --database-url URL.")
    elif any(seen.of_rows for seen in done.statements):
        found.append("The rows are generated: they satisfy every constraint, and may not look like yours.")
        if nulls:
            found.append(nulls_help)
    elif done.doubtful and rehearsal.not_run:
        found.append("It may be due to code before it that was not run.")
    elif done.doubtful:
        found.append("It may be due to a part of the history that was not run.")
    elif nulls and any(seen.nulls_there for seen in done.statements):
        found.append(nulls_help)
    return found


def differences(rehearsal: Rehearsal) -> list[str]:
    return [f"{direction}, line {seen.line}: {text}" for direction, seen, text in rehearsal.differences]


def catalog(rehearsal: Rehearsal) -> list[str]:
    """What a rollback did not bring back, each once."""
    return list(dict.fromkeys(text for item in rehearsal.passes for text in item.catalog))


def gaps(rehearsal: Rehearsal) -> list[str]:
    """Parts of the history that are missing, the first ones of many."""
    more = len(rehearsal.gaps) - _MOST_GAPS
    return [*rehearsal.gaps[:_MOST_GAPS], *([f"and {more} more"] if more > 0 else [])]
