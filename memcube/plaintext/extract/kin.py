# ruff: noqa: SIM905 (word lists read best as words; a pattern in lines)
"""Whom one has: relatives, friends and animals, as parts of patterns; of some one has one, of others many."""

ONE_EACH = (
    r"mother|mum|mom|mam|mama|mummy|mommy|dad|daddy|papa|father|stepmother|stepmum|stepmom|stepfather|stepdad"
    r"|husband|wife|partner|spouse|girlfriend|boyfriend|fianc[ée]e?|grandma|granny|gran|nan|nana|grandmother"
    r"|grandpa|granddad|grandad|grandfather|mother-in-law|father-in-law|boss|manager|supervisor|landlord"
    r"|landlady|twin|best friend|ex|godmother|godfather"
)
MANY = (
    r"sister|sis|brother|bro|sibling|son|daughter|kid|child|toddler|baby|grandson|granddaughter|stepson"
    r"|stepdaughter|cousin|aunt|auntie|uncle|niece|nephew|sister-in-law|brother-in-law|son-in-law"
    r"|daughter-in-law|godson|goddaughter|friend|mate|buddy|pal|colleague|co-?worker|flatmate|roommate"
    r"|housemate|neighbou?r|classmate|teammate|therapist|doctor|dentist|teacher|coach|tutor|client|student"
)
# "My sister" is one sister until another is told apart ("my older sister"); of friends there are always many.
USUALLY_ONE = frozenset(
    "sister brother son daughter flatmate roommate housemate therapist doctor dentist".split()
)
# "My parents" are always the same two.
COUPLES = r"(?:grand)?parents|folks|in-laws"
RANK = r"(?:older|younger|elder|big|little|baby|eldest|oldest|youngest|twin|half|step|other|late)"
PETS = (
    r"dog|cat|puppy|kitten|rabbit|hamster|parrot|horse|pony|tortoise|turtle|fish|goldfish|bird"
    r"|guinea pig|snake|hen|boat|car"
)
