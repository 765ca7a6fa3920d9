"""The pause ends with the block, whatever happened in it."""

import gc

import pytest

from onboarding.services import collector


def test_pauses_and_goes_on():
    with collector.paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_goes_on_after_an_error():
    with pytest.raises(ValueError), collector.paused():
        raise ValueError
    assert gc.isenabled()


def test_leaves_a_collector_that_was_off():
    gc.disable()
    try:
        with collector.paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
