"""The working thread hands the shipper's state to the threads that show it."""

import threading

from logshipper.ship.status import Status, StatusExchange
from tests.support.waiting import DEADLINE, wait_until


def status(number: int) -> Status:
    return Status([], number)


def test_a_request_wakes_the_loop_and_waits_for_a_new_state() -> None:
    woken = threading.Event()
    exchange = StatusExchange(woken.set)
    exchange.publish(status(1))
    found: list[Status | None] = []
    asking = threading.Thread(target=lambda: found.append(exchange.request(DEADLINE)), daemon=True)
    asking.start()
    assert woken.wait(DEADLINE)
    assert exchange.wanted
    exchange.publish(status(2))
    asking.join(DEADLINE)
    assert found == [status(2)]
    assert not exchange.wanted


def test_concurrent_requests_get_the_same_state() -> None:
    exchange = StatusExchange(lambda: None)
    found: list[Status | None] = []
    threads = [threading.Thread(target=lambda: found.append(exchange.request(DEADLINE)), daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()

    def all_answered() -> bool:
        exchange.publish(status(7))
        return not any(thread.is_alive() for thread in threads)

    wait_until(all_answered)
    assert found == [status(7)] * 3


def test_a_request_gives_up_on_a_loop_that_does_not_answer() -> None:
    exchange = StatusExchange(lambda: None)
    exchange.publish(status(1))
    assert exchange.request(0.01) is None
