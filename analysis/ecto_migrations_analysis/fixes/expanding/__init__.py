"""Changes that two releases of the code have to live through: expand, switch the code over, contract."""

from __future__ import annotations

from . import (
    below_domain,
    change_key,
    change_type,
    drop_column,
    drop_table,
    enum_value,
    generated,
    numbered,
    remake_views,
    rename_column,
    rename_field,
    rename_table,
)

# In the order in which they are offered: the simplest safe way first.
STRATEGIES = (
    drop_column.proposals,
    rename_field.proposals,
    rename_column.proposals,
    remake_views.proposals,
    change_type.proposals,
    change_key.proposals,
    enum_value.proposals,
    rename_table.proposals,
    drop_table.proposals,
    numbered.proposals,
    generated.proposals,
    below_domain.proposals,
)
