"""Click parameter types for error rates and finite numbers; both reject "nan" and "inf"."""

import math
from typing import Any

import click


class RateType(click.ParamType[float]):
    """An error rate: above 0 and below 1."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            rate = float(value)
        except (TypeError, ValueError):
            rate = math.nan
        if not 0 < rate < 1:
            self.fail(f"expected a rate above 0 and below 1, such as 0.001, found {value}", param, ctx)
        return rate


class FiniteRange(click.FloatRange):
    """A finite number in a range. Unlike click's type, it rejects "nan" and "inf"."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"expected a finite number, found {value}", param, ctx)
        return number


RATE = RateType()
