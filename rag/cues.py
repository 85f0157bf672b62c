"""The words that `rag.operators` looks for, by what they do to the words behind them."""

from __future__ import annotations

from typing import Literal

from rag.wording import lexicon

Kind = Literal[
    "not", "denial", "said", "maybe", "will", "ought", "if", "asks", "nearly", "some", "former"
]
Reach = Literal["clause", "phrase", "part", "whole", "word"]

_LISTS: dict[tuple[Kind, Reach], str] = {
    ("not", "clause"): (
        "not | never | anything but | cannot | nobody | nothing | nowhere | neither | nor | no "
        "one | no longer | fail to | fails to | failed to | failing to | failure to | refuse | "
        "refuses | refused | refusing | refusal to | decline to | declines to | declined to | "
        "unable | hardly | scarcely | barely | rarely | seldom | unlikely | far from | prevent "
        "| prevents | prevented | none | stop short of | stopped short of | no evidence | no "
        "proof | no sign | no signs | no indication | no truth | no reason | no basis | little "
        "evidence"
    ),
    ("not", "phrase"): ("no | without | instead of | rather than | lack | lacks | lacked | except"),
    ("not", "word"): "non",
    ("denial", "part"): (
        "doubt that | doubts that | doubted that | contrary to | deny | denies | denied | "
        "denying | denial | denials | pretend | pretends | pretended | refute | refutes | "
        "refuted | debunk | debunked | disprove | disproved | disproves | lied"
    ),
    ("denial", "whole"): (
        "false | falsely | untrue | myth | hoax | fabricated | incorrect | wrongly | not true "
        "| baseless | unfounded"
    ),
    ("said", "part"): (
        "say | says | said | saying | claim that | claims that | claimed | claims | claiming | "
        "allege | alleges | alleged | alleging | argue | argues | argued | arguing | believe | "
        "believes | believed | think | thinks | thought | warn | warns | warned | insist | "
        "insists | insisted | assert | asserts | asserted | maintain that | maintains that | "
        "maintained that | suspect that | suspects | suspected | suggest | suggests | "
        "suggested | predict | predicts | predicted | accuse | accuses | accused | accusing | "
        "according to | reportedly | allegedly | supposedly | purportedly | rumour | rumours | "
        "rumor | rumors | allegation that | allegations that | in the view of | in the opinion "
        "of | fear that | feared that | fears that | told | tells | acquitted | on trial | "
        "charged with | cleared of | boasts | boasted | note that | notes that | noted that | "
        "reports that | reported that | finds that | found that | writes that | wrote that | "
        "states that | stated that | concludes that | concluded that | recalls that | cautions "
        "that | explains that | points out | adds that | added that | concedes that | imagined "
        "| speculated | so - called | describes as | described as"
    ),
    ("maybe", "clause"): (
        "may | might | could | would | perhaps | maybe | possibly | probably | likely | "
        "potentially | apparently | seem | seems | seemed | appear to | appears to | appeared "
        "to | plan | plans | planned | planning | intend | intends | intended | intention | "
        "aim to | aims to | aimed to | hope | hopes | hoped | hoping | want | wants | wanted | "
        "wish | wishes | wished | seek to | seeks to | sought to | propose | proposes | "
        "proposed | proposal | threaten to | threatens to | threatened to | try to | tries to "
        "| tried to | trying to | attempt to | attempts to | attempted | considering | "
        "considered | considers | expect | expects | expected | scheduled | about to | agreed "
        "to | agree to | agrees to | promise | promises | promised | pledge | pledges | "
        "pledged | vowed | vows | possible | potential | would - be | was to have | were to "
        "have | offered to | if not"
    ),
    ("will", "clause"): "will | shall | going to | set to",
    ("ought", "clause"): (
        "should | must | ought | need to | needs to | needed to | have to | has to | had to | "
        "urge | urges | urged | call on | calls on | called on | call for | calls for | called "
        "for | demand | demands | demanded | recommend | recommends | recommended"
    ),
    ("if", "whole"): ("if | unless | provided that | assuming | as if | as though | in case"),
    ("asks", "clause"): "whether",
    ("nearly", "phrase"): (
        "nearly | almost | mostly | partly | partially | largely | mainly | sometimes | virtually"
    ),
    ("some", "phrase"): "most | some | few | part of | parts of | one of the",
    ("former", "phrase"): (
        "former | ex | deputy | acting | assistant | honorary | interim | future | designate"
    ),
}
"""Cues by what they do and how far they reach: forward to the end of the clause, of the noun
phrase, of the stretch up to a full stop or semicolon (backward where they trail: "..., he said"),
over that whole stretch, or over one word."""

_NOT_CUES = (
    "not only | not just | not merely | not simply | no doubt | not least | no fewer than | "
    "no less than | no more than | not more than | not less than | nothing but | no matter | "
    "whether or not | even if | the most | at most | that is to say | needless to say | "
    "most of all | non - profit | if only | would like"
)
"""What looks like a cue and is none."""


LOOKALIKES = frozenset(entry.strip() for entry in _NOT_CUES.split("|"))
CUES = {cue.strip(): place for place, cues in _LISTS.items() for cue in cues.split("|")}

SAYING = frozenset(
    lexicon(
        "say says said note notes noted report reports reported find finds found write writes "
        "wrote state states stated conclude concludes concluded recall recalls recalled caution "
        "cautions cautioned explain explains explained add adds added concede concedes conceded "
        "argue argues argued warn warns warned claim claims claimed believe believes believed "
        "document documents documented describe describes described call calls called maintain "
        "maintains maintained insist insists insisted ask asks asked predict predicts predicted "
        "suggest suggests suggested observe observes observed tell tells told"
    )
)
"""Verbs of saying, as they stand beside who says it; not all of them report doubtful things."""
