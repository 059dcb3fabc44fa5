"""Comments that silence rules."""

from ..entry import Entry

RULES = (
    Entry("unused-suppression", late=True),
    Entry("unknown-suppression", late=True),
    Entry("suppression-without-reason", late=True),
)
