"""A composer that lets a chat model write claims, each with the words of a passage it rests on.

The model only proposes. It names passages by keys that mean nothing (`src-7f3a`), and its quotes
are words to look for: `rag.proof` shows a claim when they stand in the source and say it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Annotated, Any

from langchain_core.language_models.chat_models import BaseChatModel
from pydantic import BaseModel, Field, ValidationError

from index.config import Config
from index.errors import InputError
from rag.answer import Hit
from rag.chat import open_chat, options_for, streamed
from rag.chat_faults import failure, status_of, talks_nonsense
from rag.composers import Composer, Draft
from rag.extractive import FEWEST_WORDS
from rag.late_interaction import LateInteraction
from rag.pinpoints import as_seen
from rag.prompting import as_data, meant_for_machines, prompt
from rag.quotes import locate_quote
from rag.retrieval import Found

PASSAGE_CHARS = 4000
"""Of all passages in a prompt: some 1,000 tokens. A 1.5B model takes 30 ms for one on a busy core,
so that reading takes half of the 60 s that a model is given."""

MOST_CLAIMS = 3
MOST_QUOTES = 4
ANSWER_TOKENS = 512
"""Three claims with their quotes take 300; 25 tokens come in a second from a 1.5B model on two
cores."""

ANSWER_CHARS = 20_000
"""A longer answer is not one: a server may not know of a limit in tokens."""

KEY_DIGITS = 4

Form = Callable[[Sequence[str]], dict[str, Any] | None]
"""From the keys of a prompt to the `response_format` that a server is asked for."""


def chat_composer(late: LateInteraction, config: Config) -> Composer:
    """The composer for a model and its role: small ones in this process judge, others write."""
    if config.model is None:
        raise InputError("the composer 'chat' needs a model", "name one with --model")
    model = open_chat(config.model, config.base_url, config.model_seconds)
    role = config.model_role
    if role == "auto":
        role = "judge" if config.model.startswith("gguf:") else "write"
    if role == "judge":
        from rag.judge import JudgeComposer

        return JudgeComposer(model, late, config)
    return ChatComposer(model, config.model_seconds)


class ChatComposer:
    """Asks a model for claims as JSON and gives each as soon as it is complete.

    How well a server can be held to a form is found out by its refusals, once per composer.
    """

    def __init__(
        self,
        model: BaseChatModel,
        seconds: float,
        answer_tokens: int = ANSWER_TOKENS,
        forms: Sequence[Form] = (),
    ) -> None:
        self._model = model
        self._seconds = seconds
        self._answer_tokens = answer_tokens
        self._forms = list(forms or FORMS.values())

    def compose(self, found: Found) -> Iterator[Draft]:
        """Raises `ComposerFailed` where the model is down or slow, or what it says is no JSON."""
        passages = keyed(readable(found))
        if not passages:
            return
        reader, drafts = ClaimReader(), set[Draft]()
        answer = self._answer(found.text, passages)
        try:
            for piece in answer:
                for claim in reader.read(piece):
                    draft = draft_of(claim, passages)
                    if draft not in drafts:
                        yield draft
                    drafts.add(draft)
                    if len(drafts) == MOST_CLAIMS:
                        return
                if reader.length > ANSWER_CHARS:
                    raise talks_nonsense(self._model, f"more than {ANSWER_CHARS} characters")
        except Exception as error:  # whatever a provider's package raises
            raise failure(self._model, error, self._seconds) from error
        finally:
            answer.close()
        if not reader.understood:
            raise talks_nonsense(self._model, "no claims in its answer")

    def _answer(self, question: str, passages: dict[str, Hit]) -> Generator[str]:
        """The model's words, under the strictest form that its server takes."""
        messages = messages_for(question, passages)
        forms = self._forms
        for at, form in enumerate(forms):
            options = options_for(self._model, self._answer_tokens, form(list(passages)))
            try:
                yield from streamed(self._model, messages, self._seconds, **options)
                self._forms = forms[at:]  # a refusal of all forms was about this question
                return
            except Exception as error:  # whatever a provider's package raises
                if status_of(error) not in REFUSALS or form is forms[-1]:
                    raise


def readable(found: Found) -> list[Hit]:
    """The hits that a prompt has room for, best first; of a question in parts, by turns."""
    chosen: list[Hit] = []
    room = PASSAGE_CHARS
    turns = zip_longest(*(each.hits for each in found.parts or (found,)))
    for hit in (hit for turn in turns for hit in turn if hit is not None):
        if any(hit.passage.span.overlaps(other.passage.span) for other in chosen):
            continue
        room -= len(hit.passage.text)
        if room < 0 and chosen:
            break
        chosen.append(hit)
    return chosen


def keyed(hits: Iterable[Hit]) -> dict[str, Hit]:
    """The hits by opaque keys, made from the passages' ids: the same in every run."""
    keys: dict[str, Hit] = {}
    for hit in hits:
        digest = hashlib.sha256(hit.passage.id.encode()).hexdigest()
        sizes = range(KEY_DIGITS, len(digest) + 1)
        keys[next(key for n in sizes if (key := f"src-{digest[:n]}") not in keys)] = hit
    return keys


def messages_for(question: str, passages: Mapping[str, Hit]) -> list[tuple[str, str]]:
    """The prompt: rules, then passages as fenced data, then the question."""
    fenced = "\n".join(
        f'<passage key="{key}">\n{as_data(_seen(hit))}\n</passage>' for key, hit in passages.items()
    )
    asked = prompt("write_question").substitute(passages=fenced, question=as_data(question))
    return [("system", prompt("write_rules").template), ("user", asked)]


def _seen(hit: Hit) -> str:
    """The passage without words that stand hidden in the source: no model is to read them."""
    return as_seen(hit.document, hit.passage.span.start, hit.passage.span.end)


class Quoted(BaseModel):
    """Words of a passage, as the model gives them."""

    passage: str
    quote: str


class Written(BaseModel):
    """A claim as the model gives it."""

    text: str
    quotes: Annotated[list[Quoted], Field(min_length=1)]


class ClaimReader:
    """Reads an answer while it comes: a claim is given when its last brace is there.

    What stands around the JSON (a fence, a greeting) is passed over; what is no claim is dropped.
    """

    def __init__(self) -> None:
        self._text = ""
        self._at: int | None = None
        self.understood = False
        """True once there was a claim, or the model said that there is none."""

    @property
    def length(self) -> int:
        return len(self._text)

    def read(self, piece: str) -> Iterator[Written]:
        """The claims that are complete with this piece."""
        self._text += piece
        if self._at is None and (opened := _CLAIMS.search(self._text)):
            self._at = opened.end()
        declined = bool(_DECLINED.search(self._text, 0, self._at or len(self._text)))
        self.understood = self.understood or declined or bool(_NO_CLAIMS.search(self._text))
        while self._at and not declined and (start := _OBJECT.match(self._text, self._at)):
            try:
                value, self._at = _JSON.raw_decode(self._text, start.end() - 1)
            except (ValueError, RecursionError):  # not there yet, or never
                return
            try:
                claim = Written.model_validate(value)
            except ValidationError:
                continue
            self.understood = True
            yield claim


_JSON = json.JSONDecoder()
_CLAIMS = re.compile(r'"claims"\s*:\s*\[')
_DECLINED = re.compile(r'"answerable"\s*:\s*false')
_NO_CLAIMS = re.compile(r'"claims"\s*:\s*\[\s*\]')
_OBJECT = re.compile(r"[\s,]*\{")


def draft_of(claim: Written, passages: Mapping[str, Hit]) -> Draft:
    """The claim with its quotes from passages of the prompt; quotes of any other do not count, nor
    words that state nothing.

    Without one it rests on nothing: its draft has no quote, and proof withholds it. Marks such as
    [1] in its text are not ours, and go.
    """
    named = [quoted for quoted in claim.quotes[:MOST_QUOTES] if quoted.passage in passages]
    bearing = [(_bearer(quoted, passages), quoted.quote) for quoted in named]
    known = [(hit, quote) for hit, quote in bearing if _states(hit, quote)]
    (hit, quote), *more = known or [(next(iter(passages.values())), "")]
    return Draft(" ".join(_MARK.sub("", claim.text).split()), hit, quote, more=tuple(more))


_MARK = re.compile(r"\s*\[\s*-?\d+(?:\s*[,–-]\s*\d+)*\s*\]")
_NOT_WORDS = re.compile(rf"!?\[[^\]]*\]\([^)]*\)|{_MARK.pattern}")


def _states(hit: Hit, quote: str) -> bool:
    """False where a quote's sentences are orders to a machine, or too short to say anything."""
    span, text = hit.passage.span, hit.document.text
    place = locate_quote(text, quote, span.start, span.end)
    if place is None:
        return True  # proof withholds it, and says why
    sentences = [
        text[start:end]
        for start, end in hit.passage.sentences
        if start < place[1] and place[0] < end
    ]
    longest = max((len(_NOT_WORDS.sub("", words).split()) for words in sentences), default=0)
    return longest >= FEWEST_WORDS and not any(map(meant_for_machines, sentences))


def _bearer(quoted: Quoted, passages: Mapping[str, Hit]) -> Hit:
    """The passage that has the words. Small models confuse keys: words that stand only in another
    passage of the prompt than they named count for that one."""
    named = passages[quoted.passage]
    for hit in (named, *passages.values()):
        span = hit.passage.span
        if locate_quote(hit.document.text, quoted.quote, span.start, span.end):
            return hit
    return named


def schema(keys: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of an answer over passages with these keys (OpenAI's strict subset)."""
    quoted = _object(passage={"type": "string", "enum": list(keys)}, quote={"type": "string"})
    quotes = {"type": "array", "items": quoted, "minItems": 1}
    claims = {
        "type": "array",
        "items": _object(text={"type": "string"}, quotes=quotes),
        "maxItems": MOST_CLAIMS,
    }
    return _object(answerable={"type": "boolean"}, claims=claims)


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def held_to(own: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema as `response_format` wants it."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": own},
    }


FORMS: dict[str, Form] = {
    "json_schema": lambda keys: held_to(schema(keys)),
    "json_object": lambda keys: {"type": "json_object"},
    "plain": lambda keys: None,
}
"""How a server is told what to answer with, the strictest first."""

REFUSALS = (400, 422, 501)
"""What a server says to a field that it does not know, before the first token."""
