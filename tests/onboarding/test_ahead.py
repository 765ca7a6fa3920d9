"""The next result is worked out while the caller is busy with this one."""

import threading

import pytest

from onboarding.services.ahead import QueryAhead, one_ahead
from tenants.models import Unit


def test_results_come_in_order_and_none_is_lost():
    assert list(one_ahead(lambda n: n * n, range(5))) == [0, 1, 4, 9, 16]
    assert list(one_ahead(str, [])) == []
    assert list(one_ahead(str, [7])) == ["7"]


def test_the_next_one_is_worked_out_while_the_caller_is_busy():
    begun = {n: threading.Event() for n in range(3)}

    def work(number):
        begun[number].set()
        return number

    results = one_ahead(work, range(3))
    assert next(results) == 0
    assert begun[1].wait(5)
    assert not begun[2].is_set()


def test_what_goes_wrong_is_raised_where_its_result_is_due():
    results = one_ahead(lambda n: 1 // n, [1, 0])
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.django_db
def test_the_database_is_refused():
    """The thread is in no unit: a query there would be somebody else's."""
    with pytest.raises(QueryAhead):
        list(one_ahead(lambda _: Unit.objects.exists(), [1]))
