"""A Secret block of Prefect is a secret like any other, or is said to be out of reach."""

import pytest
from prefect.blocks.system import Secret
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings

from driftline import wiring
from driftline.errors import SettingsError
from tests.servers.http import free_port


@pytest.mark.real("prefect")
def test_a_secret_block_of_prefect_is_read(prefect_api, tmp_path):
    """`prefect-secret:NAME` is the block's text; a missing block is told by name."""
    with temporary_settings({PREFECT_API_URL: prefect_api, PREFECT_HOME: tmp_path}):
        Secret(value="planted").save("bot-token", overwrite=True, _sync=True)

        assert wiring.filled("prefect-secret:bot-token", "x") == "planted"
        assert wiring.filled("prefect-secret:no-such?", "x") is None
        with pytest.raises(SettingsError, match="no Secret block named no-such"):
            wiring.filled("prefect-secret:no-such", "x")


def test_without_a_prefect_server_none_is_started_for_a_block(tmp_path):
    """The message says what to set."""
    with (
        temporary_settings({PREFECT_API_URL: None, PREFECT_HOME: tmp_path}),
        pytest.raises(SettingsError, match="set PREFECT_API_URL"),
    ):
        wiring.filled("prefect-secret:bot-token", "x")


def test_a_prefect_server_that_is_down_is_said_so(tmp_path):
    """A short answer, and no traceback of another library."""
    url = f"http://127.0.0.1:{free_port()}/api"
    with (
        temporary_settings({PREFECT_API_URL: url, PREFECT_HOME: tmp_path}),
        pytest.raises(SettingsError, match="did not give the block bot-token"),
    ):
        wiring.filled("prefect-secret:bot-token", "x")
