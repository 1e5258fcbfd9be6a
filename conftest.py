"""pytest as a driver of the run: its options, Hypothesis's profiles, and the plugin that drives."""

from __future__ import annotations

import hypothesis
import pytest

from contracts import pytest_plugin
from contracts.openapi import ContractError
from contracts.options import add_options
from contracts.run import PROFILES
from strategies import plan
from tests.api.driver import ITEM, Driver, interrupted_early

plan.register_profiles(PROFILES.values())
hypothesis.settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the options, beside pytest's own and Hypothesis's `--hypothesis-profile` and `--hypothesis-seed`."""
    # Both may be there, and one option then means both.
    declared = {pytest_plugin.REPORT_DIR} if pluginmanager.has_plugin(pytest_plugin.__name__) else set()
    add_options(lambda title: parser.getgroup(f"contract: {title}").addoption, leave_out=declared)
    parser.addini("contract_redact", "places of bodies to keep no values at, one a line", type="linelist", default=[])


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Configure the run, and see whether the target answers at all, before anything else is done."""
    config.addinivalue_line("markers", f"{ITEM}(item): asks an item of the run")
    driver = Driver(config)
    config.add_cleanup(driver.stack.close)
    try:
        driver.configure()
    except ContractError as error:
        raise pytest.UsageError(str(error)) from None
    except KeyboardInterrupt:
        interrupted_early()
    config.pluginmanager.register(driver, "contract-driver")
