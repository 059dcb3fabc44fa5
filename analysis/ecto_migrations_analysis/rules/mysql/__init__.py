"""What MySQL and MariaDB do differently."""

from ..entry import Entry

RULES = (
    Entry("mysql-modify-drops-attributes", on=("mysql",)),
    Entry("mysql-no-ddl-transaction", on=("mysql",)),
    Entry("mysql-constraint-not-enforced", on=("mysql",)),
)
