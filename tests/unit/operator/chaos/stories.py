"""What may happen to a pipeline, and what there has to be afterwards, wherever the operator has stopped meanwhile."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracedpipeline import desired, naming
from tracedpipeline.api import TracedPipeline
from tracedpipeline.desired import flink_tls
from tracedpipeline.desired.in_use import InUse, config_map
from tracedpipeline.kafka import plan
from tracedpipeline.kubernetes_api.client import content
from tracedpipeline.kubernetes_api.drift import contains, with_applied_hash
from tracedpipeline.kubernetes_api.kinds import APPLIED
from tracedpipeline.kubernetes_api.objects import digest

from tests.unit.operator.chaos.cluster import LEASES, ORDERS, PODS, World
from tests.unit.operator.conftest import SETTINGS, body

Object = dict[str, Any]
FLINK = {"engine": "Flink", "replicas": 2}
ANOTHER = {"env": [{"name": "LEVEL", "value": "2"}]}


@dataclass(frozen=True)
class Story:
    """A pipeline that is there before, where there is one, and what its author does."""

    name: str
    before: Object | None
    change: Callable[[World], None]


def write(**spec: Any) -> Callable[[World], None]:
    return lambda world: world.write_pipeline(body(**spec))


def make_again(world: World) -> None:
    """Delete it, and make another of its name."""
    world.remove(ORDERS)
    another = body()
    another["metadata"]["uid"] = "another"
    world.write_pipeline(another)


FIRST = Story("first deployment", None, write())
UPDATE = Story("update", body(), write(producer=ANOTHER, consumer=ANOTHER, collector={"replicas": 2}))
FIRST_WITH_FLINK = Story("first deployment with Flink", None, write(consumer=FLINK))
UPGRADE = Story("Flink upgrade", body(consumer=FLINK), write(consumer=FLINK | ANOTHER))
TO_FLINK = Story("from Python to Flink", body(), write(consumer=FLINK))
FROM_FLINK = Story("from Flink to Python", body(consumer=FLINK), write())
MADE_AGAIN = Story("deleted and made again", body(), make_again)
ALL = (FIRST, UPDATE, MADE_AGAIN, FIRST_WITH_FLINK, UPGRADE, TO_FLINK, FROM_FLINK)


def expected(world: World) -> dict[str, Object]:
    """Return what a pipeline is made of, by path."""
    pipeline = TracedPipeline.parse(world.objects[ORDERS])
    pods = [pod for pod in world.within(PODS).values() if pod["metadata"]["labels"][naming.NAME] in naming.CLIENT_PARTS]
    wanted = config_map(pipeline, pods)
    in_use = InUse(wanted, world.objects.get(_path(wanted)))
    secret = world.objects.get(f"/api/v1/namespaces/shop/secrets/{naming.flink_tls('orders')}")
    key = digest(content(secret)[flink_tls.STORE].hex()) if secret else ""
    objects = desired.build(pipeline, plan.access(pipeline), SETTINGS, in_use=in_use, flink_key=key)
    return {_path(o): with_applied_hash(o) for o in objects}


def made(world: World) -> dict[str, Object]:
    """Return all that the operator has made and a garbage collector may take, by path."""
    kept = {ORDERS, *world.within(PODS), *world.within(LEASES)}
    return {path: o for path, o in world.objects.items() if path not in kept and "/events/" not in path}


def check_objects(world: World) -> None:
    """Fail where there is not exactly what a pipeline is made of."""
    wanted = expected(world)
    found = {path: o for path, o in made(world).items() if "/secrets/" not in path}
    assert sorted(found) == sorted(wanted)
    for path, o in found.items():
        assert contains(o, wanted[path]), path
        assert _content(o) == _content(wanted[path]), path
        assert _owners(o) == _owners(wanted[path]), path


def _content(o: Object) -> Object:
    return {key: value for key, value in o.items() if key not in ("metadata", "status")}


def _owners(o: Object) -> set[str]:
    return {owner["uid"] for owner in o["metadata"]["ownerReferences"]}


def status(world: World) -> Any:
    """Return the status without its times."""
    found = copy.deepcopy(world.objects[ORDERS]["status"])
    for condition in found["conditions"]:
        del condition["lastTransitionTime"]
        assert condition["observedGeneration"] == world.objects[ORDERS]["metadata"]["generation"]
    return found


def _path(o: Object) -> str:
    return "/" + APPLIED[o["kind"]].path(o["metadata"]["namespace"], o["metadata"]["name"])
