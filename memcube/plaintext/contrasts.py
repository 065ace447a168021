"""Words that decide what a statement says: opposites, dates, units, negations, persons.

Tables only. Two texts whose words fall on different sides are two statements, however alike they look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from memcube.plaintext.words import MONTHS, stem

# One group a line, its sides parted by "/". Words of one side mean the same for this purpose. A side that
# stands alone ("maybe") contrasts with its absence. Inflected forms count too, unless the word has a "=".
_POLARITY: Final = """
    like love enjoy adore fond / dislike hate detest loathe despise
    before until / after since / during
    left / right
    =more =most / =less fewer least
    increase raise rise grew gain / decrease reduce drop decline lower lose
    from / out / off / away / up / down / under below / over above / against
    inside indoors / outside outdoors
    north / south / east / west
    always constantly / often usually frequently / sometimes occasionally / rarely seldom
    all every everyone everything always / many lots / few / both / half
    begin start / finish end stop quit anymore longer former formerly previously ex
    =was =were =did =had
    open / close closed shut
    win / =lost
    buy bought purchase / sell sold / rent / lend lent / borrow
    arrive come / leave depart
    early / late
    hot warm / cold cool
    big large huge / small tiny little
    high tall / low short
    good great / bad terrible awful
    old older oldest elder / young younger youngest / new
    fast quick / slow
    easy simple / hard difficult
    happy glad / sad unhappy
    cheap / expensive
    married / divorced / engaged / widowed / single
    alive =born / dead die
    full / empty
    pass passed / fail failed
    accept / reject refuse decline
    agree / disagree
    careful / careless
    possible / impossible
    able / unable
    healthy / sick ill
    remember / forget forgot
    best favourite favorite / worst
    will gonna shall =going
    want plan intend hope wish wanna would
    may might could maybe perhaps possibly probably
    should must
    if unless
    =used
    almost nearly / about around approximately roughly
    son / daughter
    brother / sister
    mother mom / father dad
    husband / wife
    boyfriend / girlfriend
    uncle / aunt
    nephew / niece
    grandmother grandma / grandfather grandpa
    boy / girl
    man / woman
    black / white / red / blue / green / yellow / brown / pink / purple / grey gray / orange
"""
_DATES: Final = """
    monday mon / tuesday tue tues / wednesday wed / thursday thu thurs / friday fri / saturday sat
    sunday sun
    spring / summer / autumn / winter
    yesterday / today / tomorrow / tonight
    ago / next / last / weekend
    am / pm
    morning dawn / noon midday / afternoon / evening / night / midnight
"""
_UNITS: Final = """
    second sec secs / minute min mins / hour hr hrs h hourly / day daily / night nightly / week weekly
    fortnight / month monthly / quarterly / year yr yrs yearly annual annually / decade / century
    millimetre millimeter mm / centimetre centimeter cm / metre meter m / kilometre kilometer km / mile mi
    inch / foot feet ft / yard yd / acre / hectare
    milligram mg / gram gramme g / kilogram kilo kg / ton tonne
    ounce oz / pound lb lbs / stone
    millilitre milliliter ml / litre liter l / gallon / pint / cup / teaspoon tsp / tablespoon tbsp
    percent / dollar usd buck / cent / euro eur / gbp quid / yen / rupee
    degree / celsius c / fahrenheit f / calorie kcal / watt / kilowatt kw / volt / hertz hz
    kb / mb / gb / tb / kph / mph / k
"""
SYMBOLS: Final[Mapping[str, str]] = {
    "$": "dollar", "€": "euro", "£": "gbp", "¥": "yen", "₹": "rupee", "%": "percent", "°": "degree",
}  # fmt: skip


# Also everyday words: a date only with a capital letter or behind a number, and then looked up as "May".
NAMED_WHEN_CAPITAL: Final = frozenset({"may", "mar", "march", "sun", "sat", "mon", "wed", "dec", "jun"})


def _table() -> dict[str, tuple[str, str]]:
    """Word and stem to (kind, side). A word that stands twice keeps its first place."""
    months = " / ".join(f"{month} {month[:3]}" for month in MONTHS)
    table: dict[str, tuple[str, str]] = {}
    for kind, lines in (("unit", _UNITS), ("date", f"{_DATES}\n{months}"), ("polarity", _POLARITY)):
        for side in lines.replace("\n", "/").split("/"):
            for word in side.split():
                contrast = kind, side.split()[0].lstrip("=")
                if kind == "date" and word in NAMED_WHEN_CAPITAL:
                    table[word.title()] = contrast
                    continue
                table.setdefault(word.lstrip("="), contrast)
                if not word.startswith("="):
                    table.setdefault(stem(word), contrast)
    return table | {"'ll": ("polarity", "will")}


CONTRASTS: Final[Mapping[str, tuple[str, str]]] = _table()
# Letters and everyday words that are a unit, or half of the day, only behind a number.
WITH_NUMBER: Final = frozenset(
    {
        "am",
        "pm",
        "m",
        "g",
        "l",
        "h",
        "c",
        "f",
        "k",
        "mi",
        "min",
        "sec",
        "second",
        "stone",
        "foot",
        "yard",
        "cup",
    }
    | {"pound"}
)

_NEGATIONS: Final = """
    not no never none nobody nothing nowhere neither nor without cannot hardly barely scarcely lack lacks
    dont doesnt didnt isnt arent wasnt werent wont wouldnt couldnt shouldnt cant havent hasnt hadnt aint
"""
NEGATIONS: Final = frozenset(_NEGATIONS.split())
PERSONS: Final[Mapping[str, str]] = {
    word: person
    for person, words in {
        "I": "i me my mine myself im ive", "we": "we us our ours ourselves", "you": "you your yours yourself",
        "he": "he him his himself", "she": "she her hers herself", "they": "they them their theirs",
    }.items()
    for word in words.split()
}  # fmt: skip
_OPENERS: Final = """
    actually also anyway basically btw but honestly hey hi hello just now oh ok okay please really
    seriously so thanks today well yeah yep yes and
"""
# What a sentence may start with without saying anything, and so without counting as a name.
OPENERS: Final = frozenset(_OPENERS.split())
_VALUE_BEFORE: Final = """
    a an the my your his her our their its is are am be was were 0 at in on to from with for by of near into
    as than called named about visit visited
"""
# What stands before a value: in lisbon, allergic to nuts, a nurse, my sister, called momo; "0" is any number.
VALUE_BEFORE: Final = frozenset(_VALUE_BEFORE.split())
