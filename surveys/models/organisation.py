"""Who belongs where: teams in a tree, people and their memberships; identity side, knows no answer."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from surveys.models.base import Base, new_id


class Person(Base):
    """Somebody who may be invited."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id, comment="Random identifier without order")
    email: Mapped[str] = mapped_column(unique=True, comment="Address for invitations, lower case")
    name: Mapped[str] = mapped_column(comment="Name as imported")
    language: Mapped[str] = mapped_column(comment="Language of invitations, a code such as en")


class Team(Base):
    """The smallest reporting unit with a leader; teams form one tree."""

    __tablename__ = "team"

    key: Mapped[str] = mapped_column(primary_key=True, comment="Stable key from teams.csv")
    parent_key: Mapped[str | None] = mapped_column(
        ForeignKey("team.key"), index=True, comment="Team above; empty at the root"
    )
    name: Mapped[str] = mapped_column(comment="Name shown in pages and reports")
    leader_id: Mapped[str | None] = mapped_column(
        ForeignKey("person.id"), index=True, comment="Person who leads; empty where nobody does"
    )
    timezone: Mapped[str] = mapped_column(comment="IANA time zone of the team's weeks")
    country: Mapped[str] = mapped_column(
        default="",
        server_default=text("''"),
        comment="Country of its public holidays, such as ES or ES-MD; empty for none",
    )
    is_active: Mapped[bool] = mapped_column(default=True, comment="False once a later import no longer names the team")


class Membership(Base):
    """A person in a team from a day to a day, both included."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="period"),
        Index("ix_membership_team_key_starts_on", "team_key", "starts_on"),
    )

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True, comment="The member")
    team_key: Mapped[str] = mapped_column(ForeignKey("team.key"), primary_key=True, comment="The team")
    starts_on: Mapped[dt.date] = mapped_column(primary_key=True, comment="First day")
    ends_on: Mapped[dt.date | None] = mapped_column(comment="Last day; empty while it lasts")
