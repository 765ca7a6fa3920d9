"""The words of `./gongjian`."""

import argparse
import sys
from pathlib import Path

from tools.launcher import demo, words
from tools.launcher.errors import Interrupted, Stop
from tools.launcher.home import Checkout
from tools.launcher.output import Progress
from tools.launcher.stack import WEB_PORT
from tools.launcher.supervisor import raise_on_signals

USAGE = f"""\
usage: ./gongjian WORD …

  demo                the whole platform with demo units, in front; Ctrl-C ends it
    --port N            web port (default {WEB_PORT})
    --detach            in the background; returns when the web answers
    --json              addresses and accounts as JSON
    --fresh [--yes]     throw all demo data away first
  demo code ACCOUNT   the present second-factor code of a demo account
  status [--json]     what runs (exit code 3: nothing)
  stop                end the demo

  onboard FILE --unit NAME --json
                      open a unit from its roster, without the browser
  fleet migrate | status | plan | resume | pause | drift [--json]
                      bring every unit to the new schema, in waves
  unit export | verify | restore | undo | import …
                      one unit as one file
  cells add | list | map | exchange | hand-over
                      several installations under one domain (deploy/cells.md)
  test [--fast] …     the tests; other arguments go to pytest
  check               formatting, types, import contracts, templates, migrations
  bench NAME --json   a benchmark; --units N makes its load smaller

Every other word goes to the platform: `./gongjian help --commands` lists them. Services are
embedded unless DATABASE_URL, BROKER_URL and CACHE_URL, or S3_ENDPOINT are set. Data, logs and
passwords lie in .gongjian, or where GONGJIAN_DATA points.
"""


def main(root: str, arguments: list[str]) -> int:
    """Returns the exit code; a failure is one sentence on stderr."""
    progress = Progress()
    try:
        raise_on_signals()
        return _dispatch(Checkout(Path(root)), arguments, progress)
    except Stop as stop:
        print(f"gongjian: {stop}", file=sys.stderr)
        return stop.code
    except OSError as error:
        print(f"gongjian: {error}; see to that and run this again.", file=sys.stderr)
        return 1
    except Interrupted as interrupted:
        return interrupted.code


def _dispatch(checkout: Checkout, arguments: list[str], progress: Progress) -> int:
    word, rest = (arguments or ["help"])[0], arguments[1:]
    if word in {"help", "-h", "--help"} and rest != ["--commands"]:
        print(USAGE, end="")
        return 0
    if word == "demo":
        return _demo(checkout, rest, progress)
    if word == "status":
        return demo.print_status(checkout, as_json=_flags("status", rest, "--json").json)
    if word == "stop":
        _flags("stop", rest)
        return demo.stop(checkout, progress)
    if word == "test":
        return words.test(checkout, rest, progress)
    if word == "check":
        _flags("check", rest)
        return words.check(checkout, progress)
    if word == "bench":
        return words.bench(checkout, rest, progress)
    if word.startswith("-"):
        raise Stop(f"{word} is not a word; see: ./gongjian help", code=2)
    return words.hand_over(checkout, [word, *(r for r in rest if r != "--commands")], progress)


def _demo(checkout: Checkout, rest: list[str], progress: Progress) -> int:
    if rest[:1] == ["code"]:
        return words.hand_over(checkout, ["demo_code", *rest[1:]], progress)
    parser = argparse.ArgumentParser(prog="./gongjian demo")
    parser.add_argument("--port", type=int, default=WEB_PORT)
    for flag in ("--detach", "--json", "--fresh", "--yes"):
        parser.add_argument(flag, action="store_true")
    given = parser.parse_args(rest)
    wishes = demo.Wishes(given.port, given.json, given.fresh, given.yes)
    start = demo.run_detached if given.detach else demo.run
    return start(checkout, wishes, progress)


def _flags(word: str, rest: list[str], *flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"./gongjian {word}")
    for flag in flags:
        parser.add_argument(flag, action="store_true")
    return parser.parse_args(rest)
