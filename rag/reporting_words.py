"""Words by which English, and a little Spanish, French and German, tells who says what."""

from __future__ import annotations

import re

from rag.wording import listed

QUOTED = "\x01"
"""Stands for each character in quotation marks."""


SAYING = (
    r"said|says?|saying|tells?|told|writes?|wrote|argue[sd]?|argued|den(?:y|ies|ied)|stated|"
    r"declare[sd]?|explain(?:s|ed)?|add(?:s|ed)?|insist(?:s|ed)?|maintain(?:s|ed)?|"
    r"contend(?:s|ed)?|assert(?:s|ed)?|allege[sd]?|admit(?:s|ted)?|concede[sd]?|"
    r"acknowledge[sd]?|noted|observe[sd]?|remark(?:s|ed)|commented|warn(?:s|ed)?|"
    r"caution(?:s|ed)?|predict(?:s|ed)?|forecast|reported|announce[sd]?|repl(?:y|ies|ied)|"
    r"respond(?:s|ed)?|answered|suggest(?:s|ed)?|conclude[sd]?|complain(?:s|ed)?|"
    r"boast(?:s|ed)?|stress(?:es|ed)?|emphasi[sz]e[sd]?|recall(?:s|ed)?|promised|vow(?:s|ed)?|"
    r"pledge[sd]?|testif(?:y|ies|ied)|estimated|believe[sd]?|thinks?|thought|feared|hoped|"
    r"expect(?:s|ed)?|doubted|propose[sd]?|recommend(?:s|ed)?|demanded|ask(?:s|ed)?|"
    r"wonder(?:s|ed)?|affirm(?:s|ed)?|confirm(?:s|ed)?|countered|objected|joke[sd]?|"
    r"proclaim(?:s|ed)?|hypothesi[sz]e[sd]?|recount(?:s|ed)?|"
    r"reveal(?:s|ed)?|disclose[sd]?|preach(?:es|ed)|"
    r"claimed|held|swore|put it|puts it|point(?:s|ed)? out|outline[sd]?|articulated|"
    r"dijo|dice|afirmó|afirma|declaró|aseguró|señaló|añadió|explicó|"
    r"affirme|déclare|explique|a (?:dit|déclaré|affirmé|expliqué|ajouté)|"
    r"sagte|sagt|erklärte|erklärt|betonte|meinte"
)
ALSO_NOUNS = (
    r"claims?|states?|reports?|notes?|answers?|fears?|hopes?|doubts?|demands?|estimates?|"
    r"promises?|comments?|holds?"
)
"""Verbs that are as often plural nouns ("states that ...") and need a clear subject."""

TAGS = ("claims", "notes", "fears")
"""Those of them that follow what they report; "several states," and "UN reports." are nouns."""

INVERTED = re.compile(
    r"(?:sa(?:id|ys?)|wrote|writes?|asked|asks|replie[sd]|added|adds|explain(?:s|ed)|argue[sd]|noted|"
    r"warn(?:s|ed)|dijo|dice|afirmó|declaró|aseguró|señaló|añadió|explicó|affirme|déclare|explique|"
    r"a (?:dit|déclaré|affirmé|expliqué|ajouté)|sagte|sagt|erklärte|erklärt|betonte|meinte)"
    r"(?=\s(?:[A-ZÀ-Þ]|(?:the|an?|el|la|los|las|un|una|le|les|une|der|die|das|ein|eine|er|sie|il|"
    r"elle)\s))"
)
"""Verbs that stand before their subject in news style."""

UNSURE = re.compile(
    r"(?:suggest|predict|forecast|confirm|recall|held|hold|expect|conclude|report|state|affirm|"
    r"tell|told|reveal|disclose|preach)"
)
"""Verbs said of maps and models too: a thing that bears no name does not speak by them."""

BARE = re.compile(
    r"(?:sa(?:id|ys?)|claim(?:s|ed)|believe[sd]?|thinks?|thought|argue[sd]?|insist(?:s|ed)|"
    r"warn(?:s|ed)|admit(?:s|ted)|suggest(?:s|ed)|fear(?:s|ed)|predict(?:s|ed)|concluded|revealed)\Z"
)
"""Verbs that report without "that"."""

HELPER = (
    r"(?:has|have|had|also|now|once|later|then|recently|often|always|even|further|himself|herself|"
    r"itself|themselves|long|still|would|will|could|may|might|did|once more|again|[a-z]+ly)"
)
FINITE = re.compile(
    r"\b(?:is|are|was|were|will|would|can|could|has|had|have|should|must|may|might|does|did|do|"
    r"cannot|\w+n[’']t)\b"
)
NOT_BARE = re.compile(
    r"\s(?:of|in|on|at|to|for|by|with|about|against|from|into|so|no|not|yes|the following)\b|"
    r"\s[–—-]"
)

NO_SUBJECT = listed(
    "it this that these those there what one not to of by is was were be been being are can "
    "cannot must should same a an the very so only let until"
)
SILENT_HEADS = listed(
    "metrics metric measures data figures statistics evidence history hypothesis conjecture "
    "theory theorem law laws rule rules schedule plan plans tradition custom need needs size age "
    "ability rank type standards principle experience legend logic estimates numbers criteria "
    "index"
)
"""What "according to" and "shows that" are said of without anybody speaking."""

SPEAKING_NOUNS = listed(
    "report study review paper statement church letter article essay ministry minister council "
    "mayor president government spokesman spokeswoman official party group committee commission "
    "court judge bishop king queen author writer critic company newspaper union agency office "
    "team master captain keeper teacher doctor he she who they people scholar expert researcher "
    "economist scientist historian witness resident journalist analyst lawyer activist observer "
    "reader survey investigation inquiry auditor police authority authorities source sources "
    "guild board summary academic policymaker lawmaker parliamentarian leader envoy diplomat "
    "ambassador secretary pilot sailor fisherman fishermen farmer engineer neighbour neighbor "
    "mother father widow islanders islander villagers villager others critics administration "
    "opponent supporter magazine archaeologist director professor student biographer "
    "analysis work book chronicle document diary memoir editorial"
)
PRONOUNS = listed("i we you he she they")
QUANTIFIERS = listed("several many some most few all both other these those such")
PREPOSITIONS = listed("of for in at from with on by near among behind who which de")
