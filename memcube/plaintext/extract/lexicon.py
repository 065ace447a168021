# ruff: noqa: SIM905 (word lists read best as words)
"""Words that carry no news by themselves, by what they do in talk. A memory needs a word beyond these.

All are closed or slowly changing classes of everyday English: what praises, what one feels, what holds a
sentence together. A missing word costs one junk memory or one missed one, never a wrong value.
"""

from typing import Final

# "The view was amazing": said of anything, about nothing that lasts.
EVALUATIVE: Final = frozenset(
    "vivid unified solid neat electric amazing awesome great good nice cool lovely wonderful fantastic "
    "brilliant incredible excellent perfect beautiful gorgeous stunning pretty cute adorable sweet fun "
    "funny hilarious exciting thrilling inspiring inspirational encouraging motivating rewarding "
    "fulfilling satisfying relaxing calming soothing peaceful refreshing freeing comforting heartwarming "
    "touching moving uplifting powerful impressive interesting fascinating intriguing special magical "
    "epic rad dope unreal insane crazy wild intense important essential key vital crucial valuable "
    "invaluable precious priceless meaningful worthwhile worth impactful gratifying enjoyable memorable "
    "unforgettable remarkable extraordinary super terrific superb splendid marvelous marvellous "
    "delightful charming elegant stylish classy cozy cosy comfy delicious tasty yummy scrumptious vibrant "
    "bold bright colorful colourful serene tranquil breathtaking mesmerizing captivating true real legit "
    "fair right wrong tough hard difficult challenging scary nerve-wracking rough awful terrible horrible "
    "bad sad tragic unfortunate annoying frustrating weird strange odd random simple easy tricky hectic "
    "busy boring dull okay ok fine alright better best worse worst bigger big huge massive major small "
    "little tiny different unique rare energizing invigorating empowering humbling eye-opening awe-inspiring "
    "life-changing game-changer helpful useful handy possible impossible natural normal common "
    "clear obvious lucky blessed ideal therapeutic cathartic healing grounding wholesome genuine "
    "authentic sincere brave resilient talented creative smart clever wise kind thoughtful generous "
    "supportive caring selfless dedicated admirable fabulous phenomenal outstanding spectacular glorious "
    "majestic mind-blowing nuts surreal bittersweet needed deserved complicated worthless pointless "
    "brutal harsh stressful overwhelming exhausting draining emotional chill catchy romantic fluffy "
    "lively warm similar same alike comparable relatable relevant popular famous classic iconic top "
    "favorable decent proper ridiculous hideous ugly gross disgusting nasty dreadful horrid grim bleak "
    "gloomy cruel unfair pathetic lame cheesy tedious tiresome tiring messy chaotic quiet loud noisy "
    "rubbish must-see must-visit must-have must-read must-try fancy posh luxurious grand intimate "
    "snug".split()
)
# "I'm so thrilled": how one feels while writing. With a cause or a date it may be an event all the same.
FEELING: Final = frozenset(
    "happy glad sad sorry proud grateful thankful blessed lucky excited thrilled stoked pumped psyched "
    "eager delighted pleased overjoyed ecstatic honored honoured humbled impressed inspired amazed "
    "surprised shocked stunned speechless curious interested nervous anxious worried scared afraid "
    "stressed overwhelmed tired exhausted sleepy bored hungry starving fine good great okay ok well "
    "alright better bad awful terrible confused sure certain unsure ready back here there jealous envious "
    "annoyed angry mad frustrated upset disappointed lonely calm relaxed refreshed energized motivated "
    "determined confident hopeful optimistic fulfilled content satisfied comfortable alive appreciative "
    "relieved kidding joking positive down stuck willing able intrigued hooked passionate committed "
    "dedicated busy mesmerized fascinated blown floored obsessed empowered flattered nostalgic emotional "
    "hyped amped wrecked shattered knackered drained frazzled "
    "grumpy moody gloomy miserable cranky restless jittery hungover peckish thirsty chilly "
    "freezing sweaty dizzy dazed homesick recharged "
    "stumped puzzled baffled dead dying crying screaming sobbing shook speechless gobsmacked clueless "
    "useless hopeless "
    "buzzing bummed crushed heartbroken devastated keen "
    "elated giddy gutted chuffed jazzed convinced upbeat".split()
)
# Nouns that stand for anything: "a lot of things", "such a blast", "this journey".
LIGHT_NOUNS: Final = frozenset(
    "team teamwork atmosphere ambience ambiance mood view views scenery sunset sunsets backdrop setting "
    "crowd week weeks weekend month months year years morning night evening afternoon hour hours minute "
    "minutes second thing things stuff something anything everything nothing way ways lot lots bit bunch "
    "ton tons kind sort time times moment moments day days place part point idea ideas fun blast joy "
    "happiness peace hope vibe vibes energy feeling feelings emotion emotions memory memories experience "
    "experiences journey adventure process progress success effort efforts work passion passions dream "
    "dreams goal goals ambition ambitions inspiration motivation confidence strength courage "
    "determination attitude positivity impact difference change changes support help encouragement advice "
    "words word kindness love friendship bond connection connections conversation chat talk question "
    "questions answer reminder lesson challenge challenges struggle struggles obstacle obstacles "
    "opportunity opportunities option options life world people person folks someone everyone others guy "
    "guys everybody somebody anyone nobody loads couple few reason reasons case sense look feel touch eye "
    "mind heart soul smile smiles laugh laughs face pic pics picture pictures photo photos spirit story "
    "game-changer treat gem pleasure honor honour privilege relief surprise shame pity bummer deal mess "
    "roller coaster ride gift blessing hit winner rest start end beginning future past news update "
    "updates recommendation suggestion compliment reaction situation issue problem problems circumstances "
    "reality truth fact facts thought thoughts insight perspective level detail details side sides piece "
    "pieces matter stage step steps beauty magic ups downs ups-and-downs hustle grind vision "
    "list lists interest interests tastes guess bet hunch point page hurry rush headache hiccups plan "
    "plans project "
    "projects task tasks age "
    "ages fan fans addition "
    "balance milestone chapter priority "
    "priorities progression improvement achievement achievements accomplishment commitment effort routine "
    "option outcome result results aspect aspects factor factors element elements theme themes range variety "
    "mix pace direction purpose meaning value values reward rewards skill skills ability abilities resource "
    "resources tool tools approach strategy technique method style styles "
    "potential lives people's power role growth self-expression expression creativity".split()
)
HEARER: Final = frozenset("you you're you've you'll you'd your yours yourself u ur y'all yourselves".split())
MINE: Final = frozenset("me my mine i i'm i've myself".split())
# What all of us know as "the": one may love it without seeing it together.
SHARED: Final = frozenset(
    "ocean sea beach mountains mountain outdoors countryside city snow rain sun winter summer spring "
    "autumn fall "
    "theatre theater cinema gym opera ballet library woods forest desert arts piano violin guitar drums news "
    "nineties eighties seventies beatles".split()
)
# "We had lots of fun": of anything.
ENJOYED: Final = frozenset("fun blast ball laugh laughs joy experience experiences memories".split())
# Heads of sayings ("Friendship is everything", "Life throws curveballs"), and by their endings many more.
ABSTRACT: Final = LIGHT_NOUNS | frozenset(
    "nature life love music art dance dancing painting family friends teamwork practice patience hard "
    "honesty trust health money communication kids animals pets books movies films games sports "
    "basketball exercise networking marketing technology education sleep food balance faith community "
    "communities everyone one small persistence perseverance consistency hardwork dedication resilience "
    "mistakes words actions results dreams moments winter summer spring autumn weather".split()
)
ABSTRACT_ENDINGS: Final = (
    "ness",
    "ity",
    "tion",
    "sion",
    "ment",
    "ship",
    "ance",
    "ence",
    "ism",
    "ings",
    "ies",
)
# Of talk itself, of the hearer, of what is being looked at: no news in what they take as object.
TALK_VERBS: Final = frozenset(
    "think thought guess know knew see agree understand understood hope bet promise swear mean meant "
    "suppose believe believed wonder wondered doubt appreciate appreciated thank congratulate apologize "
    "apologise admire admired respect imagine assume figure say said hear heard feel felt relate care "
    "mind admit realize realise realized realised notice noticed hoping hopes wishing thinking guessing "
    "trust recommend suggest wish dig second concur".split()
)
# Verbs too general to say what was done: their object must.
LIGHT_VERBS: Final = frozenset(
    "slow am is are was were be been being have has had having do does did done doing get gets got gotten "
    "getting go goes went gone going make makes made making take takes took taken taking give gives gave "
    "given giving let lets letting put want wants wanted need needs needed try tries tried trying keep "
    "keeps kept keeping feel feels felt feeling love loves loved loving like likes liked enjoy enjoys "
    "enjoyed enjoying use used come comes came coming find finds found finding say says said tell tells "
    "told show shows showed showing see sees saw seen seeing look looks looked looking know knows knew "
    "think thinks thought help helps helped helping bring brings brought mean means meant become becomes "
    "became seem seems seemed happen happens happened start started starting begin began remind reminds "
    "reminded share shared sharing check checked believe hope push pushing work worked working turn "
    "turned appreciate adore hate wait continue inspire inspires inspired motivate motivates motivated "
    "encourage encourages encouraged remember matter matters sound sounds sounded blow blew pay pays paid "
    "lead leads stay stays stayed hang hear heard support supports follow following chase chasing embrace "
    "grow grew grown growing achieve create creating learn handle manage add adds added guide believes "
    "express wonder impact fill fills filled reach overcome hit build boost boosts boosted improve spread "
    "stand rely celebrate talk staying happening hoping going-on remain remains remained reaching talking "
    "persist persevere pursue pursues pursuing pursued pushing pushed believing rock rocks strive strives "
    "striving grind grinding reaching facing face faced relying thrive "
    "thriving prioritize prioritise cherish cherished treasure treasured "
    "chatting catching catch talked chatted spend spent struggle struggles struggled struggling".split()
)
# What holds a sentence together, and what colours it.
FUNCTION: Final = frozenset(
    "i i'm i've i'd i'll me my mine myself we we're we've we'll we'd us our ours ourselves you you're "
    "you've you'll you'd your yours yourself he she it it's its they them their theirs he's she's they're "
    "they've him his her hers this that these those that's there there's here what what's who whom whose "
    "which how when where why a an the and or but so if as than then because since though although while "
    "until till once unless whether not no nor n't never ever always often sometimes usually still just "
    "only even also too very really quite rather pretty kinda sorta super totally absolutely definitely "
    "certainly surely probably maybe perhaps actually honestly basically literally truly simply "
    "especially particularly almost already again soon later now today lately recently currently finally "
    "eventually forward back up down in on at to of for with from by about into onto over under through "
    "around between among against during before after off out away along across together apart without "
    "within towards toward upon behind beyond some any all both each every either neither many much more "
    "most less least few several such own same other another else one two three can can't could couldn't "
    "will won't would wouldn't shall should shouldn't may might must don't doesn't didn't isn't aren't "
    "wasn't weren't hasn't haven't hadn't cannot gonna gotta wanna ain't yes yeah yep nope oh ah wow hey "
    "hi well ok okay thanks please anyway btw plus anymore whenever wherever whatever however someday "
    "somewhere everywhere anytime yet in-between thankfully hopefully luckily somehow that'd that'll it'd "
    "it'll there'd what've who's etc like let's lot able going highly greatly deeply last next "
    "incredibly extremely sometime new own whole entire main current various certain extra".split()
)
# "Harder", "the sweetest": measured against nothing that is named.
COMPARED: Final = frozenset(
    stem + ending
    for word in EVALUATIVE
    if len(word) < 8
    for stem in (word, word.removesuffix("e"), word.removesuffix("y") + "i", word + word[-1])
    for ending in ("er", "est")
) - {"number", "super"}
HOLLOW: Final = COMPARED | EVALUATIVE | FEELING | LIGHT_NOUNS | LIGHT_VERBS | FUNCTION
MOOD: Final = EVALUATIVE | FEELING
OPINION: Final = MOOD | LIGHT_NOUNS
