"""Reports of a run, for people and for other programs, in one folder.

The same runs give the same bytes: no report says when it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from eval.corpus import Corpus
from eval.report_data import prepare
from eval.report_files import junit, summary, trec
from eval.report_html import page
from eval.runs import Gold, Run, write_lines


def write_reports(runs: Sequence[Run], gold: Gold, corpus: Corpus, folder: Path) -> list[Path]:
    """Writes every report on the first run, the further ones beside it; returns the files.

    `gold` is the file that all runs were made over, opened with `corpus`, the documents of the
    index. Over texts under copyright the page quotes them: keep the folder out of a repository.
    """
    report = prepare(runs, gold, corpus)
    files = {
        "report.html": page(report),
        "summary.md": summary(report),
        "junit.xml": junit(report),
        **trec(report),
    }
    for name, text in files.items():
        safe = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is no character
        write_lines(folder / name, [safe.removesuffix("\n")] if safe else [])
    return [folder / name for name in files]
