"""Which reviews train, validate and test, and what each weighs: by rank in the order of their hashes, class by class.

The order of the hashes is a shuffle that needs no memory and that a review keeps when more data arrives: it changes its
split only near a cut, so a model of last month has hardly seen what is tested today.
"""

from collections.abc import Callable
from dataclasses import dataclass

from dataset import LABELS
from job import fail
from sorted_run import class_of, unweighted

SPLITS = ("train", "validation", "test")
RATINGS_OF_LABEL = {-1: "1 or 2", 0: "3", 1: "4 or 5"}


@dataclass(frozen=True, slots=True)
class Cut:
    """What becomes of one class: the first `tested` reviews test, the next `validated` validate, the others train."""

    tested: int
    validated: int
    trained: int  # reviews left to train
    size: int  # rows of train to make of them
    weight: float  # of each of these rows

    def rows(self) -> dict[str, int]:
        """How many rows each split gets of the class."""
        return {"train": self.size, "validation": self.validated, "test": self.tested}

    def place(self, rank: int) -> str:
        """The split of the review of that rank."""
        if rank < self.tested:
            return "test"
        return "validation" if rank < self.tested + self.validated else "train"

    def copies(self, rank: int) -> int:
        """How often the review of that rank among those left to train is written."""
        return self.size // self.trained + (rank < self.size % self.trained)


def cuts_of(counts: list[int], validation: float, test: float, balance: str) -> list[Cut]:
    """One for each class, with at least one review of it in each split; `counts` are the distinct reviews of each."""
    tested, validated = ([max(1, round(count * fraction)) for count in counts] for fraction in (test, validation))
    trained = [count - held - out for count, held, out in zip(counts, tested, validated, strict=True)]
    for label, count, left in zip(LABELS, counts, trained, strict=True):
        if left < 1:
            fail(
                f"class {label} (rating {RATINGS_OF_LABEL[label]}) has {count} distinct reviews with text, too "
                f"few for train, validation and test; it needs at least {len(SPLITS)}. Add reviews with that rating."
            )
    sizes, weights = BALANCERS[balance](trained)
    return list(map(Cut, tested, validated, trained, sizes, weights))


# Train's rows of each class and what each row weighs. Validation and test keep the world's own proportions: they
# measure, they do not teach.
Balance = tuple[list[int], list[float]]
BALANCERS: dict[str, Callable[[list[int]], Balance]] = {
    # Every class the same total, with a mean of 1.
    "weight": lambda trained: (trained, [sum(trained) / (len(trained) * count) for count in trained]),
    # Reviews of the smaller classes again and again until all classes are as large as the largest.
    "oversample": lambda trained: ([max(trained)] * len(trained), [1.0] * len(trained)),
    "undersample": lambda trained: ([min(trained)] * len(trained), [1.0] * len(trained)),
    "none": lambda trained: (trained, [1.0] * len(trained)),
}


def assigned(reviews: bytes, ranks: list[int], counts: list[int], cuts: list[Cut]) -> dict[str, bytes]:
    """The lines of JSON of each split that gets any.

    `reviews` are distinct records without their hashes, in the order of these; `counts` says how many there are of each
    class, `ranks` how many of each come before them.
    """
    places = {
        cut.place(rank) if cut.place(rank) == cut.place(rank + count - 1) else ""
        for cut, rank, count in zip(cuts, ranks, counts, strict=True)
        if count
    }
    plain = all(cut.size == cut.trained for cut in cuts)
    # The order of the hashes is the same for all classes, so nearly every part falls into one split as a whole.
    if len(places) == 1 and (plain or "train" not in places) and "" not in places:
        return {name: _weighed(reviews, name, cuts) for name in places}
    return _one_by_one(reviews.splitlines(keepends=True), ranks, cuts)


def _one_by_one(reviews: list[bytes], ranks: list[int], cuts: list[Cut]) -> dict[str, bytes]:
    ranks = list(ranks)
    lines: dict[str, list[bytes]] = {name: [] for name in SPLITS}
    for review in reviews:
        index = class_of(review)
        cut, rank = cuts[index], ranks[index]
        ranks[index] += 1
        name = cut.place(rank)
        lines[name] += [review] * (cut.copies(rank - cut.tested - cut.validated) if name == "train" else 1)
    return {name: _weighed(b"".join(its), name, cuts) for name, its in lines.items() if its}


def _weighed(reviews: bytes, name: str, cuts: list[Cut]) -> bytes:
    """Writes the weights where the classes stand; validation and test are not weighed."""
    for index, cut in enumerate(cuts):
        # Only the end of a record can look so: within it, a line break is written `\n`.
        weight = cut.weight if name == "train" else 1.0
        reviews = reviews.replace(unweighted(index), f', "weight": {weight!r}}}\n'.encode())
    return reviews
