"""What panels do with the answers of their queries before they draw them."""

from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

# One field out of all: the values of the same time, added.
ADDED = [
    DataTransformerConfig(id_val="joinByField", options={"byField": "Time", "mode": "outer"}),
    DataTransformerConfig(
        id_val="calculateField",
        options={"mode": "reduceRow", "reduce": {"reducer": "sum"}, "replaceFields": True, "alias": "n"},
    ),
]


def merged() -> DataTransformerConfig:
    """Return the transformation that puts the answers of several queries into one table."""
    return DataTransformerConfig(id_val="merge", options={})
