"""Short stories composed by rules: somebody, a friend, a trouble or a wish, an end.

The first two sentences name all that was asked for: who, the name, the place, the friend, the thing. A plot goes on
from there. A name alone decides between "she" and "he", and only the one whose story it is has a pronoun; "they" are
always both. Words come from long lists, and some are made up, so that a small model learns to take them from the
question rather than to choose them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from assets.tiny.recipe.data import sources

WORDS: Final = sources.slots(sources.FOLDER / "story-words.txt")
HEROES: Final = [*WORDS["animal"], *WORDS["people"], *WORDS["being"], *WORDS["her"], *WORDS["his"]]
INVENTED: Final = 0.15
"""How often a word of the question is one that there is not."""
NAMED: Final = ("hero", "friend", "thing", "name", "pal", "place", "topic", "building")
_ENDS: Final = ("ck", "m", "n", "p", "x", "ng", "b", "t", "l", "rd")

Plot = tuple[tuple[str, ...], ...]

WHO: Final = (
    "Once upon a time there was {a_trait_hero} named {name}, who lived {place}.",
    "{Place} lived {a_trait_hero} named {name}.",
    "{name} was {a_trait_hero}, who lived {place}.",
)
WITH_FRIEND: Final = ("{Her} best friend was {a_friend} named {pal}.", "{name} had a friend, {a_friend} named {pal}.")
WITH_BOTH: Final = (
    "{name} had {a_thing}, and {her} best friend was {a_friend} named {pal}.",
    "{Her} best friend was {a_friend} named {pal}, and {her} dearest thing was {a_thing}.",
)
WITH_TOPIC: Final = ("{name} loved {topic}, and so did {her} best friend, {a_friend} named {pal}.",)
FINDING: Final = (
    "One day {name} and {her} best friend, {a_friend} named {pal}, found {a_thing}.",
    "On the road {she} and {a_friend} named {pal} found {a_thing}.",
)

LOST: Final[Plot] = (
    ("One morning the {thing} was gone.", "One day {she} could not find the {thing}."),
    ("{name} looked under the bed and behind the door.", "{name} looked in every corner until {she} was tired."),
    (
        '"I will help you," said {pal}. "Two see more than one."',
        'Then {pal} came. "Do not cry," said {pal}. "We will find it."',
    ),
    (
        "They followed small tracks to an old tree, and there lay the {thing}.",
        "They went back the whole way, and the {thing} lay between two stones.",
    ),
    (
        "{name} laughed and hugged {pal}.",
        '"Thank you," said {name}. "You are a true friend."',
    ),
    (
        "In the evening they told everybody how they had found the {thing}.",
        "Since that day {name} takes good care of the {thing}.",
    ),
)
STORM: Final[Plot] = (
    ("One night a great storm came up.", "One evening the sky turned black, and it began to thunder."),
    ("{pal} was still outside and could not find the way home.", "{pal} was far from home and lost in the dark."),
    (
        "{name} was afraid, but {she} took a lantern and went out into the rain.",
        "{name} was afraid of the storm, but {she} went out all the same.",
    ),
    ("{She} called and called until {pal} heard it.", "{She} called so loudly that {pal} came."),
    ("They sat by the fire and drank hot tea until the storm was over.", "Inside it was warm, and they shared a soup."),
    (
        '"You are braver than you think," said {pal}.',
        "In the morning the sun shone, and {name} was not afraid of storms any more.",
    ),
)
WISH: Final[Plot] = (
    ("{name} had one great wish: {she} wanted to {wish}.", "More than anything {name} wanted to {wish}."),
    ("The others laughed, but {pal} did not laugh.", 'The others said, "You cannot do that."'),
    ("Every day {name} tried, and every day it went wrong.", "{name} tried a little each morning, in sun and in rain."),
    (
        '"Try once more," said {pal}. "I will help you."',
        '"Do not give up," said {pal}. "It is nearly right."',
    ),
    ("And then it worked: {name} could {wish}!", "One morning {name} could {wish}."),
    ("Nobody laughed any more, and {pal} cheered loudest of all.", '"I only had to go on," said {name}.'),
)
RETURNED: Final[Plot] = (
    ("It was not theirs. Somebody had lost it.", '"Somebody will miss this," said {name}.'),
    ("They asked at every door, but nobody knew it.", "They walked from house to house and asked."),
    (
        'At the last house an old man cried, "That is my {thing}!"',
        'On the hill lived an old man. "My {thing}!" cried the old man.',
    ),
    ("The old man had looked for it for years.", "The old man wept for joy."),
    ("The old man gave them warm cake and told them stories.", "They were thanked with a song and a warm cake."),
    (
        '"It was right to bring it back," said {pal}, and they went home.',
        "{name} was proud that the {thing} was home again.",
    ),
)
SHARE: Final[Plot] = (
    (
        "One day {name} had a basket of {food} and wanted to keep them all.",
        "{name} had the best {food} far and wide, but gave none away.",
    ),
    ('{pal} came and was hungry. "No," said {name}. "They are mine."', "{pal} asked for one, but {name} said no."),
    ("But alone the {food} did not taste good.", "That night {name} could not sleep."),
    ("In the morning {she} took the basket and went to {pal}.", 'So {she} ran to {pal} and said, "I am sorry."'),
    ("They ate the {food} together and laughed.", "They sat in the sun and ate until nothing was left."),
    ('"Shared is better than kept," said {name}.', "Never had the {food} tasted so good."),
)
RACE: Final[Plot] = (
    ("One day there was a great race, and {name} wanted to win.", "It was the day of the race, and {name} took part."),
    ("{She} was fast and soon in front.", "When the bell rang, {name} went off like the wind."),
    ("Then {she} heard a cry: {pal} had fallen.", "Near the end {she} saw that {pal} had fallen."),
    ('"Go on!" said {pal}. But {name} stopped.', "{name} could still win, but {she} turned round."),
    ("{She} helped {pal} up, and they came in last, side by side.", "They went to the end together, slow and tired."),
    ("Everybody clapped for them louder than for the winner.", "{name} got no prize that day, but was happy."),
)
PRESENT: Final[Plot] = (
    ("It was the birthday of {pal}, but {name} had no present.", "{pal} had a birthday, and {name} had no money."),
    ("{She} thought about it all day.", "{She} sat by the window and thought."),
    ("The best thing that {she} had was the {thing}.", "Then {she} looked at the {thing}."),
    (
        "So {name} put the {thing} in a box and gave it to {pal}.",
        "{name} put a ribbon on the {thing} and took it along.",
    ),
    ('"For me?" cried {pal}. "It is the best present of all."', "{pal} was so happy that nobody said a word."),
    ("From that day on the {thing} belonged to both.", '"It belongs to both of us now," said {pal}.'),
)
BROKEN: Final[Plot] = (
    ("One day {pal} dropped the {thing}, and it broke.", "One day {pal} fell over the {thing}, and it broke."),
    ("{pal} was afraid and hid behind the house.", "{pal} ran away and hid."),
    ("At first {name} was angry. Then {she} heard {pal} cry.", "{name} was sad, but {she} missed {pal} even more."),
    (
        '"Come out," said {name}. "We will mend it together."',
        '"It is only a thing," said {name}. "Help me to mend it."',
    ),
    ("They worked until the evening with string and glue.", "They worked all day and were very careful."),
    (
        "The {thing} was not as fine as before, but {name} liked it even more.",
        "Now the {thing} reminds them that friends can mend much.",
    ),
)
RESCUE: Final[Plot] = (
    ("One day {pal} fell into a deep hole.", "One day {pal} was stuck in a deep hole."),
    ('"Help!" cried {pal}, and {name} came running.', "{name} heard a cry for help and ran as fast as {she} could."),
    ("But the hole was too deep for {him}.", "{She} could not reach {pal}."),
    ("Then {she} tied the {thing} to a rope and let it down.", "So {she} let the {thing} down on a long rope."),
    ("{pal} held on to it, and {name} pulled.", "{pal} took hold of the {thing}, and {name} pulled hard."),
    ('"Your {thing} has saved me," said {pal}.', "Soon {pal} was out, and both danced around the {thing}."),
)
JOURNEY: Final[Plot] = (
    ("One day they set out to see {goal}.", '"Let us go and see {goal}," said {name} one morning.'),
    ("They went over hills and through woods.", "They took bread and water and went a long way."),
    ("On the second day {pal} was tired and wanted to go home.", "Then it rained, and {pal} wanted to turn back."),
    ('"Lean on me," said {name}. "It is not far."', "{name} sang a song, and the way seemed shorter."),
    ("In the evening they stood before {goal}.", "On the third day they saw {goal} at last."),
    ("It was more beautiful than in a dream, and they were glad.", '"We did it together," said {name}.'),
)
SEED: Final[Plot] = (
    ("In spring {name} put a seed into the ground.", "One day {name} found a seed and put it into the ground."),
    ("{She} gave it water every day.", "{pal} brought water, and {name} kept the birds away."),
    ("But nothing came, and {name} was sad.", "Weeks went by, and nothing was to be seen."),
    ('"Wait," said {pal}. "Good things are slow."', '"Do not give up," said {pal}.'),
    ("One morning there was a small green leaf.", "Then a green leaf came out of the ground."),
    ("In summer they sat together in the shade of a tree.", "It became a tall tree, and both sat under it."),
)
QUARREL: Final[Plot] = (
    ("One day both wanted the {thing} at the same time.", "One day they quarrelled about the {thing}."),
    ('"It is mine!" cried {name}.', '"You always have it!" cried {pal}.'),
    ("{pal} went home without a word.", "They went away from each other and were angry."),
    ("But alone {name} had no fun with the {thing}.", "{name} looked at the {thing} and felt very alone."),
    ('So {she} went to {pal}. "I am sorry," {she} said.', 'In the evening {she} knocked. "Take it," {she} said.'),
    ("They laughed, and never quarrelled about the {thing} again.", "Now they take turns, and that is more fun."),
)
MAGIC: Final[Plot] = (
    ("One night the {thing} began to shine.", "One night {name} heard a voice: it was the {thing}."),
    ('"You have one wish," said the {thing}.', '"I can do magic once," said the {thing}. "What do you want?"'),
    ("{name} thought of gold and of cake.", "{name} thought for a long time."),
    ("Then {she} remembered that {pal} was ill.", "But {pal} lay in bed and was ill."),
    ('"Make {pal} well again," said {name}.', '"I wish that {pal} is well," {she} said.'),
    ("In the morning {pal} came running, and was well.", "And {pal} got up, and they danced until the sun rose."),
)
PLOTS: Final[dict[str, Plot]] = {
    "lost": LOST,
    "storm": STORM,
    "wish": WISH,
    "returned": RETURNED,
    "share": SHARE,
    "race": RACE,
    "present": PRESENT,
    "broken": BROKEN,
    "rescue": RESCUE,
    "journey": JOURNEY,
    "seed": SEED,
    "quarrel": QUARREL,
    "magic": MAGIC,
}
WITH_THING: Final = [name for name, plot in PLOTS.items() if any("{thing}" in way for step in plot for way in step)]
WITHOUT_THING: Final = [name for name in PLOTS if name not in WITH_THING]

OPENINGS: Final = (
    "Tell me a story about {}",
    "Tell me a story about {}",
    "Tell me a story about {}.",
    "tell me a story about {}",
    "Write a story about {}",
    "Write a short story about {}.",
    "Write me a story about {}",
    "Can you tell me a story about {}?",
    "Could you tell me a story about {}?",
    "Can you write a story about {}?",
    "I would like to hear a story about {}",
    "I want a story about {}",
    "A story about {}, please",
    "a story about {}",
    "story about {}",
    "Make up a story about {}",
    "Tell a bedtime story about {}",
    "Tell me a short story about {}",
    "Tell me a funny story about {}",
    "Tell my child a story about {}",
    "Do you know a story about {}?",
    "Invent a story about {}",
    "please tell me a little story about {}",
    "a short tale about {}",
    "Tell me a fairy tale about {}",
)
ABOUT: Final[dict[str, tuple[str, ...]]] = {
    "hero": ("{a_hero}", "{a_hero}", "{a_trait_hero}", "the {hero}", "{a_hero} and {her} friend"),
    "thing": (
        "{a_hero} and {a_thing}",
        "{a_hero} and {a_thing}",
        "{a_hero} with {a_thing}",
        "{a_hero} that has {a_thing}",
        "{a_trait_hero} and {a_thing}",
        "{a_hero}, {a_thing}",
    ),
    "friend": (
        "{a_hero} and {a_friend}",
        "{a_hero} and {a_friend}",
        "{a_hero} who meets {a_friend}",
        "the friendship of {a_hero} and {a_friend}",
        "{a_trait_hero} and {a_friend}",
        "the {hero} and the {friend}",
    ),
    "named": (
        "{a_hero} named {name}",
        "{a_hero} called {name}",
        "{name} the {hero}",
        "{name}, {a_hero}",
        "{a_trait_hero} named {name}",
        "{a_hero} whose name is {name}",
    ),
    "person": ("{name}", "{name}", "{a_hero} named {name}", "my friend {name}"),
    "pair": ("{name} and {pal}", "{name} and {her} friend {pal}", "two friends named {name} and {pal}"),
    "place": (
        "{a_hero} {place}",
        "{a_hero} who lives {place}",
        "{a_hero} named {name} {place}",
        "=Tell me a story that happens {place}",
        "=a story {place}",
        "=Write a story in which {a_hero} lives {place}.",
    ),
    "building": ("{a_building}", "the {building}", "{a_hero} and {a_building}", "{a_hero} in {a_building}"),
    "named thing": (
        "{a_hero} named {name} and {a_thing}",
        "{name} the {hero} and {a_thing}",
        "{name} and {her} {thing}",
    ),
    "named friend": (
        "{a_hero} named {name} and {a_friend} named {pal}",
        "{name} the {hero} and {pal} the {friend}",
        "{a_hero} named {name} and {a_friend}",
    ),
    "three": ("{a_hero}, {a_friend} and {a_thing}", "{a_hero} and {a_friend} who have {a_thing}"),
    "topic": ("{topic}", "{topic}", "{a_hero} and {topic}", "{a_hero} who loves {topic}"),
    "lost": (
        "{a_hero} who lost {a_thing}",
        "{a_hero} who cannot find {her} {thing}",
        "{a_hero} and {her} lost {thing}",
    ),
    "returned": ("{a_hero} who finds {a_thing}", "{a_hero} and {a_friend} who find {a_thing}"),
    "wish": ("{a_hero} who wants to {wish}", "{a_hero} that dreams of something big"),
}
"""What somebody asks for, by kind; the kinds at the end name a plot. "=" begins a whole question."""
OFTEN: Final = {"hero": 5, "thing": 6, "friend": 3, "named": 4, "topic": 1, "returned": 1, "wish": 1, "lost": 1}
"""Of each kind, where it is not 2."""
OPEN_PROMPTS: Final = (
    "Tell me a story",
    "tell me a story",
    "Tell me a story.",
    "Can you tell me a story?",
    "a story please",
    "Write a short story",
    "Do you know a story?",
    "tell me a bedtime story",
    "I want to hear a story",
    "another story",
    "Tell me another story",
    "once upon a time",
    "story",
    "make up a story",
    "one more story please",
    "tell me a fairy tale",
    "Write a story for my daughter",
    "a story for children",
    "read me a story",
    "story time",
    "I would like a story",
    "tell me something like a fairy tale",
    "a good night story",
    "can you invent a story",
    "tell me any story you like",
)
USUAL: Final = 0.6
"""Share of stories about what people ask for most: these words are learned one by one, the others by copying."""
USUAL_HEROES: Final = (
    *WORDS["animal"][:20],
    *("robot", "dragon", "girl", "boy", "king", "queen", "princess", "knight", "wizard", "pirate", "baker", "sailor"),
)
USUAL_THINGS: Final = 40
OPEN: Final = 0.06
"""Share of stories that are asked for without saying what about."""


@dataclass(frozen=True, slots=True)
class Tale:
    """A composed story and how somebody asks for it.

    Attributes:
        prompt: the question.
        text: the story.
        plot: its plot's name.
        asked: the words that the question names.
    """

    prompt: str
    text: str
    plot: str
    asked: tuple[str, ...] = ()


def article(noun: str) -> str:
    """The noun with "a" or "an"."""
    an = noun.startswith("hour") or (noun[0] in "aeiou" and not noun.startswith("uni"))
    return f"{'an' if an else 'a'} {noun}"


def invented(dice: random.Random) -> str:
    """A word that there is not."""
    return "".join(dice.choices(WORDS["syllable"], k=dice.randint(2, 3))) + dice.choice(("", *_ENDS))


def named(pronoun: str, asked: bool, dice: random.Random) -> str:
    """A name. Made-up ones, only where asked for, end in "a" for "she", in "o" or a consonant for "he"."""
    if not asked or dice.random() > INVENTED:
        return dice.choice(WORDS[pronoun])
    stem = dice.choice(WORDS["syllable"]) + dice.choice("bdfklmnprstvz")
    return (stem + ("a" if pronoun == "she" else dice.choice(("o", "ok", "us", "ek", "in")))).capitalize()


def cast(kind: str, asked: Collection[str], dice: random.Random) -> dict[str, str]:
    """Who and what a story is about; `asked` are the words that the question names."""
    if dice.random() < USUAL:
        hero, friend = dice.sample(USUAL_HEROES, 2)
        thing = dice.choice(WORDS["thing"][:USUAL_THINGS])
    else:
        hero, friend = dice.sample([*HEROES, *WORDS["thing"]] if kind == "hero" else HEROES, 2)
        thing = dice.choice(WORDS["thing"])
        if "hero" in asked and dice.random() < INVENTED:
            hero = invented(dice)
        if "friend" in asked and dice.random() < INVENTED:
            friend = invented(dice)
        if "thing" in asked and dice.random() < INVENTED:
            thing = invented(dice)
    if hero == thing:
        thing = "thimble"
    if dice.random() < 0.2:
        thing = f"{dice.choice(WORDS['look'])} {thing}"
    she, other = dice.choice(("she", "he")), dice.choice(("she", "he"))
    if kind in {"person", "pair"}:
        hero, friend = ({"she": "girl", "he": "boy"}[each] for each in (she, other))
    elif "hero" not in asked and "name" in asked:
        hero = {"she": "girl", "he": "boy"}[she]
    she = "she" if hero in WORDS["her"] else "he" if hero in WORDS["his"] else she
    other = "she" if friend in WORDS["her"] else "he" if friend in WORDS["his"] else other
    name = pal = named(she, "name" in asked, dice)
    while pal == name:
        pal = named(other, "pal" in asked, dice)
    return {
        "hero": hero,
        "friend": friend,
        "thing": thing,
        "building": dice.choice([*WORDS["inside"], *WORDS["upon"]]),
        "name": name,
        "pal": pal,
        "she": she,
        "her": {"she": "her", "he": "his"}[she],
        "him": {"she": "her", "he": "him"}[she],
        "trait": dice.choice([each for each in WORDS["trait"] if each not in hero]),
        **{key: dice.choice(WORDS[key]) for key in ("place", "wish", "food", "goal", "topic")},
    }


def compose(dice: random.Random) -> Tale:
    """One story."""
    kind = dice.choices(list(ABOUT), [OFTEN.get(each, 2) for each in ABOUT])[0]
    about = dice.choice(ABOUT[kind])
    unsaid = kind not in PLOTS and dice.random() < OPEN
    keys = [] if unsaid else [key for key in NAMED if re.search(rf"\{{(a_|a_trait_)?{key}\}}", about)]
    words = cast("" if unsaid else kind, keys, dice)
    for key in ("hero", "friend", "thing", "building"):
        words[f"a_{key}"] = article(words[key])
    if kind == "building" and not unsaid:
        words["place"] = f"{'on' if words['building'] in WORDS['upon'] else 'in'} {words['a_building']}"
    words["a_trait_hero"] = article(f"{words['trait']} {words['hero']}")
    words |= {key.capitalize(): words[key][0].upper() + words[key][1:] for key in ("she", "her", "place")}
    if kind in PLOTS:
        plot = kind
    elif kind == "topic":
        plot = dice.choice(WITHOUT_THING)
    else:
        plot = dice.choice(WITH_THING if "thing" in keys else list(PLOTS))
    second: tuple[str, ...]
    if kind == "topic":
        second = WITH_TOPIC
    elif plot == "returned":
        second = FINDING
    else:
        second = WITH_BOTH if plot in WITH_THING else WITH_FRIEND
    text = " ".join(dice.choice(step).format(**words) for step in (WHO, second, *PLOTS[plot]))
    if unsaid:
        return Tale(dice.choice(OPEN_PROMPTS), text, plot)
    about = about if about.startswith("=") else dice.choice(OPENINGS).format(about)
    return Tale(about.removeprefix("=").format(**words), text, plot, tuple(words[key] for key in keys))


def tales(count: int, seed: int) -> list[Tale]:
    """So many stories, no two with the same text."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret
    made: dict[str, Tale] = {}
    while len(made) < count:
        tale = compose(dice)
        made.setdefault(tale.text, tale)
    return list(made.values())
