"""What happens by itself when its time has come."""

from collections.abc import Callable

from . import balance, disputes, paying, refunds, sessions
from .world import World

VERBS: dict[str, Callable[..., object]] = {
    "expire_session": sessions.expire_in_time,
    "settle": paying.settle,
    "succeed_refund": refunds.succeed,
    "fail_refund": refunds.fail,
    "dispute": disputes.begin_in_time,
    "make_available": balance.make_available,
}


def let_time_pass(world: World, seconds: int = 0) -> None:
    """Move the clock ahead, and let all happen that is due, each at its own time."""
    if seconds:
        world.keep("clock", "ahead", world.shelves["clock"].get("ahead", 0) + seconds)
    until = world.now()
    while due := [(plan["at"], id) for id, plan in world.shelves["plan"].items() if plan["at"] <= until]:
        at, id = min(due)
        plan = world.drop("plan", id)
        world.stopped_at = at
        try:
            VERBS[plan["verb"]](world, **plan["args"])
        finally:
            world.stopped_at = None
