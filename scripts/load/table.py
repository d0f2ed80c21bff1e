"""The rows of the report, as a Markdown table and as JSON."""

import json


class Row:
    """One measured thing. `bar` has to be met, `reach` is hoped for; `most`: both are upper limits, else lower ones."""

    def __init__(self, name, figure, unit, against="", bar=None, reach=None, most=True):
        self.name, self.figure, self.unit, self.against = name, figure, unit, against
        self.bar, self.reach, self.most = bar, reach, most

    def verdict(self):
        if self.bar is None:
            return ""
        def met(limit):
            return limit is not None and (self.figure.value <= limit if self.most else self.figure.value >= limit)
        return "**pass**, reach" if met(self.reach) else "**pass**" if met(self.bar) else "**miss**"

    def limit(self, value):
        return "" if value is None else f"{'≤' if self.most else '≥'} {value:g}"

    def cells(self):
        figure = self.figure
        spread = "" if figure.rounds < 2 else f"{shown(figure.low)} – {shown(figure.high)}"
        return [self.name, f"{shown(figure.value)} {self.unit}".strip(), self.limit(self.bar), self.limit(self.reach), self.verdict(),
                self.against, spread, str(figure.rounds)]

    def data(self):
        figure = self.figure
        return {"name": self.name, "figure": figure.value, "unit": self.unit, "against": self.against, "low": figure.low,
                "high": figure.high, "rounds": figure.rounds, "bar": self.bar, "reach": self.reach, "most": self.most,
                "verdict": self.verdict().replace("*", "") or None}


def shown(value):
    """Three digits that count."""
    if isinstance(value, int) or value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown(rows):
    head = ["", "figure", "bar", "reach", "", "against", "spread", "rounds"]
    lines = [head, ["---"] * len(head), *(row.cells() for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def write_json(path, rows, surroundings):
    with open(path, "w") as file:
        json.dump({"schema": "baws-ci/bench/1", **surroundings, "rows": [row.data() for row in rows]}, file, indent=2)
        file.write("\n")
