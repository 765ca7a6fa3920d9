"""Readers: several threads that ask for pages in a random order until the time is over.

A program of its own without Django: the plan comes on standard input, the figures go to standard
output.  The first answer of each page of each unit is kept apart: nothing was warm for it.
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import sys
import threading
import time
from collections import defaultdict
from typing import Any

READERS = 4


def main() -> None:
    plan = json.load(sys.stdin)
    asks = [tuple(ask) for ask in plan["asks"]]
    random.Random(5).shuffle(asks)
    until = time.monotonic() + plan["seconds"]
    answers: list[tuple[str, float, bool, int]] = []
    threads = [
        threading.Thread(target=read, args=(plan["port"], asks[at::READERS], until, answers))
        for at in range(READERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    json.dump(told(answers, plan["seconds"]), sys.stdout)


def read(port: int, asks: list[Any], until: float, answers: list[Any]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    seen: set[Any] = set()
    while time.monotonic() < until:
        for ask in asks:
            page, host, path, cookie = ask
            headers = {"Host": host, "Accept": "text/html", "Accept-Encoding": "gzip"}
            if cookie:
                headers["Cookie"] = f"gongjian={cookie}"
            began = time.perf_counter()
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            response.read()
            answers.append((page, time.perf_counter() - began, ask not in seen, response.status))
            seen.add(ask)
            if time.monotonic() > until:
                break
    connection.close()


def told(answers: list[tuple[str, float, bool, int]], seconds: float) -> dict[str, Any]:
    by_page: dict[str, list[float]] = defaultdict(list)
    first: list[float] = []
    wrong: dict[str, int] = defaultdict(int)
    for page, taken, is_first, status in answers:
        if status != 200:
            wrong[f"{page} {status}"] += 1
        by_page[page].append(taken)
        if is_first:
            first.append(taken)
    everything = [taken for times in by_page.values() for taken in times]
    figures: dict[str, Any] = {
        "requests": len(answers),
        "requests_per_second": round(len(answers) / seconds, 1),
        "all_pages_p50_ms": at(everything, 50),
        "all_pages_p95_ms": at(everything, 95),
        "first_visits_p50_ms": at(first, 50),
        "first_visits_p95_ms": at(first, 95),
    }
    for page, times in sorted(by_page.items()):
        figures[f"{page}_p50_ms"], figures[f"{page}_p95_ms"] = at(times, 50), at(times, 95)
    return {"figures": figures, "wrong": dict(wrong)}


def at(seconds: list[float], percent: int) -> float:
    if len(seconds) < 2:
        return round(sum(seconds) * 1000, 1)
    return round(statistics.quantiles(seconds, n=100)[percent - 1] * 1000, 1)


if __name__ == "__main__":
    main()
