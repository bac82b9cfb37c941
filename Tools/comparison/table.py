"""Figures of two builds, side by side."""

import dataclasses
import statistics

# How much slower the new build may be.
ALLOWED = 1.05


@dataclasses.dataclass
class Figure:
    """One line: a value of each build for each round."""

    name: str
    unit: str
    old: list = dataclasses.field(default_factory=list)
    new: list = dataclasses.field(default_factory=list)
    is_rate: bool = False  # more is better
    aim: float | None = None  # what the ratio should reach at best

    def ratio(self):
        """New ÷ old in cost: above 1 is worse, for rates too. The median over the rounds, each beside its twin."""
        pairs = [(old, new) for old, new in zip(self.old, self.new) if old > 0 and new > 0]
        return statistics.median(old / new if self.is_rate else new / old for old, new in pairs)

    def spread(self):
        """Half the range of the rounds, in parts of their median; the larger of both builds."""
        return max((max(side) - min(side)) / 2 / statistics.median(side) for side in (self.old, self.new))

    def overlaps(self):
        """Whether some round of the new build was as good as some of the old one."""
        return min(self.new) <= max(self.old) and min(self.old) <= max(self.new)

    def verdict(self):
        ratio = self.ratio()
        if ratio <= ALLOWED:
            reached = self.aim is not None and ratio > self.aim
            return f"ok, aim {self.aim:g} missed" if reached else "ok"
        return "within noise" if self.overlaps() else "SLOWER"


def number(value):
    """Three digits that matter."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(figures):
    """The lines of the table."""
    yield f"{'':46}{'old':>10}{'new':>10}  {'':4}{'ratio':>7}{'spread':>9}  verdict"
    for figure in figures:
        old, new = (number(statistics.median(side)) for side in (figure.old, figure.new))
        yield (f"{figure.name:46}{old:>10}{new:>10}  {figure.unit:4}{figure.ratio():>7.2f}{figure.spread():>8.0%}  "
               f" {figure.verdict()}")
