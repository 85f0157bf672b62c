"""What the files of the invented town of Skerrow say (`town_formats` makes them).

Each document states facts that no other states, and has a word that stands nowhere else. What must
not be said by an answer, because nobody sees it in the source, is `HIDDEN_...`.
"""

from __future__ import annotations

SOFT = "·"
"""In the report: a place where a word may be cut at the end of a line."""

PREFACE = (
    "The board wrote this account of the harbour of Skerrow for those who pay for it. The "
    "first copy, bound in green quorrelskin, lies in the reading room on Cable Street."
)
SECTIONS = {
    "Dredging": (
        "The channel of Skerrow silts up from the north. In the spring of 2018 the dred·ger "
        "brought up 61,400 tonnes of mud in forty days, and the barges car·ried it to the old "
        "quar·ry behind the lime kilns. The fisher·men com·plained of the noise at night.",
        "Sound·ings are taken on the first Monday of each month by the pilot cutter. Where "
        "the lead·line finds less than four fath·oms, a red buoy is laid before the even·"
        "ing tide, and the harbour·master writes the place into the book of shoals.",
    ),
    "The breakwater": (
        "The breakwater was length·ened by 83 metres after the gale of 2011, which had thrown two "
        "cargo boats onto the fish mar·ket. Its foun·dation is of gran·ite from the hill "
        "of Orme, and its crown is of con·crete cast on the spot by the town's own masons.",
        "Cracks were found in the sea·ward wall in the autumn of 2016. The engin·eers ad·vised "
        "the board to replace the eleven outer cais·sons before the winter of 2023, and to close "
        "the upper walk to visit·ors when·ever the wind blows strong·er than forty knots "
        "from the north or the east.",
    ),
    "Dues": (
        "A vessel of up to twen·ty ton·nes pays six crowns a day for its berth. Boats that bring "
        "school·children or the sick pay nothing. What is owed must be paid at the toll win·dow "
        "by the draw·bridge before the hawsers are let go, or the bell is rung and the pilot "
        "with·holds his service.",
        "The board re·ceived 402,000 crowns in dues in its last full year and spent most of it on "
        "rope, tar and lamps.",
    ),
}
HIDDEN_IN_PDF = "The board of Skerrow keeps a secret reserve of 77,000 crowns."
HIDDEN_IN_WORD = "The ferry company bribes the harbour board."
TIDES = (
    "Notice to mariners. The tide gauge on the customs steps of Skerrow was struck by a barge on "
    "the night of the storm and now reads nineteen centimetres too high. Until the gauge has been "
    "mended the lock keeper hoists a yellow brindleflag at slack water."
)
LAMPS = (
    "The town of Skerrow burns 268 gas lamps, of which the lamplighters of Skerrow clean a third "
    "every week. On the ropewalk the lamps are lit an hour earlier than elsewhere, because the "
    "vellumwrights work there after dark."
)
LEASE = (
    "Lease of the smokehouse. The tenant of the smokehouse on Eel Lane pays a rent of 312 crowns "
    "at midsummer and at yuletide, and shall keep the chimney swept. The skaldering of salmon is "
    "forbidden."
)
MARKET = """<!doctype html><html lang="en"><head><title>The Skerrow Market Guide</title>
<style>@page { size: A5; margin: 2cm } body { font: 12pt serif } h2 { break-before: page }
</style></head><body><h1>The Skerrow Market Guide</h1><p>The market of Skerrow is held on the square
every Thursday, and the stalls are given out by lot an hour before dawn.</p><h2>Cheese</h2><p>Goat
cheese may be sold from the northern arcade only. A wheel of tumblewick cheese must ripen for
fourteen months before it gets the stamp of the market guild.</p></body></html>"""
SEEN = "The museum opened its gallery of shipwrecks in 1932 with a whale's jaw over the door."
HIDDEN_IN_PAGE = "The museum of Skerrow secretly pays its keeper 900 crowns a week."
MUSEUM = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>Inside the museum of Skerrow</title><meta name="author" content="Vane Valley Courier">
<script type="application/ld+json">{{"@type": "NewsArticle",
"headline": "Inside the museum of Skerrow", "datePublished": "2022-09-14",
"publisher": {{"@type": "Organization", "name": "Courier Press"}}}}
</script><link rel="canonical" href="https://courier.example/museum"></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/boats">Boats for sale</a></li></ul></nav>
<article><h1>Inside the museum of Skerrow</h1>
<p id="door">{SEEN} Visitors enter through the old weighing house, where the tickets are stamped by
hand, and leave through a courtyard with a fig tree.</p>
<p style="display:none">{HIDDEN_IN_PAGE}</p>
<p id="clock">The pride of the collection is a tidal clock that a blacksmith of the town built from
the gears of two mills. It has lost only three minutes since it was hung in the stairwell, and the
keeper winds it on Sundays with a handle of zephyrwood.</p>
<p id="fire">A fire in the attic destroyed the herbarium before the war. What remained of the
pressed flowers was given to the school, which shows them to anybody who asks at the
porter's lodge.</p>
</article><section id="comments" class="comments"><h2>Comments</h2><article class="comment">
<cite>Mudlark</cite><p>My grandmother swore that the whale's jaw came from a beach in the far
south and was bought for the price of a rowing boat.</p></article></section>
<footer>Courier Press, Cable Street</footer></body></html>"""
BAKERY = """<!doctype html><html lang="en"><head><title>The last bakery on Gull Street</title>
<meta name="date" content="03/04/2021"></head><body><main><h1>The last bakery on Gull Street</h1>
<p>The bakery on Gull Street heats its oven with driftwood and sells 540 loaves on the eve of the
regatta. Its sourdough was begun by a ship's cook, and the crumbhollow loaf is baked on Fridays
only, when the trawlers come in and the crews have been paid.</p></main></body></html>"""
BYLAW = """<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><title>By-law on dogs</title></head>
<body><h1>By-law on dogs</h1>
<p id="s1">1. This by-law applies to every dog within the walls of Skerrow, whatever its size.</p>
<p id="s2">2. A dog that is found on the pier without a lead is kept at the pound for five days, and
its owner pays a fine of seventeen crowns.</p>
<p id="s3">3. Dogs that pull a gavelock cart are free of the tax on dogs.</p></body></html>"""
CHRONICLE = (
    '<h1 id="siege">The siege</h1><span epub:type="pagebreak" id="pg41" title="41"/><p>In the year '
    "1644 an army lay before Skerrow for nineteen weeks and could not take the water gate.</p>"
    '<span epub:type="pagebreak" id="pg42" title="42"/><p id="relief">The siege was ended by a '
    "herring fleet, whose nets were drawn across the river under the ponderhulk of the enemy.</p>",
    '<h1 id="flood">The great flood</h1><span epub:type="pagebreak" id="pg57" title="57"/><p>The '
    "great flood reached the ninth step of the town hall, where a brass line marks its height.</p>",
)
SCHOOL = """---
title: Report on the school of navigation
author: Skerrow School Trust
published: 2020-06
---

# Pupils

The school of navigation teaches 134 pupils, eleven of them in the art of the wexlode compass.

# Buildings

The roof of the school leaks above the library. The trust will cover the roof with copper in 2027.
"""
THEATRE = """# The playhouse

The playhouse of Skerrow seats 220 people on benches that came out of a wrecked steamer.

<!-- The playhouse is to be sold in secret. -->

Its curtain was painted by a sailmaker and shows the mirthvale, a bird that nobody has ever seen.
"""
LETTER = """To the keeper of the lighthouse.

The lens of the Skerrow lighthouse was ground from 1,012 prisms and weighs as much as four oxen.
It floats on a trough of quicksilver, so that a child can turn it with one hand.

The oilcellar holds enough fennelwax for two winters. Pray do not smoke there.
"""
BOATS = """Boat,Home berth,Draught in metres,Built
Merganser,7,2.4,1987
Saltwife,12,3.1,2003
Old Bramble,19,1.8,1951
"""
TREES = "Street\tTree\tPlanted\nCable Street\tlinden\t1899\nOrme Road\tblack walnut\t1924\n"
WELL = (
    "The well in the cloister of Skerrow is 47 metres deep, and its water tastes of thistlebrine.\n"
)
BRIDGE = """# The drawbridge

The drawbridge is raised with a counterweight of nine tonnes of lead, cast by the plumbgate guild.
"""
MAILS = (
    ("Fog signal", "2019-11-04", "The fog signal on the mole shall sound three blasts every ninety "
     "seconds from now on. The old siren goes to the hootmonger."),
    ("Boots", "2019-11-06", "The guild buys sea boots for all 26 pilots before the first frost. "
     "They are made of gorseleather."),
    ("Pension", "2019-12-01", "A pilot who has served for thirty years gets a pension of 88 crowns "
     "a month, and a seat on the bench of the driftwardens."),
)  # fmt: skip
FERRY = (
    "The ferry crosses the Vane in eleven minutes on a chain",
    " that was forged in the naval yard.",
)
FERRY_NOTE = "The ferry chain has 2,316 links, each stamped with an anchor."
FARES = (
    ("Passenger or load", "Fare"),
    ("A flock of up to twenty geese", "9 crowns"),
    ("A coach with two horses", "14 crowns"),
    ("A piano or a lurchwagon", "21 crowns"),
)
MILL = (
    '<text:h text:outline-level="1">The wheel</text:h><text:p>The paper mill of Skerrow is driven '
    'by a wheel of sixteen metres<text:note text:note-class="footnote"><text:note-citation>1'
    "</text:note-citation><text:note-body><text:p>The millwheel was turned by eels once, says a "
    "ballad.</text:p></text:note-body></text:note>, the largest on the Vane.</text:p>"
    '<text:h text:outline-level="1">The paper</text:h><text:p>Banknotes are printed on paper of '
    "the mill that is made of flax, nettles and rags of sailcloth. The watermark is a heronquill."
    "</text:p>"
)
COMPLAINT = """The dogs of the smokehouse bark until two in the morning, and the council has not
answered my four letters.

On Mon, 3 Feb 2020 Harbour Office <office@harbour.example> wrote:

> The steam crane on the coal quay is tested on Saturdays at noon.
"""
MINUTES = (
    "The council voted by eight to three to plant a hedge of blackthorn around the slaughter yard. "
    "The clerk read a petition of the quernmakers."
)
CUSTOMS = (
    "Tea, tobacco and playing cards are weighed on the brass scales of the customs house, and the "
    "ombrelsmith pays no duty on whalebone."
)
SALT = "Pan,Salt in tonnes\nNorth pan,310\nEast pan,275\n"
