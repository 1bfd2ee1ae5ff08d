"""Verification log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.Uuid().with_variant(sa.Uuid(native_uuid=False), "mysql", "mariadb")
MOMENT = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade() -> None:
    op.create_table(
        "verification_log",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("event", sa.String(length=50), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_verification_log")),
        sa.UniqueConstraint("id", name=op.f("uq_verification_log_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("verification_log", schema=None) as batch_op:
        batch_op.create_index("ix_verification_log_user", ["user_id", "sequence"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("verification_log", schema=None) as batch_op:
        batch_op.drop_index("ix_verification_log_user")

    op.drop_table("verification_log")
