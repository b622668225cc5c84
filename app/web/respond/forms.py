"""Turns a questionnaire into a WTForms form, and a posted body into what was answered, ticked and written."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import Form, RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import Length

from surveys.i18n import Translator
from surveys.instruments.schema import COMMENT_LENGTH, CommentBox, Instrument, Item, ResponseOption, Segment

TOPIC, COMMENT = "topic", "comment"
"""The names of the fields of ticked topics and of the comment."""

NO_ANSWER = "none"
"""What is posted for "I would rather not answer this one"; an item without it and without an option is not done."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One item or segment ready to be shown: its field, its choices with labels, and what stands for it on the review.

    ``is_about_reader`` tells a segment; its ``hint`` is empty.
    """

    number: int
    name: str
    code: str
    text: str
    hint: str
    choices: tuple[tuple[str, str], ...]
    chosen: str
    chosen_label: str
    is_about_reader: bool

    @property
    def is_done(self) -> bool:
        """Whether it carries an answer or the explicit no answer."""
        return bool(self.chosen)


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One topic: its code, its label, and whether it is ticked."""

    code: str
    label: str
    is_ticked: bool


@dataclass(frozen=True, kw_only=True)
class Talk:
    """The topics and the comment box with what was ticked and written; ``is_too_long`` says that it cannot be sent."""

    prompt: str
    hint: str
    topics: tuple[Tick, ...]
    comment: str
    is_too_long: bool

    @property
    def ticked(self) -> tuple[str, ...]:
        """The codes of the ticked topics, in the order shown."""
        return tuple(topic.code for topic in self.topics if topic.is_ticked)

    @property
    def ticked_labels(self) -> tuple[str, ...]:
        """The labels of the ticked topics, in the order shown."""
        return tuple(topic.label for topic in self.topics if topic.is_ticked)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """All questions of a questionnaire with what was posted so far; ``talk`` is None without topics and comment."""

    questions: tuple[Question, ...]
    talk: Talk | None = None

    @property
    def talk_step(self) -> int:
        """The number of the step with topics and comment; that of the review where there is none."""
        return len(self.questions) + 1

    @property
    def review_step(self) -> int:
        """The number of the last step, where everything is looked at and sent."""
        return self.talk_step + (0 if self.talk is None else 1)

    @property
    def missing(self) -> tuple[Question, ...]:
        """The questions that carry neither an answer nor the explicit no answer."""
        return tuple(question for question in self.questions if not question.is_done)

    def answers(self) -> dict[str, int | None]:
        """Return the answers by code of item or segment, None for no answer; only where nothing is missing."""
        return {
            question.code: None if question.chosen == NO_ANSWER else int(question.chosen) for question in self.questions
        }

    def hidden(self, besides: int = 0) -> Markup:
        """Return the answers given so far as hidden fields, so that nothing has to be kept between two pages."""
        given = [
            (question.name, question.chosen)
            for question in self.questions
            if question.is_done and question.number != besides
        ]
        if self.talk is not None and besides != self.talk_step:
            given += [(TOPIC, code) for code in self.talk.ticked]
            given += [(COMMENT, self.talk.comment)] if self.talk.comment else []
        return Markup("").join(
            Markup('<input type="hidden" name="{}" value="{}">').format(name, value) for name, value in given
        )


def read_sheet(instrument: Instrument, tr: Translator, body: MultiDict[str, str]) -> Sheet:
    """Return the questions in the reader's language with the posted answers; anything that is no option is dropped."""
    form = form_class(instrument, tr)(formdata=body)
    questions = []
    for number, asked in enumerate(_asked(instrument), start=1):
        field = form[field_name(number)]
        labels = choices_of(instrument, asked, tr)
        chosen = str(field.data) if field.data in labels else ""
        questions.append(
            Question(
                number=number,
                name=field.name,
                code=asked.code,
                text=str(field.label.text),
                hint=str(field.description),
                choices=tuple(labels.items()),
                chosen=chosen,
                chosen_label=labels.get(chosen, ""),
                is_about_reader=isinstance(asked, Segment),
            )
        )
    talk = None if instrument.comment is None else _read_talk(instrument, instrument.comment, tr, form)
    return Sheet(questions=tuple(questions), talk=talk)


def _read_talk(instrument: Instrument, box: CommentBox, tr: Translator, form: Form) -> Talk:
    chosen = set(form[TOPIC].data or ())
    field = form[COMMENT]
    return Talk(
        prompt=box.prompt.to(tr.language),
        hint=box.hint.to(tr.language),
        topics=tuple(
            Tick(code=topic.code, label=topic.label.to(tr.language), is_ticked=topic.code in chosen)
            for topic in instrument.topics
        ),
        comment=field.data or "",
        is_too_long=not field.validate(form),
    )


def form_class(instrument: Instrument, tr: Translator) -> type[Form]:
    """Return the form of a questionnaire: one radio field per item and segment, no answer as its last choice.

    Where the questionnaire takes comments, check boxes for the topics and a text area stand beside them.
    """
    fields: dict[str, object] = {
        field_name(number): RadioField(
            label=asked.text.to(tr.language),
            description=asked.recall.prompt.to(tr.language) if isinstance(asked, Item) else "",
            choices=choices_of(instrument, asked, tr),
        )
        for number, asked in enumerate(_asked(instrument), start=1)
    }
    if instrument.comment is not None:
        fields[TOPIC] = SelectMultipleField(
            choices={topic.code: topic.label.to(tr.language) for topic in instrument.topics}
        )
        fields[COMMENT] = TextAreaField(filters=[_lines], validators=[Length(max=COMMENT_LENGTH)])
    return type("AnswerForm", (Form,), fields)


def _asked(instrument: Instrument) -> tuple[Item | Segment, ...]:
    """Return what is asked one a page: the items, then the segments."""
    return (*instrument.items, *instrument.segments)


def _lines(text: str | None) -> str:
    """Return a text with line ends of one character, as the browser counted them; nothing but blanks is nothing."""
    plain = (text or "").replace("\r\n", "\n")
    return plain if plain.strip() else ""


def choices_of(instrument: Instrument, asked: Item | Segment, tr: Translator) -> dict[str, str]:
    """Return the labels of the options by what is posted for them, the explicit no answer last."""
    options: tuple[ResponseOption, ...] = (
        asked.choices if isinstance(asked, Segment) else instrument.option_set(asked).choices
    )
    return {
        **{str(option.code): option.label.to(tr.language) for option in options},
        NO_ANSWER: tr.t("I would rather not answer this one"),
    }


def field_name(number: int) -> str:
    """Return the short name of an item's field; a whole questionnaire must fit into 8 KB."""
    return f"q{number}"
