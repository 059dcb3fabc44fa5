"""The rules, in the order of the catalogue. A new rule is a new module and a line here."""

from __future__ import annotations

from .add_column_not_null_without_default import AddColumnNotNullWithoutDefault
from .add_column_volatile_default import AddColumnVolatileDefault
from .add_timestamps_not_null import AddTimestampsNotNull
from .base import Rule
from .check_constraint_validated import CheckConstraintValidated
from .concurrent_index_in_transaction import ConcurrentIndexInTransaction
from .concurrent_index_migration_lock import ConcurrentIndexMigrationLock
from .concurrent_index_unserialised import ConcurrentIndexUnserialised
from .constraint_never_validated import ConstraintNeverValidated
from .constraint_validated_before_backfill import ConstraintValidatedBeforeBackfill
from .contract_step_not_null_trap import ContractStepNotNullTrap
from .drop_index_incomplete_definition import DropIndexIncompleteDefinition
from .drop_index_not_concurrent import DropIndexNotConcurrent
from .drop_table import DropTable
from .drop_table_locks_parent import DropTableLocksParent
from .drop_table_still_in_schema import DropTableStillInSchema
from .dsl_misuse import DslMisuse
from .duplicate_index import DuplicateIndex
from .duplicate_module import DuplicateModule
from .duplicate_name import DuplicateName
from .duplicate_version import DuplicateVersion
from .enum_values_differ_from_schema import EnumValuesDifferFromSchema
from .execute_multiple_statements import ExecuteMultipleStatements
from .execute_transaction_control import ExecuteTransactionControl
from .foreign_key_missing_index import ForeignKeyMissingIndex
from .foreign_key_type_mismatch import ForeignKeyTypeMismatch
from .foreign_key_validated import ForeignKeyValidated
from .index_not_concurrent import IndexNotConcurrent
from .index_on_partitioned_parent import IndexOnPartitionedParent
from .irreversible_change import IrreversibleChange
from .missing_unique_constraint_in_changeset import MissingUniqueConstraintInChangeset
from .modify_blocked_by_dependents import ModifyBlockedByDependents
from .modify_column_with_check import ModifyColumnWithCheck
from .modify_defeats_validated_check import ModifyDefeatsValidatedCheck
from .modify_restates_type import ModifyRestatesType
from .modify_type_rewrite import ModifyTypeRewrite
from .mysql_modify_drops_attributes import MysqlModifyDropsAttributes
from .mysql_no_ddl_transaction import MysqlNoDdlTransaction
from .not_null_helper_leftover import NotNullHelperLeftover
from .not_valid_check_before_backfill import NotValidCheckBeforeBackfill
from .out_of_order_version import OutOfOrderVersion
from .remove_column import RemoveColumn
from .remove_column_still_in_schema import RemoveColumnStillInSchema
from .remove_loses_index_or_constraint import RemoveLosesIndexOrConstraint
from .rename_column import RenameColumn
from .rename_constraint_name_drift import RenameConstraintNameDrift
from .rename_table import RenameTable
from .set_not_null_scan import SetNotNullScan
from .sql_syntax_error import SqlSyntaxError
from .unknown_column import UnknownColumn
from .unknown_table import UnknownTable
from .unsupported_by_adapter import UnsupportedByAdapter
from .validate_in_same_transaction import ValidateInSameTransaction

RULES: tuple[type[Rule], ...] = (
    AddColumnNotNullWithoutDefault,
    AddColumnVolatileDefault,
    AddTimestampsNotNull,
    ModifyTypeRewrite,
    SetNotNullScan,
    ModifyDefeatsValidatedCheck,
    ModifyColumnWithCheck,
    ModifyRestatesType,
    ModifyBlockedByDependents,
    RemoveColumn,
    RemoveColumnStillInSchema,
    ContractStepNotNullTrap,
    RemoveLosesIndexOrConstraint,
    RenameColumn,
    RenameTable,
    RenameConstraintNameDrift,
    DropTable,
    DropTableStillInSchema,
    DropTableLocksParent,
    IndexNotConcurrent,
    DropIndexNotConcurrent,
    IndexOnPartitionedParent,
    DropIndexIncompleteDefinition,
    DuplicateIndex,
    MissingUniqueConstraintInChangeset,
    EnumValuesDifferFromSchema,
    ConcurrentIndexInTransaction,
    ConcurrentIndexMigrationLock,
    ConcurrentIndexUnserialised,
    ForeignKeyValidated,
    CheckConstraintValidated,
    ValidateInSameTransaction,
    ConstraintNeverValidated,
    NotValidCheckBeforeBackfill,
    ConstraintValidatedBeforeBackfill,
    NotNullHelperLeftover,
    ForeignKeyTypeMismatch,
    ForeignKeyMissingIndex,
    DslMisuse,
    SqlSyntaxError,
    ExecuteMultipleStatements,
    ExecuteTransactionControl,
    IrreversibleChange,
    UnsupportedByAdapter,
    MysqlModifyDropsAttributes,
    MysqlNoDdlTransaction,
    UnknownTable,
    UnknownColumn,
    DuplicateVersion,
    DuplicateName,
    DuplicateModule,
    OutOfOrderVersion,
)
