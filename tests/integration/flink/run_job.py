"""The job on a MiniCluster in this process, until somebody kills it: what __main__ does on a cluster.

`run_job.py JAR STATE`: goes on from the newest snapshot below STATE, as the image's JobManager does.
"""

import os
import sys
from pathlib import Path

from traced_common import logs
from traced_flink_consumer import job, letter_size, snapshots
from traced_flink_consumer.records import Client
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
    servers = settings.kafka.bootstrap_servers
    largest = letter_size.of_topic(settings.kafka, settings.dead_letter_topic)
    client = Client(settings.topic, settings.group, "test", servers, "the-cluster", largest)
    job.build(settings, env, client, restored=snapshot is not None)
    env.execute(settings.group)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
