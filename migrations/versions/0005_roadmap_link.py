"""Raw uploads, maps, connections and touched teams of roadmaps; anchors of one's own; the link to sentiment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005_roadmap_link"
down_revision = "0004_statistics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "anchor_set",
        sa.Column(
            "version",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="Version as printed; own ones count from 101",
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="When it was set (UTC)"),
        sa.Column("made_by", sa.String(), nullable=False, comment="Account or command that set it"),
        sa.Column("note", sa.String(), nullable=False, comment="Why, in the words of who set it"),
        sa.Column("document", sa.Text(), nullable=False, comment="Anchors, weights and limits"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_anchor_set")),
    )
    op.create_table(
        "pressure_team",
        sa.Column("team", sa.String(), nullable=False, comment="Team key"),
        sa.Column("computed_until", sa.Date(), nullable=False, comment="Day up to which its weeks stand"),
        sa.Column(
            "computed_with",
            sa.String(),
            nullable=False,
            comment="Hash of all beside items and plans that its weeks depend on: zone, days off, anchors, program",
        ),
        sa.Column(
            "traits",
            sa.Text(),
            nullable=False,
            comment="What holds for the team as a whole, such as whether its items carry dates",
        ),
        sa.PrimaryKeyConstraint("team", name=op.f("pk_pressure_team")),
    )
    op.create_table(
        "roadmap_connection",
        sa.Column("name", sa.String(), nullable=False, comment="Name given by the steward; also the source's name"),
        sa.Column("kind", sa.String(), nullable=False, comment="jira-cloud or github"),
        sa.Column(
            "base_url",
            sa.String(),
            nullable=False,
            comment="Address of the interface; its host must be on the allow-list",
        ),
        sa.Column("settings", sa.Text(), nullable=False, comment="Projects, boards or repositories to read"),
        sa.Column("timezone", sa.String(), nullable=False, comment="Zone in which the tool reads the days of a query"),
        sa.Column("is_active", sa.Boolean(), nullable=False, comment="False: it is not asked by the nightly job"),
        sa.Column(
            "read_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Every change before this is stored; empty before the first sync",
        ),
        sa.Column(
            "resume", sa.Text(), nullable=True, comment="Where a sync that was cut off goes on; empty where none was"
        ),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True, comment="Last attempt (UTC)"),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True, comment="Last sync that ended well (UTC)"),
        sa.Column(
            "failure",
            sa.Text(),
            nullable=True,
            comment="Why the last attempt failed: sentence and its values; empty where it did not",
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_roadmap_connection")),
    )
    op.create_table(
        "roadmap_draft",
        sa.Column("token", sa.String(), nullable=False, comment="Random name that the steward's page carries"),
        sa.Column("name", sa.String(), nullable=False, comment="Name of the source"),
        sa.Column("kind", sa.String(), nullable=False, comment="Format"),
        sa.Column("file_sha256", sa.String(), nullable=False, comment="Hash of the uploaded file"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="When it was uploaded (UTC)"),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="Packed raw items; people as hashes"),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_roadmap_draft")),
    )
    op.create_table(
        "roadmap_map",
        sa.Column("name", sa.String(), nullable=False, comment="Name of the source, imported already or not"),
        sa.Column("document", sa.String(), nullable=False, comment="The map as TOML"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, comment="When it was saved (UTC)"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_roadmap_map")),
    )
    op.create_table(
        "roadmap_staged",
        sa.Column("connection", sa.String(), nullable=False, comment="Connection"),
        sa.Column("key", sa.String(), nullable=False, comment="Key of the item"),
        sa.Column("body", sa.Text(), nullable=False, comment="The raw item; people as hashes, no title"),
        sa.ForeignKeyConstraint(
            ["connection"],
            ["roadmap_connection.name"],
            name=op.f("fk_roadmap_staged_connection_roadmap_connection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection", "key", name=op.f("pk_roadmap_staged")),
    )
    op.create_table(
        "link_result",
        sa.Column("wave", sa.String(), nullable=False, comment="Wave"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="When (UTC)"),
        sa.Column("method_version", sa.String(), nullable=False, comment="Version of the methods, see docs/methods.md"),
        sa.Column(
            "inputs_sha256", sa.String(), nullable=False, comment="Hash of the means and indexes it was made from"
        ),
        sa.Column(
            "document",
            sa.Text(),
            nullable=False,
            comment="Settings, gates, estimates with ranges, or why there are none",
        ),
        sa.ForeignKeyConstraint(["wave"], ["release.wave"], name=op.f("fk_link_result_wave_release")),
        sa.PrimaryKeyConstraint("wave", name=op.f("pk_link_result")),
    )
    op.add_column(
        "roadmap_source",
        sa.Column(
            "timezone",
            sa.String(),
            server_default="UTC",
            nullable=False,
            comment="Zone of those of its times that name none",
        ),
    )
    op.add_column(
        "roadmap_source",
        sa.Column(
            "touched",
            sa.Text(),
            server_default="{}",
            nullable=False,
            comment="Teams whose weeks must be computed again, each with the first day that changed",
        ),
    )
    op.drop_column("roadmap_source", "computed_with")
    op.drop_column("roadmap_source", "computed_until")
    op.add_column(
        "team",
        sa.Column(
            "country",
            sa.String(),
            server_default=sa.text("''"),
            nullable=False,
            comment="Country of its public holidays, such as ES or ES-MD; empty for none",
        ),
    )
    op.add_column(
        "work_event",
        sa.Column(
            "offset_minutes",
            sa.Integer(),
            nullable=True,
            comment="Minutes east of UTC that the source wrote; empty for none",
        ),
    )
    op.add_column(
        "work_item",
        sa.Column(
            "digest",
            sa.String(),
            server_default=sa.text("''"),
            nullable=False,
            comment="Hash over the item and its changes, to see what an import touches",
        ),
    )
    _remake_calendar(
        [
            sa.Column(
                "source",
                sa.String(),
                nullable=False,
                comment="holidays for public holidays, hand for days typed in, else the name of an import",
            )
        ],
        "holiday, shutdown, freeze, release, reorganisation, layoff, leader_change or incident",
        {"source": "hand"},
    )


def downgrade() -> None:
    _remake_calendar([], "holiday, freeze, reorganisation, incident, ...", None)
    op.add_column(
        "roadmap_source",
        sa.Column(
            "computed_until",
            sa.Date(),
            nullable=True,
            comment="Day up to which its weeks of pressure stand; empty after an import",
        ),
    )
    op.add_column(
        "roadmap_source",
        sa.Column(
            "computed_with", sa.String(), nullable=True, comment="Hash of the zones, days off and anchors used for them"
        ),
    )

    op.drop_column("work_item", "digest")
    op.drop_column("work_event", "offset_minutes")
    op.drop_column("team", "country")
    op.drop_column("roadmap_source", "touched")
    op.drop_column("roadmap_source", "timezone")
    op.drop_table("link_result")
    op.drop_table("roadmap_staged")
    op.drop_table("roadmap_map")
    op.drop_table("roadmap_draft")
    op.drop_table("roadmap_connection")
    op.drop_table("pressure_team")
    op.drop_table("anchor_set")


def _remake_calendar(more: list[sa.Column[str]], kinds: str, filled: dict[str, str] | None) -> None:
    """Make the table anew with its rows, because SQLite cannot change a primary key; one row for a day and kind."""
    old = sa.table("calendar_day", sa.column("team"), sa.column("day", sa.Date()), sa.column("kind"))
    rows = op.get_bind().execute(sa.select(old.c.team, old.c.day, old.c.kind).distinct()).mappings().all()
    op.drop_table("calendar_day")
    new = op.create_table(
        "calendar_day",
        *more,
        sa.Column("team", sa.String(), nullable=False, comment="Team key; empty for all teams"),
        sa.Column("day", sa.Date(), nullable=False, comment="The day"),
        sa.Column("kind", sa.String(), nullable=False, comment=kinds),
        sa.PrimaryKeyConstraint(*[column.name for column in more], "team", "day", "kind", name=op.f("pk_calendar_day")),
    )
    if rows:
        op.bulk_insert(new, [dict(row) | (filled or {}) for row in rows])
