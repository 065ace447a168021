"""What a friend says to a friend: what is worth a memory, and what is only kind."""

from datetime import datetime, timedelta, timezone

import pytest

from memcube.plaintext.extract import Candidate, Turn, extract

NOW = datetime(2026, 3, 12, 10, 30, tzinfo=timezone(timedelta(hours=1)))


def said(text: str) -> tuple[Candidate, ...]:
    return extract(Turn(text=text, role="user", speaker="Ada", time=NOW))


@pytest.mark.parametrize(
    "sentence",
    [
        "That sounds great!",
        "Wow, that's so inspiring!",
        "I'm so proud of you!",
        "Nature is so calming.",
        "You've got this!",
        "Keep up the good work!",
        "I'm looking forward to it.",
        "I'll let you know how it goes.",
        "It was such an amazing experience.",
        "It really made me think about life.",
        "Friendship is so important.",
        "Having supportive people around makes all the difference.",
        "Thanks for always being there for me.",
        "I can't wait to hear all about it!",
        "Your garden looks beautiful!",
        "I totally agree with you.",
        "You're such a good friend.",
        "I'm glad you liked it.",
        "That must have been tough.",
        "I hope you feel better soon.",
        "Small steps lead to big changes.",
        "Life is full of surprises.",
        "It means a lot to me.",
        "I really appreciate your support.",
        "We should catch up soon!",
        "Let's make it happen!",
        "I feel so happy right now.",
        "I'm so tired today.",
        "What a view!",
        "So glad it worked out.",
        "Congrats on the new job!",
        "I'm here for you whenever you need me.",
        "It's all about finding balance.",
        "Music has such a power to heal.",
        "Love the colors in that painting!",
        "Same here!",
        "I know what you mean.",
        "Good luck with your exam!",
        "Everyone deserves a second chance.",
        "Hard work really pays off.",
        "Time flies!",
        "Those memories are priceless.",
        "I'll definitely check it out!",
        "I'd love to see it someday.",
        "That's a great way to relax.",
        "Believe in yourself.",
        "It's the little things that count.",
        "Take care and talk soon!",
        "I was blown away by your story.",
        "There's nothing like a good book.",
        "Sounds like you had a great time.",
        "Sometimes we just need to slow down.",
        "Cooking can be so therapeutic.",
        "I'm happy to help anytime.",
        "Don't give up on your dreams!",
        "Dogs are the best companions.",
        "Glad to hear that!",
        "I bet it was fun.",
        "We had a blast!",
        "I had so much fun.",
        "The atmosphere was electric.",
        "It felt like a dream.",
        "Teamwork makes the dream work.",
        "Haha, you never change!",
        "Please tell me more about it.",
        "Who knows what the future holds?",
        "Being in nature reminds us what matters.",
        "My heart is full.",
        "Wishing you all the best!",
        "The food was delicious and the people were lovely.",
        "I feel you.",
        "No worries at all.",
        "It gave me goosebumps.",
        "You inspire me to be better.",
        "Every day is a new beginning.",
        "Fingers crossed for you!",
        "Happy to be part of your journey.",
        "This photo is gorgeous.",
        "That dress looks stunning on you.",
        "I'm excited to see what comes next.",
    ],
)
def test_praise_comfort_and_sayings_make_no_memory(sentence: str) -> None:
    assert said(sentence) == ()


@pytest.mark.parametrize(
    ("sentence", "memory"),
    [
        (
            "I adopted a puppy named Biscuit last month.",
            "Ada adopted a puppy named Biscuit last month (2026-02)",
        ),
        (
            "My brother just got engaged to his girlfriend Nora.",
            "Ada's brother just got engaged to his girlfriend Nora",
        ),
        ("We're moving to Leeds in August.", "Ada and others are moving to Leeds in August (2026-08)"),
        ("I started learning Portuguese.", "Ada started learning Portuguese"),
        (
            "I've been volunteering at the food bank on weekends.",
            "Ada has been volunteering at the food bank on weekends",
        ),
        ("My knee surgery is on the 20th.", "Ada's knee surgery is on the 20th (2026-03-20)"),
        ("I signed up for a pottery class.", "Ada signed up for a pottery class"),
        (
            "I lost my job at the bakery last week.",
            "Ada lost Ada's job at the bakery last week (2026-03-02/2026-03-08)",
        ),
        ("I ran my first marathon in October.", "Ada ran Ada's first marathon in October (2025-10)"),
        (
            "Last summer we drove through the Pyrenees.",
            "Last summer (2025-06/2025-08) Ada and others drove through the Pyrenees",
        ),
        ("My grandmother taught me how to bake bread.", "Ada's grandmother taught Ada how to bake bread"),
        ("I can't eat gluten.", "Ada can't eat gluten"),
        ("I collect old maps.", "Ada collects old maps"),
        ("Tom moved to Canada with his family.", "Tom moved to Canada with his family"),
        (
            "My car broke down on the motorway yesterday.",
            "Ada's car broke down on the motorway yesterday (2026-03-11)",
        ),
        (
            "I'm nervous about my driving test on Monday.",
            "Ada is nervous about Ada's driving test on Monday (2026-03-16)",
        ),
        (
            "I wrote a short story about my grandfather.",
            "Ada wrote a short story about Ada's grandfather",
        ),
        (
            "We adopted our daughter two years ago.",
            "Ada and others adopted Ada's daughter two years ago (2024)",
        ),
        ("I'm training for a triathlon.", "Ada is training for a triathlon"),
        ("My favourite author is Ursula Le Guin.", "Ada's favourite author is Ursula Le Guin"),
        ("I love baking sourdough with my kids.", "Ada loves baking sourdough with Ada's kids"),
        ("Painting helps me deal with anxiety.", "Painting helps Ada deal with anxiety"),
        (
            "My sister teaches maths at a school in Ghent.",
            "Ada's sister teaches maths at a school in Ghent",
        ),
        ("I grew up on a farm in Iowa.", "Ada grew up on a farm in Iowa"),
        ("I got promoted to team lead!", "Ada got promoted to team lead"),
        ("I quit smoking in January.", "Ada quit smoking in January (2026-01)"),
        ("I usually go for a run before work.", "Ada usually goes for a run before work"),
        ("The landlord raised the rent by ten percent.", "The landlord raised the rent by ten percent"),
        ("I'm thinking of opening a small bookshop.", "Ada is thinking of opening a small bookshop"),
        ("I gave a talk at a conference in Vienna.", "Ada gave a talk at a conference in Vienna"),
        ("My parents are getting divorced.", "Ada's parents are getting divorced"),
        ("I broke my wrist skating.", "Ada broke Ada's wrist skating"),
        (
            "We planted tomatoes and basil in the garden.",
            "Ada and others planted tomatoes and basil in the garden",
        ),
        ("I finished reading Dune yesterday.", "Ada finished reading Dune yesterday (2026-03-11)"),
        ("My roommate is a nurse.", "Ada's roommate is a nurse"),
        ("I have a twin sister called Eva.", "Ada has a twin sister called Eva"),
        ("I prefer tea to coffee.", "Ada prefers tea to coffee"),
        ("I met my wife at a concert in 2012.", "Ada met Ada's wife at a concert in 2012"),
        ("I'm learning to play the cello.", "Ada is learning to play the cello"),
        ("I bought tickets for the jazz festival.", "Ada bought tickets for the jazz festival"),
        ("I've decided to study marine biology.", "Ada has decided to study marine biology"),
        ("My dog Rex passed away last night.", "Ada's dog Rex passed away last night (2026-03-11)"),
        ("I made a vase in pottery class.", "Ada made a vase in pottery class"),
        ("I joined a hiking club.", "Ada joined a hiking club"),
        ("I hate flying.", "Ada hates flying"),
        ("Our anniversary is on June 3rd.", "Ada's anniversary is on June 3rd (2026-06-03)"),
        ("I work from home on Fridays.", "Ada works from home on Fridays"),
        ("I failed my exam.", "Ada failed Ada's exam"),
        (
            "My boss wants me to lead the project in Madrid.",
            "Ada's boss wants Ada to lead the project in Madrid",
        ),
        ("I passed the bar exam.", "Ada passed the bar exam"),
        (
            "My son started school this week.",
            "Ada's son started school this week (2026-03-09/2026-03-15)",
        ),
        ("I'm saving up for a camper van.", "Ada is saving up for a camper van"),
        ("I used to play the trumpet in a band.", "Ada used to play the trumpet in a band"),
        (
            "We visited the Louvre with my cousins.",
            "Ada and others visited the Louvre with Ada's cousins",
        ),
        ("My doctor says I have high blood pressure.", "Ada's doctor says Ada has high blood pressure"),
    ],
)
def test_what_happened_is_and_will_be_makes_one(sentence: str, memory: str) -> None:
    assert [candidate.text for candidate in said(sentence)] == [memory]


@pytest.mark.parametrize(
    ("turn", "memories"),
    [
        (
            "Wow, Maria, that's so cool! I joined a choir last week.",
            ["Ada joined a choir last week (2026-03-02/2026-03-08)"],
        ),
        ("Thanks, Tom! Your support means a lot. I passed my exam.", ["Ada passed Ada's exam"]),
        ("That's great! Networking really pays off. How was the event?", []),
        ("I made it to Rome - the view was amazing!", ["Ada made it to Rome"]),
        ("Making videos with people - that's awesome!", []),
        ("Since we last spoke, I adopted a cat.", ["Ada adopted a cat"]),
        (
            "Hey! A lot's happened since we last chatted - I just sold my flat.",
            ["Ada just sold Ada's flat"],
        ),
        (
            "We're having a baby! Due in late January.",
            ["Ada and others are having a baby, due in late January (2027-01)"],
        ),
        ("Sushi is amazing! I eat it every week.", ["Ada eats sushi every week"]),
        ("Should I buy a boat? I can't decide.", ["Ada is undecided whether to buy a boat"]),
        (
            "I work nights, so don't suggest breakfast meetings.",
            ["Ada works nights", "Ada's wish: Don't suggest breakfast meetings"],
        ),
        ("[image: a photo of two dogs in a park]", []),
    ],
)
def test_a_turn_keeps_its_news_alone(turn: str, memories: list[str]) -> None:
    assert [candidate.text for candidate in said(turn)] == memories


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("Always answer in French.", True),
        ("From now on, keep your answers short.", True),
        ("Please stop using emojis when you write to me.", True),
        ("Never call me before ten.", True),
        ("Don't ever suggest restaurants with seafood.", True),
        ("Reply in German.", True),
        ("Use metric units.", True),
        ("Reply in a minute.", False),
        ("Never give up!", False),
        ("Don't worry about it.", False),
        ("Keep going!", False),
        ("For this one, keep it formal please.", False),
        ("Write a poem about the sea.", False),
        ("Stop it!", False),
        ("Call me when you are back.", False),
    ],
)
def test_a_standing_instruction_is_kept_and_a_request_of_the_moment_is_not(sentence: str, kept: bool) -> None:
    found = said(sentence)
    assert bool(found) == kept
    assert all(candidate.category == "instruction" for candidate in found)
