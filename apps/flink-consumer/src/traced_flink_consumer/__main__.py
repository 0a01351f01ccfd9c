"""Submits the job to Flink: what its PythonDriver runs."""

import logging
import os
from importlib.util import find_spec
from typing import Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from traced_common import logs
from traced_common.environment import SettingsError
from traced_common.kafka import KafkaSettings

from traced_flink_consumer import job, letter_size, termination_log
from traced_flink_consumer.records import Client
from traced_flink_consumer.settings import THREAD, FlinkSettings

_logger = logging.getLogger(__name__)
_RESTORED_FROM: Final = "execution.state-recovery.path"
_SECONDS: Final = 5.0


def run() -> None:
    """Put the job together and submit it; SettingsError names every wrong variable."""
    try:
        _submit()
    except Exception as error:
        termination_log.write(error)
        raise


def _submit() -> None:
    settings = FlinkSettings.read(os.environ)
    logs.configure(settings.log_level)
    if settings.python_mode == THREAD and find_spec("pemja") is None:
        raise SettingsError(["FLINK_PYTHON_MODE=Thread: pemja, which it takes, is for x86-64 alone: set Process"])
    env = job.environment(settings, {})
    kafka = settings.kafka
    client = Client(
        settings.topic,
        settings.group,
        kafka.client_id,
        kafka.bootstrap_servers,
        _cluster_id(kafka),
        letter_size.of_topic(kafka, settings.dead_letter_topic),
    )
    restored = env._j_stream_execution_environment.getConfiguration().toMap().containsKey(_RESTORED_FROM)
    job.build(settings, env, client, restored=restored)
    env.execute(settings.group)


def _cluster_id(kafka: KafkaSettings) -> str | None:
    """Ask for the cluster's id, for the spans; without an answer they go without."""
    try:
        cluster_id: str = AdminClient(kafka.client_config()).cluster_id(_SECONDS)
    except KafkaException as error:
        _logger.warning("the cluster's id is not known: %s", error.args[0].str())
        return None
    return cluster_id
