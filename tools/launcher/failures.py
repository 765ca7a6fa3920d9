"""What pip and npm print when they fail, and the one sentence that helps."""

import re
from typing import NamedTuple


class Failure(NamedTuple):
    """A pattern in the output, what it means, and what to do about it."""

    pattern: str
    sentence: str


PIP = (
    Failure(
        r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError",
        "The package index could not be trusted, its certificate is not known here: "
        "point SSL_CERT_FILE and PIP_CERT at your organisation's certificates and run this again.",
    ),
    Failure(
        r"No space left on device",
        "The disk is full: make room for about 2 GB and run this again.",
    ),
    Failure(
        r"DO NOT MATCH THE HASHES",
        "A downloaded package is not the one the lock file names, so nothing was installed: "
        "check the mirror or proxy in front of the package index and run this again.",
    ),
    Failure(
        r"unable to execute|command '?\S*(gcc|cc|clang|c\+\+|g\+\+)'? failed|"
        r"Microsoft Visual C\+\+|No such file or directory: '(gcc|cc|clang)'|"
        r"Failed building wheel|[Ff]ailed to build|compiler.* not found|can't find Rust compiler",
        "A package has no ready-made build for this machine and could not be compiled: install a "
        "C compiler and Python's headers (Debian: apt install build-essential python3-dev), "
        "or use Python 3.11 to 3.14 on x86-64 or arm64, and run this again.",
    ),
    Failure(
        r"Failed to establish a new connection|NewConnectionError|Name or service not known|"
        r"name resolution|Max retries exceeded|ReadTimeout|ConnectTimeout|ProxyError|"
        r"Network is unreachable|Connection (refused|reset|broken)|Could not fetch URL",
        "The package index cannot be reached: "
        "check the network (or HTTPS_PROXY, PIP_INDEX_URL) and run this again.",
    ),
    Failure(
        r"No matching distribution found",
        "A package has no build for this Python or machine: "
        "use Python 3.11 to 3.14 on x86-64 or arm64 and run this again.",
    ),
)
NPM = (
    Failure(
        r"SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_HAS_EXPIRED|unable to get local",
        "The npm registry could not be trusted, its certificate is not known here: "
        "point NODE_EXTRA_CA_CERTS at your organisation's certificates and run this again.",
    ),
    Failure(r"ENOSPC", "The disk is full: make room for about 500 MB and run this again."),
    Failure(
        r"EINTEGRITY",
        "A downloaded npm package is not the one package-lock.json names: "
        "check the mirror or proxy in front of the npm registry and run this again.",
    ),
    Failure(
        r"ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ERR_SOCKET_TIMEOUT|"
        r"EHOSTUNREACH|network",
        "The npm registry cannot be reached: "
        "check the network (or HTTPS_PROXY, npm_config_registry) and run this again.",
    ),
)


def explain(output: str, known: tuple[Failure, ...], otherwise: str) -> str:
    """The sentence of the first failure whose pattern is in the output, or `otherwise`."""
    found = (each.sentence for each in known if re.search(each.pattern, output))
    return next(found, otherwise)
