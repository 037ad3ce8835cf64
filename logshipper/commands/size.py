"""`logshipper size`: what a load takes, by way of Kafka."""

import click

from logshipper.sizing import Figures, Volume, size_of


@click.command("size")
@click.option("--lines", type=click.FloatRange(1), required=True, help="Peak lines per second, all hosts together.")
@click.option("--hosts", type=click.IntRange(1), default=1, show_default=True, help="Hosts that write logs.")
@click.option("--uris", type=click.IntRange(1), default=100, show_default=True, help="Distinct addresses, or routes.")
@click.option("--days", type=click.FloatRange(0), default=1.0, show_default=True, help="How long Kafka keeps messages.")
@click.option("--replicas", type=click.IntRange(1), default=3, show_default=True, help="Copies of each message.")
def command(lines: float, hosts: int, uris: int, days: float, replicas: int) -> None:
    """Compute what shipping through Kafka takes: cores, partitions, consumers, databases, disk.

    The figures behind it were measured with uWSGI's default lines on a small machine; they are printed too.

    Example: logshipper size --lines 200000 --hosts 400 --uris 300 --days 3
    """
    load, figures = Volume(lines, hosts, uris, days, replicas), Figures()
    size = size_of(load, figures)
    rows = [
        ("the hosts together", f"{size.shipper_cores:.1f} cores for logshipper (Telegraf: {size.telegraf_cores:.1f})"),
        ("into Kafka", f"{size.incoming:.1f} MB/s, {size.brokers:.1f} MB/s with {replicas} copies"),
        ("Kafka's disks together", f"{size.disk:,.0f} GB for {days:g} days at this rate"),
        ("databases", f"{size.databases}, each with a topic and a consumer group of its own"),
        ("partitions", f"{size.partitions} a topic"),
        ("consumers", f"{size.consumers} in all, {size.consumer_cores:.1f} cores together"),
        ("series", f"about {size.series:,} in each database"),
    ]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        click.echo(f"{name:<{width}}  {text}")
    click.echo("\nAssumed, with half of each consumer and database kept free:")
    for text in (
        f"{figures.shipper:,.0f} lines a second and core from a log into Kafka ({figures.telegraf:,.0f} with Telegraf)",
        f"{figures.consumer:,.0f} lines a second and core from Kafka into a database",
        f"{figures.database:,.0f} points a second into InfluxDB 1.x on two cores",
        f"{figures.packed:.0f} bytes a line in Kafka, packed with lz4 ({figures.point:.0f} before)",
    ):
        click.echo(f"- {text}")
