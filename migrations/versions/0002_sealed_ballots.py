"""Papers, cards, the second lock, the frozen answer page and the list of counted ballots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002_sealed_ballots"
down_revision = "0001_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installation_mark",
        sa.Column("public_key", sa.String(), nullable=False, comment="Public half of the installation key, hex"),
        sa.PrimaryKeyConstraint("public_key", name=op.f("pk_installation_mark")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "answer_file",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave that promises it"),
        sa.Column("sha256", sa.String(), nullable=False, comment="SHA-256 of the content, hex"),
        sa.Column("media_type", sa.String(), nullable=False, comment="Media type; text/html marks the page itself"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="The bytes as served"),
        sa.ForeignKeyConstraint(["wave"], ["wave.slug"], name=op.f("fk_answer_file_wave_wave")),
        sa.PrimaryKeyConstraint("wave", "sha256", name=op.f("pk_answer_file")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "card",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("code_hash", sa.String(), nullable=False, comment="SHA-256 of the card's secret, hex"),
        sa.Column("crowd", sa.String(), nullable=False, comment="Crowd an answer with this card counts in"),
        sa.ForeignKeyConstraint(["wave"], ["wave.slug"], name=op.f("fk_card_wave_wave")),
        sa.PrimaryKeyConstraint("wave", "code_hash", name=op.f("pk_card")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "counted_list",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column(
            "hashes",
            sa.LargeBinary(),
            nullable=False,
            comment="32 bytes each, sorted, filled up at random from the invited number; deleted after seven days",
        ),
        sa.ForeignKeyConstraint(["wave"], ["wave.slug"], name=op.f("fk_counted_list_wave_wave")),
        sa.PrimaryKeyConstraint("wave", name=op.f("pk_counted_list")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "paper",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column(
            "mark",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="HMAC-SHA256 of wave and person under the private key of the wave",
        ),
        sa.Column(
            "paper_hash",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="SHA-256 of the blinded nonce whose paper was issued; a repeat gets the same",
        ),
        sa.ForeignKeyConstraint(["wave"], ["wave.slug"], name=op.f("fk_paper_wave_wave")),
        sa.PrimaryKeyConstraint("wave", "mark", name=op.f("pk_paper")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "second_lock",
                sa.String(),
                nullable=True,
                comment="Public key of a trustee for the waves planned from now on, hex; empty: none",
            )
        )

    with op.batch_alter_table("wave", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "second_lock",
                sa.String(),
                nullable=True,
                comment="Public key of a trustee without whom the ballots do not open, hex; empty: none",
            )
        )
        batch_op.add_column(
            sa.Column(
                "is_within_papers",
                sa.Boolean(),
                nullable=True,
                comment="Whether there were no more ballots than papers; empty before the count and outside sealed mode",
            )
        )


def downgrade() -> None:
    # Plain statements: in batch mode SQLite would drop and remake tables that others refer to.
    op.drop_column("wave", "is_within_papers")
    op.drop_column("wave", "second_lock")
    op.drop_column("programme", "second_lock")
    op.drop_table("paper")
    op.drop_table("counted_list")
    op.drop_table("card")
    op.drop_table("answer_file")
    op.drop_table("installation_mark")
