"""Metrics of predictions, as the field reports them."""

Scores = dict[str, float | None]
"""Metric -> value; None, never NaN, stands for what is undefined."""
