"""A month of one person's talk, and the same said in other words."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta

SAID = (
    "I live in Oslo.",
    "I work at Brightwater.",
    "I'm a chemist.",
    "My sister lives in Bergen.",
    "My brother works at Globex.",
    "I have a dog called Rex.",
    "My cat is called Momo.",
    "I'm allergic to walnuts.",
    "I'm vegetarian.",
    "I like green tea.",
    "I love rock climbing.",
    "I hate olives.",
    "I play the cello.",
    "I speak Portuguese.",
    "My favourite colour is blue.",
    "My favourite film is Amelie.",
    "My birthday is on 4 May.",
    "I'm 33 years old.",
    "My husband is Karl.",
    "My boss is called Erika.",
    "I drink coffee every morning.",
    "I go to the gym twice a week.",
    "I don't eat fish.",
    "I no longer smoke.",
    "The code of the gate is 1234.",
    "My rent is 900 euros.",
    "I had lunch with Tom on Monday.",
    "I visited the Munch museum yesterday.",
    "I bought a red bicycle last week.",
    "I finished my first marathon.",
    "The dentist appointment is on 20 March.",
    "I'm flying to Porto on 4 April.",
    "Anna's wedding is on 12 June.",
    "Please always answer me in English.",
    "I'm writing a thriller about a lighthouse.",
    "I wear size 42 shoes.",
    "My mother was born in Ghent.",
    "I prefer window seats.",
    "I teach chemistry to beginners on Thursdays.",
    "I'm learning Dutch.",
)
_START = datetime(2026, 3, 2, 9, tzinfo=UTC)
_LEADS = (
    "By the way, {}",
    "Actually, {}",
    "Well, {}",
    "As I said, {}",
    "You know, {}",
    "Oh, {}",
    "{}",
    "{}",
    "{}",
)
_STRESS = ("really ", "still ", "currently ", "", "", "")
_OTHER_WORDS = (
    (
        r"\bI live in (\w+)",
        ("I'm living in {0}", "my home is in {0}", "I live in {0} now", "I'm based in {0}"),
    ),
    (r"\bI work at (\w+)", ("I'm working at {0}", "I work for {0}", "I'm employed at {0}")),
    (
        r"\bI have a dog called (\w+)",
        ("my dog is called {0}", "my dog's name is {0}", "I have a dog named {0}"),
    ),
    (r"\bMy cat is called (\w+)", ("my cat's name is {0}", "I have a cat called {0}", "my cat is named {0}")),
    (r"\bI love ([\w ]+)", ("I really love {0}", "I enjoy {0}", "I'm a big fan of {0}")),
    (r"\bI like ([\w ]+)", ("I like {0} a lot", "I really like {0}", "I'm fond of {0}")),
    (r"\bI hate ([\w ]+)", ("I can't stand {0}", "I really hate {0}", "I dislike {0}")),
    (
        r"\bI'm allergic to (\w+)",
        ("I am allergic to {0}", "I have an allergy to {0}", "I am very allergic to {0}"),
    ),
    (r"\bI'm (\d+) years old", ("I am {0}", "I am {0} years old")),
    (r"\bMy husband is (\w+)", ("my husband's name is {0}", "my husband is called {0}")),
    (r"\bI'm (vegetarian|a chemist|learning Dutch)", ("I am {0}", "I am still {0}")),
    (r"\bMy favourite (\w+) is (\w+)", ("my favorite {0} is {1}", "my favourite {0} is still {1}")),
)


def month() -> list[tuple[datetime, str]]:
    """The turns with the time of each."""
    return [(_START + timedelta(hours=17 * n), text) for n, text in enumerate(SAID)]


def rephrased(text: str, rng: random.Random) -> str:
    """The same in other words: another lead, other stress, another verb, no contraction, other marks."""
    for pattern, words in _OTHER_WORDS:
        found = re.search(pattern, text)
        if found and rng.random() < 0.7:
            text = text[: found.start()] + rng.choice(words).format(*found.groups()) + text[found.end() :]
            break
    else:
        text = re.sub(r"^I (?=[a-z]+ (?!longer))(?!no |don't |had |was )", f"I {rng.choice(_STRESS)}", text)
        if rng.random() < 0.5:
            text = text.replace("I'm ", "I am ").replace("don't", "do not")
    lead = rng.choice(_LEADS)
    if lead != "{}" and not text.startswith(("I ", "I'm", "Anna")):
        text = text[0].lower() + text[1:]
    text = lead.format(text)
    text = text[0].upper() + text[1:]
    return text.removesuffix(".") + rng.choice((".", "!", "", "."))
