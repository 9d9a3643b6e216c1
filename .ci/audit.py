"""Known vulnerabilities of the locked packages, where a service answers.

Exit code 1 for a vulnerability. A place from which no service can be asked is said in
one line, and is no failure.
"""

import json
import subprocess
import sys

LONGEST_S = 300
COMMAND = [sys.executable, "-m", "pip_audit", "--disable-pip", "--no-deps"]
COMMAND += ["--progress-spinner", "off", "--timeout", "5", "--format", "json"]


def main(lock: str) -> int:
    """Ask about every package of a lock file, and print what is known."""
    packages = _asked(lock)
    known = [package for package in packages if "vulns" in package]
    if not known:
        print(f"pip-audit: no vulnerability service answers here; {lock} is unchecked")
        return 0
    bad = [package for package in known if package["vulns"]]
    for package in bad:
        names = ", ".join(found["id"] for found in package["vulns"])
        print(f"{package['name']} {package['version']}: {names}")
    unknown = len(packages) - len(known)
    print(f"pip-audit: {len(bad)} of {len(known)} vulnerable, {unknown} unknown to it")
    return 1 if bad else 0


def _asked(lock: str) -> list[dict]:
    """One entry per package; none where the service cannot be reached."""
    try:
        done = subprocess.run(
            [*COMMAND, "-r", lock],
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST_S,
        )
        return json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        return []


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
