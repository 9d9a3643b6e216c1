"""What can be known of `infra/` without a container engine."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
INFRA = REPOSITORY / "infra"
COMPOSE: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text())


def test_every_path_that_the_image_copies_exists() -> None:
    """A COPY of something that was moved would fail only on the user's machine."""
    text = (INFRA / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (.+)$", text, flags=re.MULTILINE)
    for line in copied:
        for source in line.split()[:-1]:
            assert (REPOSITORY / source).exists(), source


def test_images_are_pinned() -> None:
    """No image is `latest`: the same file gives the same services."""
    base = re.findall(r"^FROM (\S+)", (INFRA / "Dockerfile").read_text(), flags=re.M)
    images = [s["image"] for s in COMPOSE["services"].values() if "build" not in s]
    for image in base + images:
        assert re.search(r":\d+\.\d+", image), image


def test_services_wait_for_services_that_exist() -> None:
    """`depends_on` names services of the file."""
    services = COMPOSE["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)


@pytest.mark.parametrize("name", ["prefect", "mlflow"])
def test_servers_accept_their_options(name: str, tmp_path: Path) -> None:
    """Every option of a server's command is one that the installed program has."""
    words = shlex.split(COMPOSE["services"][name]["command"])
    program, verb = words[0], [w for w in words[1:3] if not w.startswith("-")]
    ran = subprocess.run(
        [Path(sys.executable).parent / program, *verb, "--help"],
        env={**os.environ, "PREFECT_HOME": str(tmp_path), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    for option in (word for word in words if word.startswith("--")):
        assert option in ran.stdout, option


def test_the_slack_app_may_write() -> None:
    """The manifest asks for the scope without which nothing can be said."""
    manifest = yaml.safe_load((INFRA / "slack-app.yaml").read_text())
    assert "chat:write" in manifest["oauth_config"]["scopes"]["bot"]
