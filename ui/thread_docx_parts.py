"""The parts of a Word document that are always the same (ECMA-376, part 1: 11.3 and 17.7; part 2).

Sizes are half points, distances twentieths of a point. Fonts are those that the program has: the
theme is left out, and none is embedded.
"""

from __future__ import annotations

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"

CONTENT_TYPES = (
    f'{_HEAD}<Types xmlns="{_TYPES}"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>'
    f'<Override PartName="/word/footnotes.xml" ContentType="{_WORD}.footnotes+xml"/>'
    f'<Override PartName="/word/settings.xml" ContentType="{_WORD}.settings+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/>'
    '<Override PartName="/docProps/core.xml" '
    'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
)

ROOT_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_RELATIONS}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>'
    '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/'
    'metadata/core-properties" Target="docProps/core.xml"/></Relationships>'
)

DOCUMENT_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_RELATIONS}">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/settings" Target="settings.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/footnotes" Target="footnotes.xml"/></Relationships>'
)

SETTINGS = (
    f'{_HEAD}<w:settings {_MAIN}><w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/>'
    '</w:footnotePr><w:compat><w:compatSetting w:name="compatibilityMode" '
    'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>'
)

SEPARATORS = (
    ("-1", "separator", "separator"),
    ("0", "continuationSeparator", "continuationSeparator"),
)
"""Identity, type and element of the two footnotes that every document has."""


def _style(kind: str, name: str, label: str, based: str, inside: str) -> str:
    default = ' w:default="1"' if label in ("Normal", "Default Paragraph Font") else ""
    parent = f'<w:basedOn w:val="{based}"/>' if based else ""
    return (
        f'<w:style w:type="{kind}"{default} w:styleId="{name}"><w:name w:val="{label}"/>'
        f"{parent}{inside}</w:style>"
    )


def _spaced(before: int, after: int, more: str = "") -> str:
    return f'<w:pPr>{more}<w:spacing w:before="{before}" w:after="{after}"/></w:pPr>'


def _sized(size: int, more: str = "") -> str:
    return f'<w:rPr>{more}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>'


_BOLD, _ITALIC = "<w:b/><w:bCs/>", "<w:i/><w:iCs/>"

STYLES = (
    f"{_HEAD}<w:styles {_MAIN}><w:docDefaults><w:rPrDefault>{_sized(22)}</w:rPrDefault>"
    '<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr>'
    "</w:pPrDefault></w:docDefaults>"
    + _style("paragraph", "Normal", "Normal", "", "<w:qFormat/>")
    + _style("character", "DefaultParagraphFont", "Default Paragraph Font", "", "")
    + _style("paragraph", "Title", "Title", "Normal", _spaced(0, 240) + _sized(36, _BOLD))
    + _style(
        "paragraph",
        "Heading1",
        "heading 1",
        "Normal",
        _spaced(360, 120, "<w:keepNext/>").replace("</w:pPr>", '<w:outlineLvl w:val="0"/></w:pPr>')
        + _sized(28, _BOLD),
    )
    + _style("paragraph", "Remark", "Remark", "Normal", f"<w:rPr>{_ITALIC}</w:rPr>")
    + _style("paragraph", "Account", "Account", "Normal", _spaced(0, 0) + _sized(18))
    + _style("paragraph", "Closing", "Closing Remark", "Account", _spaced(480, 0))
    + _style("paragraph", "FootnoteText", "footnote text", "Normal", _spaced(0, 40) + _sized(20))
    + _style(
        "character",
        "FootnoteReference",
        "footnote reference",
        "DefaultParagraphFont",
        '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>',
    )
    + _style(
        "character",
        "Hyperlink",
        "Hyperlink",
        "DefaultParagraphFont",
        '<w:rPr><w:color w:val="1F4E79"/><w:u w:val="single"/></w:rPr>',
    )
    + "</w:styles>"
)
