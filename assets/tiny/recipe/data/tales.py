"""Short stories composed by rules: somebody, a wish or a trouble, a friend, an end.

A plot is a row of steps, a step a few ways to say it. Who and what is chosen once for a story, so a small model can
learn to keep it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

NAMES: Final = {
    "she": [
        "Mia",
        "Lily",
        "Anna",
        "Rosa",
        "Emma",
        "Nora",
        "Ida",
        "Clara",
        "Ella",
        "Luna",
        "Greta",
        "Zoe",
        "Tilda",
        "Ruby",
        "Olive",
        "Daisy",
        "Ivy",
        "Hazel",
    ],
    "he": [
        "Tom",
        "Max",
        "Ben",
        "Leo",
        "Finn",
        "Otto",
        "Paul",
        "Oscar",
        "Hugo",
        "Emil",
        "Sam",
        "Theo",
        "Felix",
        "Jack",
        "Toby",
        "Arlo",
        "Bruno",
        "Milo",
    ],
}
HEROES: Final = [
    "fox",
    "cat",
    "dog",
    "mouse",
    "rabbit",
    "owl",
    "bear",
    "hedgehog",
    "squirrel",
    "duck",
    "frog",
    "turtle",
    "goat",
    "horse",
    "crow",
    "wolf",
    "beaver",
    "penguin",
    "robot",
    "dragon",
    "girl",
    "boy",
    "baker",
    "sailor",
    "tailor",
    "gardener",
    "king",
    "queen",
    "shepherd",
    "fisher",
    "painter",
    "clockmaker",
    "knight",
    "wizard",
]
PEOPLE: Final = frozenset(
    [
        "girl",
        "boy",
        "baker",
        "sailor",
        "tailor",
        "gardener",
        "king",
        "queen",
        "shepherd",
        "fisher",
        "painter",
        "clockmaker",
        "knight",
        "wizard",
    ]
)
PLACES: Final = {
    "forest": "in a deep forest",
    "lighthouse": "in a lighthouse by the sea",
    "village": "in a small village",
    "mountain": "at the foot of a mountain",
    "island": "on a quiet island",
    "garden": "in an old garden",
    "river": "beside a wide river",
    "castle": "in a castle with a red roof",
    "city": "in a busy city",
    "farm": "on a farm behind the hills",
    "harbour": "near the harbour",
    "mill": "in an old mill",
    "library": "behind the library",
    "lake": "by a clear lake",
    "desert": "at the edge of the desert",
}
OBJECTS: Final = [
    "key",
    "lantern",
    "kite",
    "ring",
    "map",
    "bell",
    "book",
    "boat",
    "clock",
    "thimble",
    "coat",
    "drum",
    "flute",
    "seed",
    "button",
    "letter",
    "hat",
    "compass",
    "music box",
    "red ball",
    "silver spoon",
    "blue umbrella",
    "wooden horse",
    "glass marble",
]
TRAITS: Final = [
    "little",
    "young",
    "clever",
    "shy",
    "curious",
    "brave",
    "kind",
    "quiet",
    "cheerful",
    "sleepy",
    "careful",
    "stubborn",
]
WEATHER: Final = [
    "One sunny morning",
    "One rainy day",
    "One windy evening",
    "On the first day of spring",
    "On a cold winter day",
    "One foggy morning",
    "One warm summer night",
    "On the last day of autumn",
]

Plot = tuple[tuple[str, ...], ...]

LOST: Final[Plot] = (
    (
        "Once upon a time there was a {trait} {hero} named {name}, who lived {place}.",
        "{place_up} lived a {trait} {hero}. {Their} name was {name}.",
        "There once was a {hero} called {name}, who lived {place}.",
    ),
    (
        "{name} had {a_object} and loved it more than anything else.",
        "The thing that {name} liked best was {their} {object}.",
        "Every day {name} played with {a_object} that had belonged to {their} grandmother.",
    ),
    (
        "{weather} the {object} was gone.",
        "{weather} {name} woke up, and the {object} was not there any more.",
        "{weather} {they} looked for the {object} and could not find it.",
    ),
    (
        "{They} looked under the bed, behind the door and in the grass, but it was nowhere.",
        "{name} searched every corner until {their} feet were tired.",
        "{They} asked everybody, but nobody had seen it.",
    ),
    (
        'Then {they} met {friend_a} named {pal}. "I will help you," said {pal}.',
        "At last {pal} the {friend} came by and asked why {they} looked so sad.",
        '"Do not cry," said {pal}, {friend_a} who lived next door. "Two can search better than one."',
    ),
    (
        "Together they followed small tracks to a hollow tree, and there lay the {object}.",
        "They walked back the whole way, step by step, and found the {object} between two stones.",
        "They looked where nobody had looked before: the {object} was hanging on a branch, high above.",
    ),
    (
        "{name} laughed and hugged {pal}. From that day on they were friends.",
        '"A friend is worth more than {a_object}," said {name}, and they had cake together.',
        "{name} thanked {pal}, and in the evening they told the story to everybody.",
    ),
)
STORM: Final[Plot] = (
    (
        "{name} was a {trait} {hero} who lived {place}.",
        "Long ago a {trait} {hero} named {name} lived {place}.",
        "This is the story of {name}, a {hero} who lived {place}.",
    ),
    (
        "{weather} a great storm came up.",
        "{weather} the sky turned black and it began to thunder.",
        "{weather} the wind blew harder and harder.",
    ),
    (
        "{name} was afraid, but then {they} heard a voice calling for help.",
        "{They} wanted to hide, but somebody outside was calling.",
        "Through the rain {they} heard somebody cry.",
    ),
    (
        "It was {pal}, {friend_a}, who had lost the way in the dark.",
        "Outside stood {pal} the {friend}, wet and cold and far from home.",
        "{pal}, {a_trait_friend}, could not find the way home.",
    ),
    (
        "{name} took a lantern and went out to bring {pal} in.",
        "{name} called as loudly as {they} could, until {pal} found the door.",
        "{They} opened the door wide and put a light in the window.",
    ),
    (
        "They sat by the fire, drank hot tea and waited until the storm was over.",
        "Inside it was warm, and they told each other stories all night.",
        "They shared bread and soup while the rain fell on the roof.",
    ),
    (
        'In the morning the sun shone, and {pal} said, "You are braver than you think."',
        "When the sun came up, neither of them was afraid of storms any more.",
        "The next day {name} put a lamp in the window, so that nobody would ever get lost again.",
    ),
)
WISH: Final[Plot] = (
    (
        "There was once a {hero} named {name} who lived {place} and had a big dream.",
        "{place_up} lived {name}, a {trait} {hero} with one great wish.",
        "{name} the {hero} lived {place}. {They} dreamed the same dream every night.",
    ),
    (
        "{They} wanted to {wish}.",
        "More than anything {they} wished to {wish}.",
        '"One day I will {wish}," {they} told everybody.',
    ),
    (
        'The others laughed. "A {hero} cannot do that," they said.',
        '"That is not for you," said the neighbours.',
        "Nobody believed that it could be done.",
    ),
    (
        "But {name} tried a little every day, in sun and in rain.",
        "{name} did not give up. {They} practised each morning before breakfast.",
        "So {name} began in secret, with small steps.",
    ),
    (
        '{weather} {pal} the {friend} saw it and said, "You need only a little help."',
        "{weather} {they} met {pal}, {a_trait_friend}, who showed {them} how it is done.",
        "{weather} {pal} the {friend} gave {them} {a_object} for luck.",
    ),
    (
        "Then the day came, and {name} did it: {they} could {wish}.",
        "{name} took a deep breath, tried once more, and it worked.",
        "And suddenly, on the hundredth try, {they} could {wish}.",
    ),
    (
        "Everybody cheered, and nobody laughed any more.",
        '"I only had to go on," said {name}, and smiled.',
        "Since then {name} helps others who have a dream.",
    ),
)
SECRET: Final[Plot] = (
    (
        "{name} was a {trait} {hero}. {They} lived {place}.",
        "A {trait} {hero} named {name} lived {place}.",
        "Once there lived a {hero} {place}, and {their} name was {name}.",
    ),
    (
        "{weather} {they} found {a_object} under the stairs.",
        "{weather} {they} dug in the ground and found {a_object}.",
        "{weather} {a_object} lay in front of the door, with no name on it.",
    ),
    (
        "It shone a little, as if it had a secret.",
        "When {they} touched it, it began to hum.",
        "On it stood in tiny letters: bring me home.",
    ),
    (
        "{name} showed it to {pal}, {friend_a} who knew many old stories.",
        "{They} took it to {pal} the {friend}, who was very wise.",
        "{pal} the {friend} looked at it for a long time.",
    ),
    (
        '"It belongs to the old woman on the hill," said {pal}. "She has been looking for it for years."',
        '"This was lost before we were born," said {pal}. "Let us bring it back."',
        '"Somebody misses this," said {pal}. "We should find out who it is."',
    ),
    (
        "So they walked up the hill, over the bridge and through the high grass.",
        "They went a whole day, and asked at every door.",
        "They crossed the water in a small boat and knocked at the last house.",
    ),
    (
        "The old woman wept for joy and gave each of them a warm cake.",
        "There they were thanked with a song, and {name} was proud to have brought it back.",
        "The {object} was home again, and {name} had a new friend on the hill.",
    ),
)
SHARE: Final[Plot] = (
    (
        "{name} the {hero} lived {place} and had the best {food} of all.",
        "{place_up} lived a {trait} {hero} named {name}, who made the best {food} far and wide.",
        "Once a {hero} named {name} lived {place}. {Their} {food} were famous.",
    ),
    (
        "But {name} wanted to keep them all for {themself}.",
        "{They} locked the door, so that nobody else could have any.",
        '"They are mine alone," {they} used to say.',
    ),
    (
        "{weather} {pal}, a hungry {friend}, knocked at the door.",
        "{weather} {pal} the {friend} asked for just one.",
        "{weather} a hungry {friend} called {pal} stood outside.",
    ),
    (
        '"No," said {name}, and shut the door. But then the {food} did not taste good any more.',
        "{name} said no. That night {they} could not sleep.",
        "{name} sent {pal} away, and felt very alone.",
    ),
    (
        "In the morning {they} took a full basket and went to find {pal}.",
        'So {they} ran after {pal} and called, "Come back, there is enough for two!"',
        "The next day {they} put a big table in front of the house.",
    ),
    (
        "They ate together and laughed until the stars came out.",
        "Soon everybody came, and each brought something to eat.",
        "Never had the {food} tasted so good.",
    ),
    (
        '"Shared is better than kept," said {name}.',
        "From then on {name}'s door was always open.",
        "Since that day they meet every week and share what they have.",
    ),
)
RACE: Final[Plot] = (
    (
        "Every year there was a great race {place}.",
        "{place_up} everybody waited for the day of the big race.",
        "It was the day of the race {place}.",
    ),
    (
        "{name}, a {trait} {hero}, wanted to win it at last.",
        "A {hero} named {name} had trained for it all year.",
        "This time {name} the {hero} took part for the first time.",
    ),
    (
        "At first {they} was slow, but then {they} passed one after the other.",
        "{They} ran as fast as {they} could and was soon in front.",
        "When the bell rang, {name} ran off like the wind.",
    ),
    (
        "Just before the end {they} saw {pal} the {friend}, who had fallen and hurt a leg.",
        "Then {they} heard a cry: {pal} the {friend} had fallen into a ditch.",
        "Near the last bridge {pal}, {friend_a}, sat on the ground and could not go on.",
    ),
    (
        "{name} stopped. The others ran by, but {they} did not care.",
        "{name} could still win. But {they} turned round and went back.",
        '"Run on!" said {pal}. But {name} shook {their} head.',
    ),
    (
        "{They} helped {pal} up, and they walked to the end together, as the last of all.",
        "Side by side they came to the finish, slow and tired.",
        "With {pal} on {their} back {name} came in last.",
    ),
    (
        "And yet everybody clapped louder for them than for the winner.",
        'The winner came to them and gave {name} the prize. "You won something better," said the winner.',
        "{name} got no prize that day, but a friend for life.",
    ),
)
PLOTS: Final[dict[str, Plot]] = {
    "lost": LOST,
    "storm": STORM,
    "wish": WISH,
    "secret": SECRET,
    "share": SHARE,
    "race": RACE,
}
WISHES: Final = [
    "fly like a bird",
    "see the sea",
    "sing in front of everybody",
    "climb the highest hill",
    "build a boat",
    "dance on the ice",
    "read all the books in the world",
    "touch the moon",
    "swim across the lake",
    "play the violin",
    "count all the stars",
    "bake the biggest cake",
    "paint the sky",
]
FOODS: Final = ["apples", "berries", "cakes", "nuts", "pancakes", "cookies", "pears", "plums", "buns", "cherries"]

PROMPTS: Final = (
    "Tell me a story about {a_hero}",
    "Tell me a story about {a_hero}.",
    "tell me a story about {a_hero}",
    "Tell me a short story about {a_hero}",
    "Write a short story about {a_hero}.",
    "Write a story about {a_hero}",
    "write me a story about {a_hero}",
    "Can you tell me a story about {a_hero}?",
    "I would like to hear a story about {a_hero}",
    "A story about {a_hero}, please",
    "story about {a_hero}",
    "Make up a story about {a_hero} named {name}.",
    "Tell me a story about {name} the {hero}",
    "Tell a story in which {a_hero} lives {place}.",
    "Write a little story about {a_hero} and {friend_a}",
    "Tell me a story about {a_hero} and {a_object}",
    "please tell a bedtime story about {a_hero}",
    "Tell my child a story about {a_hero}",
    "a tale of {a_hero} {place}",
)
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
)


@dataclass(frozen=True, slots=True)
class Tale:
    """A composed story and how somebody asks for it."""

    prompt: str
    text: str
    plot: str


def article(noun: str) -> str:
    """The noun with "a" or "an"."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def compose(dice: random.Random) -> Tale:
    """One story."""
    plot = dice.choice(sorted(PLOTS))
    hero, friend = dice.sample(HEROES, 2)
    they = "she" if hero in {"girl", "queen"} else "he" if hero in {"boy", "king"} else dice.choice(["she", "he"])
    name = dice.choice(NAMES[they])
    pal = dice.choice([each for each in NAMES["she"] + NAMES["he"] if each != name])
    where = dice.choice(sorted(PLACES))
    words = {
        "hero": hero,
        "a_hero": article(hero),
        "friend": friend,
        "friend_a": article(friend),
        "a_trait_friend": article(f"{dice.choice(TRAITS)} {friend}"),
        "name": name,
        "pal": pal,
        "they": they,
        "They": they.capitalize(),
        "them": {"she": "her", "he": "him"}[they],
        "their": {"she": "her", "he": "his"}[they],
        "Their": {"she": "Her", "he": "His"}[they],
        "themself": {"she": "herself", "he": "himself"}[they],
        "place": PLACES[where],
        "place_up": PLACES[where][0].upper() + PLACES[where][1:],
        "trait": dice.choice(TRAITS),
        "weather": dice.choice(WEATHER),
        "wish": dice.choice(WISHES),
        "food": dice.choice(FOODS),
    }
    words["object"] = dice.choice(OBJECTS)
    words["a_object"] = article(words["object"])
    text = " ".join(dice.choice(step).format(**words) for step in PLOTS[plot])
    for noun in ("old", "island", "evening"):
        text = text.replace(f" a {noun} ", f" an {noun} ")
    prompts = OPEN_PROMPTS if dice.random() < 0.2 else PROMPTS
    prompt = dice.choice(prompts)
    named = "{a_object}" in prompt and words["object"] not in text, "{friend_a}" in prompt and friend not in text
    if any(named) or ("{place}" in prompt and words["place"].lower() not in text.lower()):
        prompt = PROMPTS[0]
    return Tale(prompt.format(**words), text, plot)


def tales(count: int, seed: int) -> list[Tale]:
    """So many stories, no two with the same text."""
    dice = random.Random(seed)  # noqa: S311 - nothing secret
    made: dict[str, Tale] = {}
    while len(made) < count:
        tale = compose(dice)
        made.setdefault(tale.text, tale)
    return list(made.values())
