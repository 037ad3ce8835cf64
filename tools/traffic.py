"""Gentle traffic for the demo, so that there is something to see: about two requests a second.

The slow routes wait for seconds, so a few clients take turns; the application has more workers than there are
clients, and anybody's own request finds a free one.
"""

import os
import random
import threading
import time
import urllib.error
import urllib.request

CLIENTS = 3
# What is asked for, and how often in comparison.
PATHS = {"/": 10, "/api/obj/{}": 6, "/api/obj/{}?verbose=1": 1, "/simulate_error": 2, "/no/such/page": 1}


def client(base: str, seed: int) -> None:
    """Ask, wait, and ask again, for ever; an unreachable application is asked later."""
    choose = random.Random(seed)  # noqa: S311 - which page to ask for is no secret
    while True:
        time.sleep(choose.uniform(0.2, 1.8))
        path = choose.choices(list(PATHS), list(PATHS.values()))[0].format(choose.randint(1, 9))
        try:
            with urllib.request.urlopen(base + path, timeout=30) as answer:  # noqa: S310 - an address of ours
                answer.read()
        except urllib.error.HTTPError as error:
            error.close()  # 404 and 500 are part of the show
        except OSError:
            time.sleep(1)


def main() -> None:
    """Run the clients until we are ended."""
    base = f"http://127.0.0.1:{os.environ['APP_PORT']}"
    threads = [threading.Thread(target=client, args=(base, seed), daemon=True) for seed in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
