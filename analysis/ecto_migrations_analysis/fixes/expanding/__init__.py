"""Changes that two releases of the code have to live through: expand, switch the code over, contract."""

from __future__ import annotations

from . import rename_column

# In the order in which they are offered: the simplest safe way first.
STRATEGIES = (rename_column.proposals,)
