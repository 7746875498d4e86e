"""How often Dask looks after itself: seldom, since a chunk takes seconds.

By default each of its processes wakes up a hundred times a second and more, to sample what it runs (for a
page that is not served here) and to see whether it still answers. Where simulations use every core, that is
taken from them.
"""

from __future__ import annotations

from typing import Any, Final

#: Settings of Dask, by name.
SELDOM: Final[dict[str, Any]] = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.cycle": "10s",
    # Longer than the pause between two looks, or each of them would be told as late.
    "distributed.admin.tick.limit": "10s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.disk": False,
    "distributed.admin.system-monitor.gil.enabled": False,
    # Results stay where they are until they are fetched, once.
    "distributed.scheduler.active-memory-manager.start": False,
}


def as_environment() -> dict[str, str]:
    """Give the same settings as variables of the environment, for processes that are started.

    Examples
    --------
    >>> as_environment()["DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL"]
    '1s'
    """
    return {
        "DASK_" + name.replace(".", "__").replace("-", "_").upper(): str(value)
        for name, value in SELDOM.items()
    }
