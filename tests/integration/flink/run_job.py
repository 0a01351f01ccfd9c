"""The job on a MiniCluster in this process, until somebody kills it: what __main__ does on a cluster.

`run_job.py JAR STATE`: goes on from the newest snapshot below STATE, as the image's JobManager does.
"""

import os
import sys
from pathlib import Path

from traced_common import logs
from traced_flink_consumer import job, snapshots
from traced_flink_consumer.processing import Client
from traced_flink_consumer.settings import FlinkSettings


def main(jar: str, state: Path) -> None:
    settings = FlinkSettings.read(os.environ)
    logs.configure(settings.log_level)
    more = {
        "pipeline.jars": f"file://{jar}",
        "rest.port": "0",
        "execution.checkpointing.dir": f"file://{state / snapshots.CHECKPOINTS}",
    }
    snapshot = snapshots.newest(state)
    if snapshot is not None:
        more["execution.state-recovery.path"] = f"file://{snapshot.path}"
    env = job.environment(settings, more)
    client = Client(settings.topic, settings.group, "test", settings.kafka.bootstrap_servers, "the-cluster")
    job.build(settings, env, client, restored=snapshot is not None)
    env.execute(settings.group)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
