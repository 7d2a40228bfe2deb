"""report.html: an evaluation as one page that needs nothing else, neither network nor script; it fits a phone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from answers import Answers
from charts import Point, chart, legend
from dataset import LABELS, Review
from figures import best_threshold, calibration, precision_recall, scores, segments

NAMES = {-1: "negative", 0: "neutral", 1: "positive"}
EXAMPLES = 3  # of each kind of error
SHOWN = 400  # characters of a review
STYLE = Path(__file__).with_name("page.css")


@dataclass(frozen=True)
class Evaluated:
    """One model with what it answered and how it did; `verdict` None: nothing is asked of it (the champion)."""

    name: str
    answers: Answers
    figures: Mapping[str, Any]
    passed: bool | None
    verdict: str


def page(models: Sequence[Evaluated], reviews: Sequence[Review]) -> str:
    counts = ", ".join(f"{sum(review.label == label for review in reviews):,} {NAMES[label]}" for label in LABELS)
    body = [
        "<h1>Evaluation of the review models</h1>",
        f"<p>{len(reviews):,} reviews of the test split: {counts}. No model has learned from them.</p>",
        _summary(models),
        *(_model(model, reviews) for model in models),
        _segments(models, reviews),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # What a review says is data: even if it were ever taken for markup, nothing could run or be fetched.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Evaluation of the review models</title><style>{STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body>{''.join(body)}</body></html>\n"
    )


def _summary(models: Sequence[Evaluated]) -> str:
    rows = []
    for model in models:
        figures, kind = model.figures, {True: "good", False: "bad", None: ""}[model.passed]
        rows.append(
            [
                escape(model.name),
                f'<span class="{kind}">{escape(model.verdict)}</span>',
                f"{figures['macro_f1']:.4f}",
                f"{figures['accuracy']:.4f}",
                *(f"{figures['per_class'][str(label)]['f1']:.3f}" for label in LABELS),
                f"{model.answers.archive_bytes / 1e6:.2f} MB",
            ]
        )
    head = ["model", "verdict", "macro-F1", "accuracy", *(f"F1 {NAMES[label]}" for label in LABELS), "model.tar.gz"]
    return "<h2>Summary</h2>" + _table(head, rows)


def _model(model: Evaluated, reviews: Sequence[Review]) -> str:
    parts = [f"<h2>{escape(model.name)}</h2>", _confusion(model.figures)]
    if model.answers.probabilities is None:
        parts.append('<p class="note">It answers without probabilities, so there are no curves.</p>')
    else:
        parts.append(_curves(model, reviews))
        parts.append(_thresholds(model, reviews))
    return "".join([*parts, _errors(model, reviews)])


def _confusion(figures: Mapping[str, Any]) -> str:
    rows = []
    for label, counts in zip(LABELS, figures["confusion_matrix"]["rows"], strict=True):
        total = max(1, sum(counts))
        cells = [f'<td class="cell" style="--share:{n / total:.2f}">{n:,}<br>{n / total:.0%}</td>' for n in counts]
        its = figures["per_class"][str(label)]
        rows.append(
            f"<tr><th>{NAMES[label]}</th>{''.join(cells)}<td>{its['precision']:.3f}</td><td>{its['recall']:.3f}</td></tr>"
        )
    head = "".join(f"<th>called {NAMES[label]}</th>" for label in LABELS)
    return (
        "<h3>Confusion matrix</h3>"
        f'<div class="scroll"><table><thead><tr><th>rated</th>{head}<th>precision</th><th>recall</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _curves(model: Evaluated, reviews: Sequence[Review]) -> str:
    recall_lines: dict[str, Sequence[Point]] = {}
    calibration_lines: dict[str, Sequence[Point]] = {}
    for label, truth, probability in _classes(model, reviews):
        recall_lines[NAMES[label]] = precision_recall(truth, probability)
        calibration_lines[NAMES[label]] = [(mean, share) for mean, share, _ in calibration(truth, probability)]
    return (
        f"<h3>Curves</h3>{legend([NAMES[label] for label in LABELS])}"
        f'<div class="charts"><figure>{chart("Precision and recall", "recall", "precision", recall_lines)}'
        "<figcaption>Precision and recall of each class against the others, for every threshold.</figcaption></figure>"
        f"<figure>{chart('Calibration', 'probability given', 'share observed', calibration_lines, diagonal=True)}"
        "<figcaption>Calibration: of the reviews given a probability of 0.7, 70 % should be of the class. A line below "
        "the diagonal is too sure. Class weights make a model too ready to say negative and neutral.</figcaption>"
        "</figure></div>"
    )


def _thresholds(model: Evaluated, reviews: Sequence[Review]) -> str:
    rows = []
    for label, truth, probability in _classes(model, reviews):
        best, now = best_threshold(truth, probability), model.figures["per_class"][str(label)]
        found = (f"{best[name]:.3f}" for name in ("threshold", "precision", "recall", "f1"))
        rows.append([NAMES[label], *found, *(f"{now[name]:.3f}" for name in ("precision", "recall", "f1"))])
    head = ["class", "best threshold", "precision", "recall", "F1", "precision now", "recall now", "F1 now"]
    return (
        "<h3>Choice of a threshold</h3>" + _table(head, rows) + '<p class="note">Best: for asking about one class '
        "alone, the probability from which on calling a review that class gives the best F1. Now: the most probable "
        "class, as the endpoint answers. A threshold chosen on this split flatters itself a little on it.</p>"
    )


def _errors(model: Evaluated, reviews: Sequence[Review]) -> str:
    """The surest errors of each true class."""
    sure = _sureness(model.answers)
    rows = []
    for label in LABELS:
        wrong = [n for n, review in enumerate(reviews) if review.label == label != model.answers.labels[n]]
        for number in sorted(wrong, key=lambda number: (-sure[number], number))[:EXAMPLES]:
            review, called = reviews[number], NAMES[model.answers.labels[number]]
            text = review.text if len(review.text) <= SHOWN else review.text[:SHOWN].rsplit(" ", 1)[0] + " …"
            words = f"<strong>{escape(review.title)}</strong> {escape(text)}"
            rows.append((words, NAMES[label], called, f"{sure[number]:.2f}"))
    if not rows:
        return "<h3>Errors</h3><p>None.</p>"
    cells = "".join(
        f'<tr><td class="text">{words}</td><td data-name="rated">{rated}</td><td data-name="called">{called}</td>'
        f'<td data-name="probability">{sureness}</td></tr>'
        for words, rated, called, sureness in rows
    )
    return (
        "<h3>Errors it was surest of</h3>"
        '<div class="scroll"><table class="errors"><thead><tr><th>review</th><th>rated</th><th>called</th>'
        f"<th>probability</th></tr></thead><tbody>{cells}</tbody></table></div>"
    )


def _segments(models: Sequence[Evaluated], reviews: Sequence[Review]) -> str:
    parts = ["<h2>Parts of the test split</h2>"]
    head_of_models = [f"{escape(model.name)}: {figure}" for model in models for figure in ("accuracy", "macro-F1")]
    for kind, rows_of in segments(list(reviews)).items():
        rows = []
        for name, numbers in rows_of.items():
            labels = [reviews[number].label for number in numbers]
            cells = [escape(name), f"{len(numbers):,}"]
            for model in models:
                figures = scores(labels, [model.answers.labels[number] for number in numbers])
                # Within one rating there is one class, of which a mean over three says nothing.
                whole = len(set(labels)) == len(LABELS)
                cells += [f"{figures['accuracy']:.3f}", f"{figures['macro_f1']:.3f}" if whole else "–"]  # noqa: RUF001
            rows.append(cells)
        parts.append(f"<h3>By {kind}</h3>" + _table([kind, "reviews", *head_of_models], rows))
    return "".join(parts)


def _classes(model: Evaluated, reviews: Sequence[Review]) -> Iterable[tuple[int, Any, Any]]:
    """Each label that occurs with which reviews are of it, and its probabilities."""
    labels, probabilities = np.array([review.label for review in reviews]), model.answers.probabilities
    if probabilities is not None:
        for index, label in enumerate(LABELS):
            if (labels == label).any():
                yield label, labels == label, probabilities[:, index]


def _sureness(answers: Answers) -> list[float]:
    """The probability of the label that is answered; 1 where there are no probabilities."""
    if answers.probabilities is None:
        return [1.0] * len(answers.labels)
    chosen = [LABELS.index(label) for label in answers.labels]
    return [float(row[index]) for row, index in zip(answers.probabilities, chosen, strict=True)]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Of cells that are HTML already."""
    heads = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
