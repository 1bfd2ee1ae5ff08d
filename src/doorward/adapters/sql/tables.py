"""The tables. Names and columns are the same on every SQL engine; Alembic's revisions are made from them."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: engines without time zones give naive values back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name not in ("mysql", "mariadb"):
            return dialect.type_descriptor(DateTime(timezone=True))
        from sqlalchemy.dialects.mysql import DATETIME  # noqa: PLC0415 - forty modules that nobody else needs

        return dialect.type_descriptor(DATETIME(fsp=6))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def in_code_points(length: int) -> String:
    """Text in the same order on every engine, whatever the language of the server."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


Id = Uuid().with_variant(Uuid(native_uuid=False), "mysql", "mariadb")  # MariaDB's own kind has an order of its own
Sequence = BigInteger().with_variant(Integer, "sqlite")

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", in_code_points(255), unique=True),
    Column("phone", in_code_points(20), unique=True),
    Column("username", in_code_points(64), unique=True),
    Column("first_name", String(100), nullable=False),
    Column("last_name", String(100), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("status", String(10), nullable=False),
    Column("role", String(10), nullable=False),
    Column("failed_attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("last_login_at", UtcDateTime),
    Column("verified_at", UtcDateTime),
    Column("password_changed_at", UtcDateTime, nullable=False),
    Column("locked_until", UtcDateTime),
    Column("date_of_birth", Date),
    Column("date_of_joining", Date),
    Column("address", Text),
    Column("comments", Text),
    Column("first_name_key", in_code_points(100), index=True),
    Column("last_name_key", in_code_points(100), index=True),
    Column("email_domain", in_code_points(255), index=True),
    Column("closes_at", UtcDateTime, index=True),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, nullable=False),
    Column("method", String(30), nullable=False),
    Column("lookup_key", String(255)),
    Column("data", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_credentials_user", "user_id", "method", "created_at"),
    Index("uq_credentials_lookup", "method", "lookup_key", unique=True),
)

registrations = Table(
    "registrations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", String(255), nullable=False, index=True),
    Column("username", String(64)),
    Column("first_name", String(100), nullable=False),
    Column("last_name", String(100), nullable=False),
    Column("date_of_birth", Date),
    Column("date_of_joining", Date),
    Column("address", Text),
    Column("comments", Text),
    Column("password_hash", String(255), nullable=False),
    Column("is_decoy", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

challenges = Table(
    "challenges",
    metadata,
    Column("id", Id, primary_key=True),
    Column("purpose", String(30), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("target", String(255)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("handed_over_at", UtcDateTime),
    Column("code_expires_at", UtcDateTime),
    Column("link_expires_at", UtcDateTime),
    Column("consumed_at", UtcDateTime),
    Index("ix_challenges_subject", "subject_id", "purpose", "created_at"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", Id, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("rotated_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("ip_address", String(50)),
    Column("device", String(100)),
    Column("acting_id", Id),
)

audit_logs = Table(
    "audit_logs",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("id", Id, nullable=False, unique=True),
    Column("user_id", Id),
    Column("event_type", String(50), nullable=False),
    Column("event_time", UtcDateTime, nullable=False, index=True),
    Column("details", JSON, nullable=False),
    Column("ip_address", String(50)),
    Index("ix_audit_logs_user", "user_id", "sequence"),
    Index("ix_audit_logs_type", "event_type", "sequence"),
    sqlite_autoincrement=True,
)

login_attempts = Table(
    "login_attempts",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("id", Id, nullable=False, unique=True),
    Column("user_id", Id),
    Column("email", String(320), nullable=False),
    Column("success", Boolean, nullable=False),
    Column("attempt_time", UtcDateTime, nullable=False),
    Column("ip_address", String(50)),
    Index("ix_login_attempts_user", "user_id", "sequence"),
    sqlite_autoincrement=True,
)

verification_log = Table(
    "verification_log",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("id", Id, nullable=False, unique=True),
    Column("user_id", Id, nullable=False),
    Column("event", String(50), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_verification_log_user", "user_id", "sequence"),
    sqlite_autoincrement=True,
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("signs_from", UtcDateTime, nullable=False),
    Column("verify_until", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

outbox = Table(
    "outbox",
    metadata,
    Column("sequence", Sequence, primary_key=True, autoincrement=True),
    Column("id", Id, nullable=False, unique=True),
    Column("lane", String(20), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("owner", String(64)),
    Column("lease_until", UtcDateTime),
    Column("dead_at", UtcDateTime),
    Column("reason", String(255)),
    Index("ix_outbox_waiting", "lane", "dead_at", "sequence"),
    sqlite_autoincrement=True,
)

counters = Table(
    "counters",
    metadata,
    Column("key", String(150), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("reserved", Integer, nullable=False),
    Column("reserved_until", UtcDateTime),
    Column("last_at", UtcDateTime),
    Column("expires_at", UtcDateTime, index=True),
)
