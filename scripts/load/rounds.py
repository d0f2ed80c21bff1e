"""Figures taken in turns, and what is made of them: medians, ratios, and how far the rounds lie apart."""

import statistics


def alternate(rounds, *sides):
    """Calls the sides in turn, once unmeasured and then `rounds` times; a list of figures for each."""
    for side in sides:
        side()
    figures = [[] for _ in sides]
    for _ in range(rounds):
        for side, list_of_side in zip(sides, figures):
            list_of_side.append(side())
    return figures


class Figure:
    """A number with its spread: the lowest and the highest round, or of many rounds the middle 80 %."""

    def __init__(self, value, rounds):
        self.value, self.rounds = value, len(rounds)
        ordered = sorted(rounds)
        cut = len(ordered) // 10 if len(ordered) >= 50 else 0
        self.low, self.high = ordered[cut], ordered[-1 - cut]


def median(figures):
    return Figure(statistics.median(figures), figures)


def highest(figures):
    return Figure(max(figures), figures)


def ratio(ours, theirs):
    """The ratio of the medians; its spread is that of the rounds' own ratios."""
    return Figure(statistics.median(ours) / statistics.median(theirs), [one / other for one, other in zip(ours, theirs)])


def difference(ours, theirs):
    return Figure(statistics.median(ours) - statistics.median(theirs), [one - other for one, other in zip(ours, theirs)])


def percentile(figures, part):
    """Nearest rank."""
    ordered = sorted(figures)
    return ordered[max(0, -(-len(ordered) * part // 100) - 1)]
