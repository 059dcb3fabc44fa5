"""Rows that a migration reads and writes."""

from ..entry import Entry

_WRITES = ("Insert", "Update", "Delete")

RULES = (
    Entry("backfill-in-ddl-transaction", on=_WRITES),
    Entry("backfill-unbatched", on=("Update", "Delete")),
    Entry("wipe-column", on=("Update",)),
    Entry("repo-write-in-change", on=("Immediate",)),
    Entry("flush-needed", on=("RepoCall", "RepoQuery")),
    Entry("app-schema-in-migration", on=("RepoCall",)),
    Entry("application-code-in-migration", on=("ApplicationCode",)),
    Entry("enqueue-or-side-effect", on=("ApplicationCode",)),
    Entry("backfill-wrong-repo", on=("RepoCall", "RepoQuery")),
    Entry("environment-dependent-migration", on=("outside world",)),
    Entry("library-migration-unpinned", on=("ApplicationCode",)),
    Entry("backfill-offset-pagination", on=_WRITES),
    Entry("backfill-no-throttle", on=_WRITES),
    Entry("backfill-not-idempotent", on=_WRITES),
    Entry("seed-in-migration", on=("Insert",), optional=True),
    Entry("pending-trigger-events", on=_WRITES),
)
