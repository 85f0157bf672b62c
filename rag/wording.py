"""A text as words that can be compared: how they are written and what they stem from.

What `rag.facts`, `rag.names` and `rag.operators` read. English throughout; the rules that rest on
it say so.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.keywords import words as stemmed

_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛`´′", "'"),
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‐‑−", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", None),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        **{sign: f" {top}/{under} " for sign, top, under in ("½12", "⅓13", "⅔23", "¼14", "¾34")},
        **dict.fromkeys("⁰¹²³⁴⁵⁶⁷⁸⁹", " "),  # marks of footnotes
        "…": "...",
    }
)
_DASH = re.compile(r"(?<=\d)[–—](?=\d)")
_TOKEN = re.compile(
    r"\d{4}-\d\d-\d\d(?!\d)"  # an ISO date
    r"|(?:[^\W\d_]\.){2,}"  # U.S.
    r"|\d+(?:[.,:/]\d+)*(?:[^\W\d_]+)?"  # 3,500  16th  1980s  9:30
    r"|[^\W_]+(?:'[^\W\d_]+)*"
    r"|\.\.\.|\S"
)
_STRONG = frozenset(".!?;:—–...")
_SENTENCE_END = frozenset(".!?")
_OPENING = frozenset("\"'([")


def lexicon(text: str) -> tuple[str, ...]:
    """The words of a list that is easier to read as a line of text."""
    return tuple(text.split())


def listed(text: str) -> frozenset[str]:
    """The same, to look words up in."""
    return frozenset(lexicon(text))


_ABBREVIATED = frozenset(
    lexicon(
        "jan feb mar apr jun jul aug sep sept oct nov dec mr mrs ms dr st gen col lt cmdr capt "
        "sgt gov sen rep prof rev hon no vs inc ltd co jr sr mt ft approx ca"
    )
)
"""Words after which a full stop ends no sentence."""

FUNCTION = frozenset(
    lexicon(
        "a an and are as at be but by for if in into is it no not of on or such that the their "
        "then there these they this to was will with i me my we us our ours you your he him his "
        "she her hers its it's them theirs himself herself itself themselves who whom whose which "
        "what where when why how those here has have had having do does did doing done been being "
        "were am 's would could should may might must can shall ought from about over under after "
        "before during until since while because although though than so too very just only also "
        "both either neither nor all any each every some most more less fewer few many much other "
        "another own same again further once up down out off between against through above below "
        "upon among within without per via across towards toward near around nearly almost least "
        "however whether unless one s t according"
    )
)
"""Words that hold an English sentence together: they alone show no agreement of two sentences."""

IRREGULAR = {
    past: base
    for entry in lexicon(
        "be:been beat:beaten become:became begin:began,begun bite:bit,bitten break:broke,broken "
        "bring:brought build:built burn:burnt buy:bought catch:caught child:children "
        "choose:chose,chosen come:came die:dead,death,deaths draw:drew,drawn drink:drank,drunk "
        "drive:drove,driven eat:ate,eaten fall:fell,fallen feed:fed feel:felt fight:fought "
        "find:found flee:fled fly:flew,flown forbid:forbade,forbidden forget:forgot,forgotten "
        "freeze:froze,frozen get:got give:gave,given go:went,gone grow:grew,grown hear:heard "
        "hide:hid,hidden hold:held keep:kept know:knew,known lay:laid lead:led leave:left "
        "lend:lent lose:lost make:made man:men mean:meant meet:met pay:paid rise:rose,risen "
        "run:ran say:said see:saw,seen seek:sought sell:sold send:sent shake:shook shoot:shot "
        "sing:sang,sung sink:sank,sunk sit:sat sleep:slept speak:spoke,spoken spend:spent "
        "stand:stood steal:stole,stolen strike:struck swear:swore,sworn swim:swam take:took,taken "
        "teach:taught tell:told think:thought throw:threw,thrown understand:understood wake:woke "
        "wear:wore,worn win:won withdraw:withdrew,withdrawn woman:women write:wrote,written"
    )
    for base, forms in [entry.split(":")]
    for past in forms.split(",")
}
"""Forms that no stemmer brings together."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign. `word` is case folded without a possessive; `stem` is empty for signs
    and function words. `part` counts the stretches between strong stops (. ; : - and the like).
    `initial` is true where a capital says nothing, at the start of a sentence or a quotation."""

    text: str
    word: str
    stem: str
    part: int
    initial: bool

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()


@lru_cache(maxsize=256)
def tokens(text: str) -> tuple[Token, ...]:
    """The words and signs of an English text in order."""
    text = _DASH.sub("-", unicodedata.normalize("NFC", text).translate(_TYPOGRAPHY))
    found = _TOKEN.findall(text)
    result: list[Token] = []
    part, initial = 0, True
    for place, text in enumerate(found):
        word = _folded(text)
        result.append(Token(text, word, stem(word), part, initial))
        if not word:
            ends = text in _STRONG and not _abbreviates(found, place)
            part += ends
            initial = ends or text in _OPENING or (initial and text in ("*", "-", "#", ">"))
        else:
            initial = False
    return tuple(result)


def strings(found: Sequence[Token]) -> list[str]:
    """The words without the signs."""
    return [token.word for token in found if token.word]


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """What the forms of an English word have in common; empty for a function word."""
    if not word or word in FUNCTION or word.endswith("n't"):
        return ""
    word = IRREGULAR.get(word, word)
    return "".join(stemmed(word, "en"))


def _folded(token: str) -> str:
    if not any(character.isalnum() for character in token):
        return ""
    word = token.casefold()
    if not word[0].isdigit():
        word = word.replace(".", "")
    return word.removesuffix("'s").removesuffix("s'") + ("s" if word.endswith("s'") else "")


def _abbreviates(found: Sequence[str], place: int) -> bool:
    """True for a full stop that belongs to the word before it: "Jan. 7", "J. Smith"."""
    if found[place] != "." or place == 0 or place + 1 == len(found):
        return False
    before = found[place - 1]
    return before.casefold() in _ABBREVIATED or (len(before) == 1 and before.isupper())
