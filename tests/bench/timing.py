"""Two ways of doing a thing, measured side by side in one run."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

WARM_UP = 2


@dataclass(frozen=True)
class Compared:
    """What the product does against what it is measured by; medians in milliseconds."""

    name: str
    product: float
    measure: float
    aim: float | None = None

    @property
    def ratio(self) -> float:
        return self.product / self.measure


def side_by_side(
    name: str,
    product: Callable[[], object],
    measure: Callable[[], object],
    *,
    rounds: int,
    aim: float | None = None,
) -> Compared:
    """Do the one, then the other, and again, so that whatever else the machine does strikes both alike."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(WARM_UP + rounds):
        for action, times in zip((product, measure), took, strict=True):
            began = perf_counter()
            action()
            if number >= WARM_UP:
                times.append((perf_counter() - began) * 1000)
    return Compared(name, median(took[0]), median(took[1]), aim)


def table(before: list[Compared], after: list[Compared]) -> str:
    """Show what was measured in the end, and beside it the ratio before the history grew.

    Ratios can be compared between two moments, times cannot: who knows what else the machine did.
    """
    lines = [f"{'':44}{'product':>10}{'measure':>10}{'ratio':>8}{'before':>8}{'aim':>6}"]
    for first, then in zip(before, after, strict=True):
        aim = f"≤ {then.aim:g}" if then.aim else ""
        verdict = "  missed" if then.aim and then.ratio > then.aim else ""
        lines.append(
            f"{then.name:44}{then.product:>7.1f} ms{then.measure:>7.1f} ms"
            f"{then.ratio:>8.2f}{first.ratio:>8.2f}{aim:>6}{verdict}"
        )
    return "\n".join(lines)


def by_size(sizes: dict[int, tuple[int, Compared]]) -> str:
    """Show the same search in cities of several sizes. Ratios that stay alike mean that it is linear."""
    lines = [
        f"{'spaces':>8}{'matching':>10}{'product':>12}{'measure':>12}{'ratio':>8}{'per match':>12}{'aim':>7}"
    ]
    for spaces, (matching, took) in sizes.items():
        aim = f"≤ {took.aim:g}" if took.aim else ""
        verdict = "  missed" if took.aim and took.ratio > took.aim else ""
        lines.append(
            f"{spaces:>8,}{matching:>10,}{took.product:>9.1f} ms{took.measure:>9.1f} ms{took.ratio:>8.2f}"
            f"{took.product / matching * 1000:>9.1f} µs{aim:>7}{verdict}"
        )
    return "\n".join(lines)
