"""What makes a finding the same finding after the file has changed elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ecto_migrations_analysis.findings import Finding

from .checked import Checked


def fingerprints(checked: Checked) -> Iterator[tuple[Finding, str]]:
    """Each finding of a file with 32 hexadecimal digits: the same as long as its own text is.

    Made of the file's name without its folder, the rule and the text under the span, not of the line: what is
    written above moves nothing. Equal ones are numbered in the order of the text.
    """
    # Imported here: only the formats that keep findings apart need it.
    from hashlib import sha256

    seen: dict[tuple[str, str], int] = {}
    for finding in checked.analysis.findings:
        text = " ".join(checked.analysis.source.text(finding.span).split())
        number = seen[finding.rule, text] = seen.get((finding.rule, text), -1) + 1
        parts = (os.path.basename(checked.target.path), finding.rule, text, str(number))
        yield finding, sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
