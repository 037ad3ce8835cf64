"""What a load takes, from measured figures."""

from hypothesis import given
from hypothesis import strategies as st

from logshipper.sizing import Figures, Volume, size_of


def test_a_small_load_takes_one_of_everything() -> None:
    size = size_of(Volume(1000))
    assert (size.databases, size.consumers, size.partitions) == (1, 1, 6)


def test_a_million_lines_a_second() -> None:
    size = size_of(Volume(1_000_000, hosts=2000, uris=300, days=2, replicas=3))
    assert (size.databases, size.consumers) == (50, 50)
    assert (size.shipper_cores, size.telegraf_cores) == (10, 50)
    assert (size.incoming, size.brokers) == (60, 180)
    assert round(size.disk) == 31_104
    assert size.series == 40 * 300 * 2


def test_a_quick_database_takes_several_consumers() -> None:
    size = size_of(Volume(300_000), Figures(database=1_000_000, consumer=100_000))
    assert (size.databases, size.consumers, size.partitions) == (1, 6, 24)


@given(st.floats(1, 10**7), st.floats(1, 10**7))
def test_more_lines_never_take_less(few: float, more: float) -> None:
    less, most = (size_of(Volume(lines)) for lines in sorted((few, more)))
    assert less.databases <= most.databases
    assert less.consumers <= most.consumers
    assert less.disk <= most.disk


@given(st.floats(1, 10**7))
def test_no_database_and_no_consumer_gets_more_than_its_share(lines: float) -> None:
    figures = Figures()
    size = size_of(Volume(lines), figures)
    assert lines / size.databases <= figures.database * figures.share * (1 + 1e-9)
    assert lines / size.consumers <= figures.consumer * figures.share * (1 + 1e-9)
    assert size.partitions * size.databases >= size.consumers
