"""Plots as SVG, drawn when the site is built; the same data give the same bytes. What a plot shows stands in a table beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO

from chiso.publication.texts import number

Points = Sequence[tuple[date, Decimal]]

_INK, _WAY, _AHEAD = "#0b5394", "#8a5a00", "#1b6e3c"
_SIZE = (7.2, 3.2)


@dataclass(frozen=True)
class Plot:
    """What a plot shows. ahead: the forecast's day, low, value and high."""

    unit: str
    values: Points
    way: Points = ()
    ahead: tuple[date, Decimal, Decimal, Decimal] | None = None

    @property
    def is_worth_it(self) -> bool:
        """Whether there is more to see than a single point."""
        return len(self.values) > 1


def draw(plot: Plot) -> str:
    """The plot as SVG: values, a target's trajectory (dashed), the forecast with its interval."""
    import matplotlib as mpl
    from matplotlib.dates import DateFormatter
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "chiso", "font.family": "sans-serif", "font.size": 10}):
        figure = Figure(figsize=_SIZE, layout="constrained")
        axes = figure.add_subplot()
        _line(axes, plot.values, "Giá trị", color=_INK, marker="o", markersize=3.5)
        if plot.way:
            _line(axes, plot.way, "Lộ trình", color=_WAY, linestyle="--", marker="s", markersize=4)
        if plot.ahead:
            day, low, value, high = plot.ahead
            _line(axes, [(day, low), (day, high)], None, color=_AHEAD, marker="_", markersize=8)
            _line(axes, [(day, value)], "Dự báo (khoảng 80 %)", color=_AHEAD, marker="D", linestyle="none")
        axes.set_ylabel(plot.unit)
        axes.yaxis.set_major_formatter(lambda value, _: number(Decimal(repr(float(value)))))
        axes.xaxis.set_major_formatter(DateFormatter("%m/%Y"))  # type: ignore[no-untyped-call]
        axes.grid(visible=True, color="#d5dbe3", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        if plot.way or plot.ahead:
            axes.legend(loc="best", frameon=False)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()


def _line(axes, points: Points, label: str | None, **look: object) -> None:  # type: ignore[no-untyped-def]
    axes.plot([day for day, _ in points], [float(value) for _, value in points], label=label, linewidth=1.5, **look)
