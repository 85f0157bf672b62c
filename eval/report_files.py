"""Reports for other programs: JUnit XML for a build server, TREC files, Markdown for a review.

Each function gives the text of a file. Text that others wrote is escaped for the format it enters.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from eval.compare import Outcome
from eval.ranking import qrels_and_runs
from eval.report_data import GROUPS, Cell, Column, Report, cell, failed, shortfall
from eval.runs import Row

LINES = 60
"""Length of the summary: what a reviewer reads in a minute. Longer lists of questions are cut."""

SHOWN = 120
"""Characters of a question in the summary."""

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in XML 1.0, not even as a reference (W3C recommendation, section 2.2)."""

_TREC_UNSAFE = re.compile(r"[\s%\x00-\x1f\x7f]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#|~!$&])")


def junit(report: Report) -> str:
    """One test case per question: a failure when not right, an error when it failed to run.

    The common form of Jenkins, GitLab and GitHub actions; questions that were not run are skipped.
    """
    run = report.ours.run
    cases = [_testcase(report, row) for row in run.rows]
    for question_id in run.not_run:
        skipped = _element("testcase", classname=f"{run.name}.not-run", name=question_id, time="0")
        skipped.append(_element("skipped", message="its documents are not in the index"))
        cases.append(skipped)
    totals = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "time": f"{sum(_seconds(row) for row in run.rows):.4f}",
    }
    not_run = str(len(run.not_run))
    name = f"{run.name}: {report.ours.label}"
    suite = _element("testsuite", name=name, skipped=not_run, **totals)
    suite.extend(cases)
    suites = _element("testsuites", name="onrecord eval", **totals)
    suites.append(suite)
    ElementTree.indent(suites)
    body = ElementTree.tostring(suites, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def trec(report: Report) -> dict[str, str]:
    """Files by name: `LEVEL.run.trec` and `LEVEL.qrels.trec`, for passages and for documents.

    The rankings that the measures of retrieval were computed from (`eval.ranking`), in the formats
    of trec_eval: `question Q0 name rank score tag` and `question 0 name relevance`.
    """
    tag = trec_id(report.ours.label)
    files = {}
    for prefix, (qrels, run) in qrels_and_runs(report.cases.values()).items():
        level = {"": "passage", "doc_": "document"}[prefix]
        files[f"{level}.qrels.trec"] = "".join(
            f"{trec_id(question)} 0 {trec_id(name)} {grade}\n"
            for question, judged in qrels.items()
            for name, grade in judged.items()
        )
        files[f"{level}.run.trec"] = "".join(
            f"{trec_id(question)} Q0 {trec_id(name)} {rank} {score!r} {tag}\n"
            for question, ranking in run.items()
            for rank, (name, score) in enumerate(ranking.items(), 1)
        )
    return files


def trec_id(name: str) -> str:
    """A name without white space: such characters are written %20, and % itself %25."""
    return _TREC_UNSAFE.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode()), name) or "%"


def summary(report: Report) -> str:
    """For a pull request: the main measures against each peer, and which questions changed."""
    run = report.ours.run
    right = sum(row.right for row in run.rows)
    lines = [
        f"## Evaluation: {markdown(run.name)}, {markdown(report.ours.label)}",
        "",
        f"{right} of {len(run.rows)} questions right.",
        "",
        *_table(report),
    ]
    if run.not_run:
        lines[3:3] = ["", f"**{len(run.not_run)} questions were NOT run**: documents are missing."]
    if report.peers:
        lines += [
            "",
            "Δ: ours minus theirs, paired, a missing value counting 0 (not for costs and "
            "properties of quotes); p: paired randomisation test; **bold**: p < 0.05.",
        ]
    room = LINES - len(lines)
    if not report.peers:
        lines += _questions(report, "Not right", [r for r in run.rows if not r.right], room)
    for peer in report.peers:
        half = room // (2 * len(report.peers))
        lines += _changes(report, peer, "lost", half) + _changes(report, peer, "won", half)
    return "\n".join(lines) + "\n"


def markdown(text: str) -> str:
    """Text in one line as Markdown that shows it: no mark-up, no link, nobody notified."""
    line = _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
    return line.replace("@", "@\u200b").replace("://", "\\://").replace("www.", "www\\.")


def number(value: float) -> str:
    """Three decimals where they matter: 0.662, 44.7."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def _table(report: Report) -> list[str]:
    heads = ["measure", f"{markdown(report.ours.label)} [95 %]"]
    for peer in report.peers:
        heads += [markdown(peer.label), "Δ", "p"]
    rows = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for measure in (name for names in GROUPS.values() for name in names):
        found = cell(report.ours, measure)
        if found is None:
            continue
        row = [measure, number(found.mean) + _range(found)]
        for peer in report.peers:
            row += _against(cell(peer, measure), found)
        rows.append(row)
    return [f"| {' | '.join(row)} |" for row in rows]


def _range(found: Cell) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" [{number(found.low)}, {number(found.high)}]"


def _against(peer: Cell | None, ours: Cell) -> list[str]:
    if peer is None:
        return ["", "", ""]
    change = ours.mean - peer.mean if peer.change is None else peer.change
    arrow = "↑" if change > 0 else "↓" if change < 0 else "="
    said = f"{arrow} {abs(change):.3f}"
    if peer.verdict:
        said = f"**{said} {peer.verdict}**"
    return [number(peer.mean), said, "" if peer.p is None else f"{peer.p:.4f}"]


def _changes(report: Report, peer: Column, outcome: Outcome, room: int) -> list[str]:
    rows = [change.second for change in peer.changes if change.outcome == outcome]
    return _questions(report, f"{outcome.capitalize()} against {markdown(peer.label)}", rows, room)


def _questions(report: Report, title: str, rows: list[Row], room: int) -> list[str]:
    """A heading and a list within `room` lines, or one item where there is no room.

    Each item starts with an emphasis, so that no id can start a block.
    """
    lines = ["", f"### {title} ({len(rows)})", ""]
    fit = max(1, room - len(lines) - 1)
    for row in rows[:fit]:
        text = " ".join(report.cases[row.id].gold.question.question.split())
        short = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
        lines.append(f"- *{markdown(row.kind)}* {markdown(row.id)}: {markdown(short)}")
    if len(rows) > fit:
        lines.append(f"- and {len(rows) - fit} more")
    return lines if rows else [*lines, "none"]


def _testcase(report: Report, row: Row) -> ElementTree.Element:
    run, case = report.ours.run, report.cases[row.id]
    name = f"{row.id}: {case.gold.question.question}"
    found = _element(
        "testcase", classname=f"{run.name}.{row.kind}", name=name, time=f"{_seconds(row):.4f}"
    )
    if not row.right:
        kind = "error" if failed(row) else "failure"
        fault = _element(kind, message=shortfall(case, row), type=kind)
        fault.text = _xml(f"answer: {row.answer.text}" if row.answer.text else "no answer")
        found.append(fault)
    return found


def _seconds(row: Row) -> float:
    return sum(row.answer.seconds.values())


def _element(tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.Element(tag, {name: _xml(value) for name, value in attributes.items()})


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
