"""What every test may rely on."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

settings.register_profile("plum-edge", deadline=None)  # a busy machine is no bug
settings.load_profile("plum-edge")
os.environ["PLUM_EDGE_BASE"] = "plum-tiny"  # the default base is not in the repository; processes inherit this one


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What tests fetch and reckon stays with them."""
    os.environ["PLUM_EDGE_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    """A shell starts background jobs with Ctrl-C ignored, and CI may be one."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
