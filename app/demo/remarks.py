"""Turns the people who answer a wave and a seed into what they tick and write beside their answers.

The sentences are this project's own. Two in each language name a person or a day, as people do although the page asks
them not to; those are what the redactor of the demonstration removes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.demo.organisation import Person

SHARE = 1 / 3
"""Part of those who answer who also write."""

FEWEST = 7
"""So many write at least, or everybody; five comments are needed, and two are removed."""

MOST_TOPICS = 3
STRAINED_TOPICS = ("workload", "priorities")
_STRAINED_WEIGHT = 4.0
_STREAM = 4

STRAINED: Mapping[str, tuple[str, ...]] = {
    "en": (
        "The plan keeps changing, but the date at the end of it never does.",
        "We start more than we finish. I carry four half-done things from one week to the next.",
        "By the time something is ready, something more urgent has replaced it.",
        "I work most evenings to keep up, and I would rather not make a habit of it.",
        "We say yes to every request. Somebody has to say no for us.",
        "There is no time left for proper reviews, so we find mistakes late and pay for them twice.",
        "Questions reach us all day from every side. Two quiet hours would help more than any new tool.",
        "I am tired. The work is good, there is just too much of it at once.",
    ),
    "es": (
        "El plan cambia cada poco, pero la fecha de entrega no se mueve nunca.",
        "Empezamos más cosas de las que acabamos. Llevo cuatro a medias de una semana a otra.",
        "Cuando algo está listo, ya hay otra cosa más urgente encima de la mesa.",
        "Casi todas las tardes me quedo para llegar a todo, y no quiero acostumbrarme.",
        "Decimos que sí a todas las peticiones. Alguien tendría que decir que no por nosotros.",
        "No queda tiempo para revisar bien, así que los errores salen tarde y los pagamos dos veces.",
        "Nos llegan preguntas todo el día y de todas partes. Dos horas tranquilas ayudarían mucho.",
        "Se nota el cansancio. El trabajo me gusta, pero hay demasiado a la vez.",
    ),
}
"""What people of the troubled team write."""

GENERAL: Mapping[str, tuple[str, ...]] = {
    "en": (
        "I know what my team is for. I am less sure what the company wants to be in three years.",
        "The vision on the slides sounds right. I would like to hear what we stop doing because of it.",
        "It is clearer than a year ago where we are going, and that helps with small decisions.",
        "Tell us why a direction was chosen, not just which one.",
        "Every department has its own top priority. A single list for everybody would save many meetings.",
        "When everything is a priority, I choose by who asked last.",
        "Our goals were agreed early this time and stayed. Please keep doing that.",
        "I would rather have three goals that we reach than eight that we explain.",
        "The load is fine most weeks. The week before a launch is another matter.",
        "Meetings take up my mornings. I do the real work after lunch.",
        "On-call duty falls on the same few people. A wider rota would be fairer.",
        "We plan without holidays and sick days, and then we wonder why it does not fit.",
        "The new rule of one quiet day without meetings works well for me.",
        "Good work is noticed when something breaks, and rarely when nothing does.",
        "A thank-you in front of the other teams meant more to me than I expected.",
        "People who keep old systems alive get less credit than those who build new ones.",
        "I do not know how pay rises are decided, and I would like to.",
        "Retrospectives lead to real changes now. It is good to see that somebody listens.",
        "We ask other teams for help and wait for weeks. A name to turn to for each subject would do.",
        "I like that people here answer questions without making you feel slow.",
        "Two teams built the same thing. We should show each other unfinished work more often.",
        "My laptop takes ages to run the tests. It is a small thing that costs me an hour a day.",
        "The search in our documents finds nothing, so I ask in the chat, like everybody else.",
        "I would like to spend some time in another team for a while and learn how they work.",
        "There is a budget for courses, but never a week in which to take one.",
        "Becoming a manager seems to be the only way up. I would like a way for experts too.",
        "The last reorganisation was explained well. What followed in daily work was not.",
        "Please let a change settle before the next one is announced.",
        "I can say what I think in my team. In larger rounds I would not.",
        "Decisions are made quickly now, and I hear of them in time.",
        "It would help if leaders sat with users twice a year, as we do.",
        "I enjoy my work more than last year, mostly because I can finish things.",
        "New colleagues need somebody beside them in the first month. We were too busy for that.",
        "Nothing to add, except that I like working with these people.",
    ),
    "es": (
        "Sé para qué está mi equipo. Tengo menos claro qué quiere ser la empresa dentro de tres años.",
        "La visión suena bien en las presentaciones. Me gustaría saber qué vamos a dejar de hacer por ella.",
        "Ahora se entiende mejor hacia dónde vamos, y eso ayuda en las decisiones pequeñas.",
        "Contadnos por qué se elige un rumbo y no solamente cuál.",
        "Me cuesta ver la relación entre lo que hago cada semana y los objetivos del año.",
        "Estaría bien que la dirección reconociera también lo que no ha salido.",
        "Cada departamento tiene su prioridad número uno. Con una sola lista nos ahorraríamos reuniones.",
        "Cuando todo es prioritario, acabo atendiendo a quien preguntó el último.",
        "Esta vez los objetivos se acordaron pronto y no se han tocado. Que siga así.",
        "Prefiero tres objetivos cumplidos a ocho bien explicados.",
        "A veces dos responsables piden cosas contrarias y nadie decide.",
        "Las prioridades se entienden, pero se comunican tarde.",
        "La carga es razonable casi siempre, salvo la semana antes de un lanzamiento.",
        "Las reuniones ocupan la mañana entera. El trabajo de verdad empieza después de comer.",
        "Las guardias recaen siempre en las mismas personas. Habría que repartirlas.",
        "Planificamos sin contar con vacaciones ni bajas, y luego no salen las cuentas.",
        "El día sin reuniones me funciona muy bien. Ojalá se mantenga.",
        "Este trimestre he podido desconectar por las tardes, y se nota.",
        "Nos faltan manos y lo cubrimos entre todos sin que conste en ningún sitio.",
        "El buen trabajo se ve cuando algo falla, y pocas veces cuando todo va bien.",
        "Que nos dieran las gracias delante de los demás equipos significó mucho para mí.",
        "Quien mantiene lo antiguo recibe menos reconocimiento que quien construye lo nuevo.",
        "No sé cómo se deciden las subidas de sueldo y me gustaría saberlo.",
        "Mi equipo valora lo que hago. Fuera de él, creo que no se sabe a qué nos dedicamos.",
        "Una opinión a tiempo vale más que la evaluación anual.",
        "De las retrospectivas salen ya cambios de verdad. Se agradece que alguien escuche.",
        "Pedimos ayuda a otros equipos y esperamos semanas. Falta saber a quién acudir para cada tema.",
        "Me gusta que aquí se pueda preguntar sin sentirse torpe.",
        "Dos equipos hicimos lo mismo sin saberlo. Deberíamos enseñar antes lo que está a medias.",
        "Con el equipo de diseño nos entendemos mucho mejor desde que planificamos juntos.",
        "Las pruebas tardan una eternidad en mi portátil. Parece poco, pero pierdo una hora al día.",
        "El buscador de la documentación no encuentra nada y al final preguntamos en el chat.",
        "Tenemos cinco herramientas para lo mismo. Con dos bastaría.",
        "Me gustaría pasar una temporada en otro equipo para aprender cómo trabajan.",
        "Hay presupuesto para cursos, pero nunca una semana para hacerlos.",
        "Para crecer parece obligatorio dirigir personas. Falta un camino para perfiles técnicos.",
        "He aprendido mucho este año gracias a la gente que tengo al lado.",
        "La última reorganización se explicó bien. Lo que vino después en el día a día, no tanto.",
        "Antes de anunciar otro cambio, dejad que el anterior se asiente.",
        "En mi equipo puedo decir lo que pienso. En reuniones grandes prefiero callarme.",
        "Ahora se decide más rápido y nos enteramos a tiempo.",
        "Vendría bien que la dirección se sentara con usuarios un par de veces al año.",
        "Disfruto más del trabajo que hace un año, sobre todo porque puedo terminar las cosas.",
        "Quien llega nuevo necesita a alguien al lado el primer mes, y no hemos tenido tiempo.",
        "El horario flexible es lo mejor que tenemos. Por favor, no lo toquéis.",
        "Echo en falta que se celebren los avances pequeños.",
        "Trabajo a gusto, aunque me preocupa que dependamos tanto de dos o tres personas.",
        "Se habla mucho de innovar, pero no hay tiempo reservado para probar nada.",
        "Las encuestas están bien si después vemos qué cambia.",
        "Nada que añadir. Me gusta trabajar con esta gente.",
    ),
}
"""What everybody else writes."""

TELLING: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Ask Jordan Finch why nobody dares to disagree in the planning round.",
        "Since I came back from leave on 3 March, my tasks have belonged to somebody else.",
    ),
    "es": (
        "Que alguien le diga a Jimena Robles que así no se habla en una reunión.",
        "Desde que volví de la baja el 3 de marzo, mis tareas las lleva otra persona.",
    ),
}
"""A name and a day, in each language; the names are nobody's in the sample organisation."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What somebody ticks and writes; the comment is empty for most."""

    topics: tuple[str, ...]
    comment: str


def tells_too_much(text: str) -> bool:
    """Tell whether the redactor of the demonstration removes a comment."""
    return any(text in texts for texts in TELLING.values())


def make_remarks(people: Sequence[Person], topics: Sequence[str], *, troubled: str, seed: int) -> dict[str, Remark]:
    """Return by address what each of these people ticks and writes, the same for a seed.

    Everybody ticks none to three of ``topics``, the troubled team its workload and priorities more often than others.
    About a third write, each a sentence of its own; who finds none left in the own language writes nothing.
    """
    generator = np.random.default_rng([seed, _STREAM])
    comments = _comments(generator, people, troubled)
    ticked = [_ticked(generator, topics, is_strained=person.team == troubled) for person in people]
    return {
        person.identity.email: Remark(topics=chosen, comment=comments.get(person.identity.email, ""))
        for person, chosen in zip(people, ticked, strict=True)
    }


def _comments(generator: np.random.Generator, people: Sequence[Person], troubled: str) -> dict[str, str]:
    """Return what is written by address; the first two outside the troubled team write what is removed."""
    count = min(max(round(len(people) * SHARE), FEWEST), len(people))
    writers = [people[int(row)] for row in generator.permutation(len(people))[:count]]
    left = {
        is_strained: {
            language: [texts[int(row)] for row in generator.permutation(len(texts))]
            for language, texts in (STRAINED if is_strained else GENERAL).items()
        }
        for is_strained in (True, False)
    }
    telling = [0, 1]
    found: dict[str, str] = {}
    for person in writers:
        language, is_strained = person.identity.language, person.team == troubled
        stock = left[is_strained][language]
        if telling and not is_strained:
            found[person.identity.email] = TELLING[language][telling.pop(0)]
        elif stock:
            found[person.identity.email] = stock.pop()
    return found


def _ticked(generator: np.random.Generator, topics: Sequence[str], *, is_strained: bool) -> tuple[str, ...]:
    weights = np.array([_STRAINED_WEIGHT if is_strained and topic in STRAINED_TOPICS else 1.0 for topic in topics])
    count = min(int(generator.integers(MOST_TOPICS + 1)), len(topics))
    rows = generator.choice(len(topics), size=count, replace=False, p=weights / weights.sum())
    return tuple(topics[int(row)] for row in sorted(rows))
