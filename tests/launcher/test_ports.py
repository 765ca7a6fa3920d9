"""Ports that are taken."""

import socket

import pytest

from tests.launcher.checkouts import gongjian, small_checkout
from tools.launcher import ports
from tools.launcher.errors import Stop


@pytest.fixture
def taken():
    """A port somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_service_takes_the_next_free_port(taken):
    promised = {taken + 1}
    found = ports.next_free(taken, promised)
    assert found > taken + 1
    assert found in promised


def test_the_web_port_must_be_free(taken):
    with pytest.raises(Stop, match=rf"Port {taken} is taken.* --port {taken + 1}"):
        ports.claim_web_port(taken)


def test_there_is_no_port_zero():
    with pytest.raises(Stop, match="There is no port 0"):
        ports.claim_web_port(0)


@pytest.mark.parametrize("detach", [[], ["--detach"]])
def test_the_demo_names_port_holder_and_way_out_before_it_installs_anything(
    tmp_path, taken, detach
):
    folder = small_checkout(tmp_path)
    failed = gongjian(folder, "demo", f"--port={taken}", *detach)
    assert failed.returncode == 1
    assert f"gongjian: Port {taken} is taken by " in failed.stderr
    assert f"--port {taken + 1}" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (folder / ".venv").exists()
