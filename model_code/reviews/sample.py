"""Writes a small CSV of synthetic clothing reviews, for a first run without data of one's own.

    python sample.py --out /tmp/reviews/raw/sample.csv --rows 1500 --seed 7

The columns are those of the public "Women's E-Commerce Clothing Reviews"; every phrase is ours. Standard library only.
Some rows have no text, and some customers rate other than they write, so no model can score 100 %.
"""

import argparse
import csv
import random
from pathlib import Path

COLUMNS = (
    "",
    "Clothing ID",
    "Age",
    "Title",
    "Review Text",
    "Rating",
    "Recommended IND",
    "Positive Feedback Count",
    "Division Name",
    "Department Name",
    "Class Name",
)
# Class -> department and what a customer calls the piece.
CLASSES = {
    "Dresses": ("Dresses", ("dress", "midi dress", "wrap dress", "shift dress")),
    "Knits": ("Tops", ("knit top", "tee", "henley")),
    "Blouses": ("Tops", ("blouse", "button-up", "tunic")),
    "Sweaters": ("Tops", ("sweater", "cardigan", "pullover")),
    "Pants": ("Bottoms", ("trousers", "wide-leg pants", "joggers")),
    "Jeans": ("Bottoms", ("jeans", "high-rise jeans")),
    "Skirts": ("Bottoms", ("skirt", "pleated skirt")),
    "Jackets": ("Jackets", ("jacket", "blazer", "short coat")),
    "Sleep": ("Intimate", ("pajama set", "robe")),
}
DIVISIONS = ("General", "General Petite", "Intimates")
COLOURS = ("navy", "rust", "olive", "cream", "charcoal", "plum", "teal", "mustard")
OCCASIONS = ("the office", "a weekend trip", "my sister's wedding", "school runs", "dinner with friends", "a flight")
RATINGS, RATING_WEIGHTS = (1, 2, 3, 4, 5), (9, 13, 20, 23, 35)

TITLES = {
    "bad": ("Sent it straight back", "What a letdown", "Not worth the money", "Poorly made", "Disappointed", "Skip it"),
    "mixed": ("Has its ups and downs", "Nearly right", "On the fence", "Okay for the price", "Almost", "So-so"),
    "good": ("A new favorite", "So glad I bought it", "Beautifully made", "Even better in person", "A keeper"),
    "plain": ("My thoughts", "About the fit", "After a few wears", "First order here", "A note on sizing"),
}
OPENINGS = (
    "I ordered the {piece} in {colour} for {occasion}.",
    "Bought this {piece} to wear to {occasion}.",
    "I had my eye on the {colour} {piece} for weeks!",
    "My usual size is a {size}, and I got the {piece} in {colour}.",
    "At 5'{inches}\" I wear a {size} in most things.",
    "The {colour} one arrived within {days} days.",
)
PHRASES = {
    "bad": (
        "The fabric is scratchy and so thin you can see through it.",
        "A seam ripped the {nth} time I wore it.",
        "It hangs like a sack and hides any shape I have.",
        "The zipper broke within {days} days.",
        "It shrank {inches} inches in a cold wash.",
        "The color looks cheap and nothing like the picture.",
        "I returned it the same day.",
        "The stitching came loose and the hem was crooked.",
        "It smelled of chemicals even after {days} washes.",
        "What a waste of {price} dollars.",
    ),
    "mixed": (
        "The color is nice, but the cut is boxy on me.",
        "It is fine, just not special enough for {price} dollars.",
        "I like the idea more than how it sits on my shoulders.",
        "The sleeves run long while the waist is snug.",
        "I am still deciding whether to keep it.",
        "Pretty print, though the material wrinkles in {days} minutes.",
        "It might work better on someone taller.",
        "Good for lounging, less so for {occasion}.",
        "The top half fits, the bottom half is a bit wide.",
        "I would wait for a sale.",
    ),
    "good": (
        "The fabric is soft and drapes beautifully.",
        "It fits like it was made for me.",
        "I got {days} compliments the {nth} time I wore it.",
        "It washed well and kept its shape.",
        "The color is rich and exactly as pictured.",
        "So comfortable that I ordered a second one in {colour}.",
        "The quality is well worth {price} dollars.",
        "It is flattering without clinging.",
        "Easy to dress up for {occasion}.",
        "I reach for it every week.",
    ),
    "plain": (
        "The length hits just below the knee.",
        "It has pockets and a hidden zip.",
        "I paired it with flats and a {colour} bag.",
        "The tag says to wash it cold.",
        "I am {inches} months postpartum, for reference.",
        "The model in the photo is taller than I am.",
        "Shipping took {days} days.",
        "I wore it to {occasion}.",
    ),
}
TONE_OF_RATING = {1: "bad", 2: "bad", 3: "mixed", 4: "good", 5: "good"}
TONES = ("bad", "mixed", "good")
STRAY_TONE = 0.30  # share of phrases and titles that say something else than the rating does
STRAY_REVIEW = 0.06  # share of customers whose words and stars disagree altogether
WITHOUT_TEXT = 0.03
WITHOUT_TITLE = 0.15


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--rows", type=int, default=1500)
    arguments.add_argument("--seed", type=int, default=7)
    options = arguments.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    choice = random.Random(options.seed)  # noqa: S311  # nosec B311 # jitter and repeatable samples, nothing secret
    with options.out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row(number, choice) for number in range(options.rows))
    print(f"wrote {options.out}: {options.rows} synthetic reviews")


def row(number: int, choice: random.Random) -> tuple[object, ...]:
    class_name = choice.choice(sorted(CLASSES))
    department, pieces = CLASSES[class_name]
    (rating,) = choice.choices(RATINGS, RATING_WEIGHTS)
    tone = TONE_OF_RATING[rating] if choice.random() > STRAY_REVIEW else choice.choice(TONES)
    title = "" if choice.random() < WITHOUT_TITLE else choice.choice(TITLES[said(tone, choice)])
    text = "" if choice.random() < WITHOUT_TEXT else review_text(tone, pieces, choice)
    return (
        number,
        choice.randint(700, 1200),
        choice.randint(19, 79),
        title,
        text,
        rating,
        int(rating > 3),
        int(choice.expovariate(0.4)),
        choice.choice(DIVISIONS),
        department,
        class_name,
    )


def review_text(tone: str, pieces: tuple[str, ...], choice: random.Random) -> str:
    phrases = [choice.choice(PHRASES[said(tone, choice)]) for _ in range(choice.randint(2, 4))]
    sentences = [choice.choice(OPENINGS), *dict.fromkeys(phrases)]  # nobody says the same thing twice
    details = {
        "piece": choice.choice(pieces),
        "colour": choice.choice(COLOURS),
        "occasion": choice.choice(OCCASIONS),
        "size": choice.choice(("xs", "small", "medium", "large", "petite small", "14w")),
        "inches": choice.randint(1, 9),
        "days": choice.randint(2, 9),
        "price": choice.randint(3, 20) * 9,
        "nth": choice.choice(("first", "second", "third")),
    }
    separator = "\n\n" if choice.random() < 0.1 else " "
    return separator.join(sentences).format(**details)


def said(tone: str, choice: random.Random) -> str:
    """The tone of one phrase: mostly the review's, now and then another or none."""
    if choice.random() > STRAY_TONE:
        return tone
    return choice.choice((*TONES, "plain", "plain"))


if __name__ == "__main__":
    main()
