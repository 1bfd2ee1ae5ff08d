"""Which administrator looks through a session that is not his own."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("sessions") as batch:
        identity = sa.Uuid().with_variant(sa.Uuid(native_uuid=False), "mysql", "mariadb")
        batch.add_column(sa.Column("acting_id", identity, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("sessions") as batch:
        batch.drop_column("acting_id")
