"""SQL text in `execute`."""

from ..entry import Entry

RULES = (
    Entry("sql-syntax-error", on=("UnparsedSQL",)),
    Entry("execute-multiple-statements", on=("failure",)),
    Entry("execute-transaction-control", on=("TransactionControl",)),
    Entry("execute-unanalysed", on=("OpaqueSQL",)),
)
