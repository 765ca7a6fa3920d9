"""An S3 server over a plain folder: uploaded rosters, exports and archives."""

import os
from dataclasses import dataclass

from tools.launcher import ports, process
from tools.launcher.home import Checkout, Home
from tools.launcher.supervisor import Child, Supervisor

PREFERRED_PORT = 18333
NAME = "s3"
BUCKET = "gongjian"
ANSWER_SECONDS = 20


@dataclass(frozen=True)
class ObjectStore:
    """`rclone serve s3` with signed requests only; a bucket is a folder in `.gongjian/s3`."""

    checkout: Checkout
    home: Home
    port: int

    def start(self, supervisor: Supervisor) -> None:
        """Raises Stop when it does not answer."""
        folder = self.home.path / NAME
        (folder / BUCKET).mkdir(mode=0o700, parents=True, exist_ok=True)
        keys = self.home.secrets()
        pair = f'"{keys["s3_access_key"]},{keys["s3_secret_key"]}"'
        nowhere = str(folder / "rclone.conf")
        supervisor.start(
            Child(
                name=NAME,
                argv=[
                    str(self.checkout.venv / "bin" / "rclone"), "serve", "s3",
                    "--addr", f"{ports.LOOPBACK}:{self.port}", "--no-cleanup", str(folder),
                ],
                env={**os.environ, "RCLONE_AUTH_KEY": pair, "RCLONE_CONFIG": nowhere},
                cwd=folder,
                log=self.home.log(NAME),
                stage=0,
            )
        )  # fmt: skip
        process.wait_until(
            lambda: ports.answers(self.port),
            seconds=ANSWER_SECONDS,
            failed=supervisor.fell(NAME),
            what=f"The S3 server on port {self.port}",
        )

    def environment(self) -> dict[str, str]:
        keys = self.home.secrets()
        return {
            "S3_ENDPOINT": f"http://{ports.LOOPBACK}:{self.port}",
            "S3_BUCKET": BUCKET,
            "S3_ACCESS_KEY": keys["s3_access_key"],
            "S3_SECRET_KEY": keys["s3_secret_key"],
        }
