"""Which level of a rollup has what the variables of the dashboard *uWSGI requests* choose.

The conditions compare constants once Grafana has filled in its variables. "All" is not searched for: a regular
expression that fits everything would cost InfluxDB a search for each field.
"""

from collections.abc import Iterator

from logshipper.provision.rollup_points import LEVELS

TAGS = {"host": "host", "route": "route", "method": "method", "status": "status_class"}  # variable -> tag


def chosen(*variables: str) -> str:
    """Return the condition that a point's tags are among the chosen values of these variables."""
    return " AND ".join(f'({all_of(name)} OR "{TAGS[name]}" =~ /^${name}$/)' for name in variables)


def all_of(*variables: str) -> str:
    """Return a condition on constants: "All" is chosen in each of these variables."""
    return f"'{''.join(f'${{{name}:text}}' for name in variables)}' = '{'All' * len(variables)}'"


def single(variable: str) -> str:
    """Return a condition on constants: one value is chosen, as the page writes several in another way than a query."""
    return f"'${{{variable}:text}}' = '${{{variable}:raw}}'"


def no(condition: str) -> str:
    """Return the opposite of a comparison."""
    return condition.replace(" = ", " != ")


CHOSEN = chosen(*TAGS)
UNFILTERED = all_of("host", "status")
FILTERED = no(UNFILTERED)


def level(name: str) -> str:
    """Return the condition for a level's points, among the chosen values of its tags."""
    return " AND ".join([f"\"level\" = '{name}'", *(chosen(var) for var, tag in TAGS.items() if tag in LEVELS[name])])


# Counts and histograms add up, whatever is chosen: take the smallest level that has all tags of the filters.
FULL = level("full")
BY_ROUTE = (
    f"({level('route')} AND {all_of('host', 'method', 'status')} "
    f"OR {level('method')} AND {UNFILTERED} AND {no(all_of('method'))} OR {FULL} AND {FILTERED})"
)
BY_METHOD = f"({level('method')} AND {UNFILTERED} OR {FULL} AND {FILTERED})"
_ANY_STATUS = all_of("host", "route", "method")
BY_STATUS = f"({level('status')} AND {_ANY_STATUS} OR {FULL} AND {no(_ANY_STATUS)})"
OVERALL = (
    f"({level('total')} AND {all_of(*TAGS)} "
    f"OR {level('method')} AND {UNFILTERED} AND {no(all_of('route', 'method'))} OR {FULL} AND {FILTERED})"
)


def stored(*, by_route: bool = False) -> str:
    """Return the condition for the points whose stored percentiles are those of the choice."""
    fitting = (" AND ".join([level(name), *needs]) for name, needs in _levels(by_route))
    return f"({' OR '.join(fitting)})"


def stored_nowhere(*, by_route: bool = False) -> str:
    """Return a condition on constants: no level has stored the percentiles of the choice."""
    return " AND ".join(f"({' OR '.join(no(need) for need in needs)})" for _, needs in _levels(by_route))


def _levels(by_route: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield the levels and what each needs: of its tags one value, of all others "All".

    A graph by route shows whatever routes are chosen.
    """
    for name in ("route", "host_route", "method") if by_route else ("total", "host", "route", "host_route", "method"):
        free = ("route",) if by_route else ()
        asked = [variable for variable in TAGS if variable not in free]
        yield name, [single(one) if TAGS[one] in LEVELS[name] else all_of(one) for one in asked]
