"""Work done together: everyone gets their own, and nobody is forgotten."""

from __future__ import annotations

import threading

import pytest

from kernel.together import Backlog, Together


def in_threads(count, act):
    """Runs ``act(number)`` in so many threads; what each returned or raised, by number."""
    results: dict[int, object] = {}

    def run(number):
        try:
            results[number] = act(number)
        except Exception as error:  # noqa: BLE001 - handed to the test
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert not any(thread.is_alive() for thread in threads)
    return results


class Gate:
    """An act that waits the first time, so that others gather behind it."""

    def __init__(self, act=lambda asked: [one * 10 for one in asked]):
        self.act, self.calls = act, []
        self.began, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, asked):
        self.calls.append(list(asked))
        if not self.began.is_set():
            self.began.set()
            self.may_go_on.wait(timeout=20)
        return self.act(asked)


def gathered(together, gate, count):
    """One begins and is held up; the others come while it is."""

    def ask(number):
        if number:
            assert gate.began.wait(timeout=20)
        return together.do(number)

    def let_go():
        assert gate.began.wait(timeout=20)
        while len(together._waiting) < count - 1:
            pass
        gate.may_go_on.set()

    opener = threading.Thread(target=let_go)
    opener.start()
    results = in_threads(count, ask)
    opener.join(timeout=20)
    return results


class TestTogether:
    def test_who_comes_alone_waits_for_nobody(self):
        calls = []
        together = Together(lambda asked: calls.append(asked) or asked, most=5)
        assert [together.do(number) for number in (1, 2)] == [1, 2]
        assert calls == [[1], [2]]

    def test_those_who_come_meanwhile_are_taken_together_and_get_their_own(self):
        gate = Gate()
        together = Together(gate, most=100)
        assert gathered(together, gate, 9) == {number: number * 10 for number in range(9)}
        assert [len(call) for call in gate.calls] == [1, 8]

    def test_no_call_is_larger_than_it_may_be(self):
        gate = Gate()
        together = Together(gate, most=3)
        assert len(gathered(together, gate, 9)) == 9
        assert sorted(len(call) for call in gate.calls) == [1, 2, 3, 3]

    def test_a_failure_is_everyones_of_that_call_and_of_no_other(self):
        def act(asked):
            if asked != [0]:
                raise ValueError("lost")
            return asked

        gate = Gate(act)
        together = Together(gate, most=100)
        results = gathered(together, gate, 4)
        assert results[0] == 0
        assert all(isinstance(results[number], ValueError) for number in (1, 2, 3))
        gate.act = lambda asked: asked
        assert together.do(7) == 7

    def test_an_answer_too_few_is_an_error_for_all(self):
        together = Together(lambda asked: [], most=5)
        with pytest.raises(ValueError, match="zip"):
            together.do(1)


class TestBacklog:
    def test_what_is_added_while_somebody_works_is_done_by_that_one(self):
        done = []

        def act(some):
            done.extend(some)
            if len(done) == 1:
                backlog.add(2)
                backlog.work_off()  # as another thread would: it finds somebody at work

        backlog = Backlog(act)
        backlog.add(1)
        backlog.work_off()
        assert done == [1, 2]

    def test_a_failure_does_not_keep_the_next_from_working(self):
        def act(some):
            if some == [1]:
                raise ValueError("lost")
            done.extend(some)

        done: list[int] = []
        backlog = Backlog(act)
        backlog.add(1)
        with pytest.raises(ValueError, match="lost"):
            backlog.work_off()
        backlog.add(2)
        backlog.work_off()
        assert done == [2]
