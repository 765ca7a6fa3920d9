"""Style sheets and scripts: fetched with npm, built by esbuild, gathered for serving."""

from pathlib import Path

from tools.launcher import failures, fingerprint, process
from tools.launcher.errors import Stop
from tools.launcher.home import Checkout, Home, read_json, write_json

STAMP = ".gongjian.json"  # collectstatic leaves names with a leading dot alone


def are_current(checkout: Checkout) -> bool:
    """Whether `static_build` was made from the sources as they are."""
    stamp = read_json(checkout.root / "static_build" / STAMP)
    return isinstance(stamp, dict) and stamp.get("sources") == fingerprint.of_assets(checkout)


def build(checkout: Checkout, home: Home, env: dict[str, str]) -> None:
    """`npm ci` when the packages changed, then esbuild. Raises Stop with what to do."""
    log = home.log("assets")
    built = checkout.root / "static_build"
    sources = fingerprint.of_assets(checkout)
    (built / STAMP).unlink(missing_ok=True)
    _fetch(checkout, log, env)
    try:
        process.run(
            [str(checkout.python), str(checkout.venv / "bin" / "node"), "assets/build.mjs"],
            log=log, env=env, cwd=checkout.root,
        )  # fmt: skip
    except process.CommandFailed as failure:
        raise Stop("The assets could not be built.", log=log) from failure
    write_json(built / STAMP, {"sources": sources})


def gather(checkout: Checkout, home: Home, env: dict[str, str]) -> None:
    """`collectstatic`, when something it would gather has changed."""
    gathered = checkout.root / "static_root"
    sources = fingerprint.of_static(checkout)
    stamp = read_json(gathered / STAMP)
    if isinstance(stamp, dict) and stamp.get("sources") == sources:
        return
    log = home.log("assets")
    try:
        process.run(
            [str(checkout.python), "-m", "config", "collectstatic", "--noinput", "--clear"],
            log=log, env=env, cwd=checkout.root,
        )  # fmt: skip
    except process.CommandFailed as failure:
        raise Stop("The static files could not be gathered.", log=log) from failure
    gathered.mkdir(exist_ok=True)
    write_json(gathered / STAMP, {"sources": sources})


def _fetch(checkout: Checkout, log: Path, env: dict[str, str]) -> None:
    """Fill `node_modules` exactly as locked, unless it is already."""
    root = checkout.root
    packages = [root / "package.json", root / "package-lock.json"]
    wanted = {"packages": fingerprint.of_files(root, packages)}
    stamp = root / "node_modules" / STAMP
    if read_json(stamp) == wanted:
        return
    stamp.unlink(missing_ok=True)
    command = [
        str(checkout.python), str(checkout.venv / "bin" / "npm"), "ci", "--ignore-scripts",
        "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1",
    ]  # fmt: skip
    try:
        process.run(command, log=log, env=env, cwd=root)
    except process.CommandFailed as failure:
        sentence = failures.explain(
            failure.output, failures.NPM, "The npm packages could not be installed."
        )
        raise Stop(sentence, log=log) from failure
    write_json(stamp, wanted)
