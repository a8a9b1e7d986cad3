"""The rules of `chiso.validation.history` as Great Expectations' own: importing this makes them known to it.

Each is an expectation on unexpected rows whose SQL is filled in from the suite (`chiso source suite`), with words of its own for
Data Docs. Imports the library.
"""

from typing import Any

from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
from great_expectations.render.components import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer


class _AgainstHistory(UnexpectedRowsExpectation):
    """A figure against the unit's earlier ones. column: whose; unexpected_rows_query: what breaks it."""

    column: str

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **_: Any) -> Any:
        config = configuration or result.expectation_config
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template", string_template={"template": cls._words, "params": dict(config.kwargs)}
            )
        ]

    _words = ""


class ExpectColumnGrowthToBeWithin(_AgainstHistory):
    """Grows or shrinks by no more than a share of the last period's figure."""

    max_share: float
    at_least: float = 0
    _words = "$column must differ from the unit's last figure by no more than $max_share of it."


class ExpectColumnValuesToHaveNoSlip(_AgainstHistory):
    """Is neither about ten or a thousand times the last period's figure, nor a tenth or thousandth of it."""

    at_least: float = 10
    _words = "$column must not be about 10 or 1000 times, or a tenth or thousandth, of the unit's last figure."


class ExpectColumnRobustZToBeWithin(_AgainstHistory):
    """Lies within so many robust standard deviations (median and MAD) of the unit's earlier figures."""

    max_z: float
    least_periods: int = 5
    least_share: float = 0.2
    _words = "$column must lie within $max_z robust standard deviations of the unit's earlier figures."
