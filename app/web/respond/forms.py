"""Turns a questionnaire into a WTForms form, and a posted body into what was answered and where the reader stands."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Form, RadioField

from surveys.i18n import Translator
from surveys.instruments.schema import Instrument, Item

NO_ANSWER = "none"
"""What is posted for "I would rather not answer this one"; an item without it and without an option is not done."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One item ready to be shown: its field, the choices with their labels, and what stands for it on the review."""

    number: int
    name: str
    code: str
    text: str
    hint: str
    choices: tuple[tuple[str, str], ...]
    chosen: str
    chosen_label: str

    @property
    def is_done(self) -> bool:
        """Whether it carries an answer or the explicit no answer."""
        return bool(self.chosen)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All questions of a questionnaire with what was posted so far."""

    questions: tuple[Question, ...]

    @property
    def missing(self) -> tuple[Question, ...]:
        """The questions that carry neither an answer nor the explicit no answer."""
        return tuple(question for question in self.questions if not question.is_done)

    def answers(self) -> dict[str, int | None]:
        """Return the answers by item code, None for the explicit no answer; only where nothing is missing."""
        return {
            question.code: None if question.chosen == NO_ANSWER else int(question.chosen) for question in self.questions
        }

    def hidden(self, besides: int = 0) -> Markup:
        """Return the answers given so far as hidden fields, so that nothing has to be kept between two pages."""
        return Markup("").join(
            Markup('<input type="hidden" name="{}" value="{}">').format(question.name, question.chosen)
            for question in self.questions
            if question.is_done and question.number != besides
        )


def read_sheet(instrument: Instrument, tr: Translator, body: MultiDict[str, str]) -> Sheet:
    """Return the questions in the reader's language with the posted answers; anything that is no option is dropped."""
    form = form_class(instrument, tr)(formdata=body)
    questions = []
    for number, item in enumerate(instrument.items, start=1):
        field = form[field_name(number)]
        labels = choices_of(instrument, item, tr)
        chosen = str(field.data) if field.data in labels else ""
        questions.append(
            Question(
                number=number,
                name=field.name,
                code=item.code,
                text=str(field.label.text),
                hint=str(field.description),
                choices=tuple(labels.items()),
                chosen=chosen,
                chosen_label=labels.get(chosen, ""),
            )
        )
    return Sheet(questions=tuple(questions))


def form_class(instrument: Instrument, tr: Translator) -> type[Form]:
    """Return the form of a questionnaire: one radio field per item, the explicit no answer as its last choice."""
    fields: dict[str, object] = {
        field_name(number): RadioField(
            label=item.text.to(tr.language),
            description=item.recall.prompt.to(tr.language),
            choices=choices_of(instrument, item, tr),
        )
        for number, item in enumerate(instrument.items, start=1)
    }
    return type("AnswerForm", (Form,), fields)


def choices_of(instrument: Instrument, item: Item, tr: Translator) -> dict[str, str]:
    """Return the labels of an item's options by what is posted for them, the explicit no answer last."""
    options = instrument.option_set(item).choices
    return {
        **{str(option.code): option.label.to(tr.language) for option in options},
        NO_ANSWER: tr.t("I would rather not answer this one"),
    }


def field_name(number: int) -> str:
    """Return the short name of an item's field; a whole questionnaire must fit into 8 KB."""
    return f"q{number}"
