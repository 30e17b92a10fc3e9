"""Plans of scale `paper`."""

import pytest
from planning_checkout import SUITES, checkout

from dragon.config import Params
from dragon.planning.plan import make_plan
from dragon.planning.sizes import sizes


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    return checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="session")
def params(root):
    return Params.load(root, scale="paper")


@pytest.fixture(scope="session")
def papers_own(root, params):
    """The plan of what the paper itself prints."""
    return make_plan(params, sizes("paper", root), SUITES, root, own=False)


@pytest.fixture(scope="session")
def everything(root, params):
    """With our controls and extra columns."""
    return make_plan(params, sizes("paper", root), SUITES, root)
