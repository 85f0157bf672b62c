"""A conversation as Markdown: CommonMark, with footnotes as GitHub, Obsidian and pandoc read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.answer import Answer
from rag.citing import PLAIN
from rag.citing.fields import in_one_line
from rag.citing.markdown import answer_markdown
from rag.citing.runs import Run, markdown
from ui.thread_parts import Section, TakingStrings, made_by, sections
from ui.words import words


def thread_markdown(answers: Sequence[Answer], language: str = "en", style: str = PLAIN) -> str:
    """The whole conversation, oldest question first. What comes from documents is escaped."""
    own = words(TakingStrings, language)
    blocks = [f"# {_escaped(own.thread)}"]
    for section in sections(answers, language, style):
        blocks += _blocks(section)
    return "\n\n".join((*blocks, "---", _escaped(made_by(language)))) + "\n"


def _blocks(section: Section) -> Iterator[str]:
    yield f"## {_escaped(section.question)}"
    yield from (f"*{_escaped(remark)}*" for remark in section.remarks)
    if section.no_answer:
        heading, reason = section.no_answer
        yield f"**{_escaped(heading)}.** {_escaped(reason)}"
    for told in section.told:
        if told.heading:
            yield f"**{_escaped(told.heading)}**"
        yield answer_markdown(told.found, told.notes).rstrip("\n")
    if section.account:
        yield "  \n".join(_escaped(line) for line in section.account)


def _escaped(text: str) -> str:
    """In one line, and no markup."""
    return markdown((Run(in_one_line(text)),))
