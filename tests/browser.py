"""The browser that tests drive: found, or installed where we can.

`python -m tests.browser` (run by `make test`) fails with the one command that would install it.
"""

import os
import shutil
import subprocess
import sys

NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
INSTALL = "apt-get update && apt-get install --yes chromium"
# No sandbox: it refuses root. The rest keeps the browser from calling home or needing a graphics card.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def find() -> str | None:
    """Return the path of a Chromium: the one that CHROMIUM_PATH names, or the first that is installed."""
    named = os.environ.get("CHROMIUM_PATH")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, NAMES)), None)


def install() -> None:
    subprocess.run(INSTALL, shell=True, check=False, env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


def main() -> None:
    named = os.environ.get("CHROMIUM_PATH")
    if not find() and not named and os.geteuid() == 0 and shutil.which("apt-get"):
        print("No Chromium found. Installing it …", flush=True)
        install()
    if not find():
        missing = f"CHROMIUM_PATH names {named}, which is not there." if named else "No Chromium found."
        sys.exit(f"{missing} Install one (as root on Debian: {INSTALL}), or set CHROMIUM_PATH.")


if __name__ == "__main__":
    main()
