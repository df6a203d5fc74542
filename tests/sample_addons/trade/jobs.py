"""Jobs of trade."""

from core import Env, job
from tests.sample_addons.trade.models import Tag


@job
def make_tag(env: Env, name: str) -> None:
    """Makes a tag; "boom" fails."""
    env[Tag](name=name)
    if name == "boom":
        raise RuntimeError("no tag is called boom")
