"""Turns a random generator into made-up people's names in two languages, each with an e-mail address of its own."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

import numpy as np

from surveys.i18n import LANGUAGES

DOMAIN = "example.org"
"""Reserved for examples by RFC 2606, so that no message can reach anybody."""

_GIVEN = {
    "es": (
        *("Alba", "Álvaro", "Ana", "Bruno", "Carmen", "Claudia", "Diego", "Elena", "Gael", "Inés", "Iván", "Javier"),
        *("Julia", "Laura", "Lucía", "Manuel", "Marcos", "Marta", "Nerea", "Noa", "Nuria", "Pablo", "Paula", "Rocío"),
        *("Rubén", "Sara", "Sergio", "Sofía", "Teo", "Vera"),
    ),
    "en": (
        *("Alex", "Alice", "Amy", "Ben", "Chloe", "Daniel", "Ella", "Emma", "Ethan", "Finn", "Grace", "Hannah"),
        *("Harry", "Holly", "Isaac", "Jack", "Jamie", "Kate", "Liam", "Lucy", "Maya", "Megan", "Noah", "Oliver"),
        *("Poppy", "Robin", "Rose", "Sam", "Toby", "Zoe"),
    ),
}
_FAMILY = (
    *("Alonso", "Arias", "Barker", "Bell", "Blanco", "Brooks", "Cano", "Carter", "Castro", "Cole", "Crespo", "Dixon"),
    *("Ellis", "Esteban", "Ford", "Gallego", "Garrido", "Grant", "Hayes", "Herrera", "Hughes", "Iglesias", "Lane"),
    *("León", "Lozano", "Marsh", "Méndez", "Mills", "Molina", "Navarro", "Nolan", "Ortega", "Page", "Pardo", "Parker"),
    *("Peña", "Price", "Prieto", "Quinn", "Ramos", "Reed", "Reyes", "Rivas", "Rowe", "Santos", "Shaw", "Soler"),
    *("Stone", "Vega", "Vidal", "Wade", "Walsh", "Webb", "Wells", "West", "Wood"),
)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A made-up person; ``language`` is one of the product's."""

    name: str
    email: str
    language: str


@dataclass
class Namer:
    """Gives out people, no address twice; the same generator gives the same people in the same order."""

    generator: np.random.Generator
    taken: set[str] = field(default_factory=set)

    def person(self) -> Identity:
        """Return one more person."""
        language = LANGUAGES[int(self.generator.random() < 0.6)]
        given = _GIVEN[language][self.generator.integers(len(_GIVEN[language]))]
        family = _FAMILY[self.generator.integers(len(_FAMILY))]
        start = f"{_plain(given)}.{_plain(family)}"
        address, number = start, 1
        while address in self.taken:
            number += 1
            address = f"{start}{number}"
        self.taken.add(address)
        return Identity(name=f"{given} {family}", email=f"{address}@{DOMAIN}", language=language)


def _plain(text: str) -> str:
    """Return small letters without accents."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text.lower()) if sign.isascii())
