"""The picture in the README: a report of the demo as Chromium shows it.

    make demo && make picture

draws `docs/report.png` from the demo's folder. Another day or folder:

    python docs/picture.py --day 2013-03-26 --demo .driftline/demo
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

PICTURE = Path(__file__).with_name("report.png")
DAY = "2013-03-27"
WIDTH, HEIGHT = 1200, 1640
MOST_BYTES = 300_000


def main() -> None:
    """Draw the picture, or say what is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", type=Path, default=Path(".driftline/demo"))
    parser.add_argument("--day", default=DAY)
    options = parser.parse_args()
    reports = options.demo / ".driftline" / "reports" / "flights"
    page = (reports / f"{options.day}.html").resolve()
    if not page.exists():
        sys.exit(f"no report at {page}; run `make demo` first")
    photograph(page, PICTURE)
    sys.stdout.write(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes\n")


def photograph(page: Path, picture: Path) -> None:
    """The top of a page, as wide and high as the README shows it."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("no chromium here; on Debian: apt-get install chromium")
    with TemporaryDirectory() as profile:
        command = [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            f"--window-size={WIDTH},{HEIGHT}",
            f"--screenshot={picture.resolve()}",
            page.as_uri(),
        ]
        subprocess.run(  # noqa: S603 -- nothing in it comes from outside
            command, check=True, capture_output=True, timeout=120
        )
    if picture.stat().st_size > MOST_BYTES:
        sys.exit(f"{picture} has more than {MOST_BYTES:,} bytes; choose a calmer day")


if __name__ == "__main__":
    main()
