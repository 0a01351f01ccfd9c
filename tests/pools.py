"""Several pools of pytest-xdist's workers in one run, each with tests of its own."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from xdist.scheduler import WorkStealingScheduling
from xdist.workermanage import WorkerController, parse_tx_spec_config


class Pools:
    """A scheduler that has one of xdist's for each pool; xdist's Scheduling protocol describes the methods.

    A worker without work takes half of another's: tests that wait stand beside each other, so that an equal share of
    the tests is no equal share of the time. `--dist` has no effect beside a scheduler of one's own.
    """

    def __init__(self, config: pytest.Config, log: Any, pool_of: Callable[[WorkerController], str]) -> None:
        self._workers = len(parse_tx_spec_config(config))
        self._pool_of = pool_of
        self._pools: dict[str, WorkStealingScheduling] = {}
        self._new_pool: Callable[[], WorkStealingScheduling] = lambda: WorkStealingScheduling(config, log)

    def _pool(self, node: WorkerController) -> WorkStealingScheduling:
        return self._pools[self._pool_of(node)]

    @property
    def nodes(self) -> list[WorkerController]:
        return [node for pool in self._pools.values() for node in pool.nodes]

    @property
    def collection_is_completed(self) -> bool:
        return sum(len(pool.node2collection) for pool in self._pools.values()) >= self._workers

    @property
    def tests_finished(self) -> bool:
        return self.collection_is_completed and all(pool.tests_finished for pool in self._pools.values())

    @property
    def has_pending(self) -> bool:
        return any(pool.has_pending for pool in self._pools.values())

    def add_node(self, node: WorkerController) -> None:
        self._pools.setdefault(self._pool_of(node), self._new_pool()).add_node(node)

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        self._pool(node).add_node_collection(node, collection)

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        self._pool(node).mark_test_complete(node, item_index, duration)

    def mark_test_pending(self, item: str) -> None:
        for pool in self._pools.values():
            if item in (pool.collection or ()):
                pool.mark_test_pending(item)

    def remove_pending_tests_from_node(self, node: WorkerController, indices: Sequence[int]) -> None:
        self._pool(node).remove_pending_tests_from_node(node, indices)

    def remove_node(self, node: WorkerController) -> str | None:
        return self._pool(node).remove_node(node)

    def schedule(self) -> None:
        for pool in self._pools.values():
            pool.numnodes = min(pool.numnodes, len(pool.node2collection))  # each expects the workers of all
            pool.schedule()
