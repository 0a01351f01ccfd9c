"""The job: which table, which operators, which sinks, and how Flink runs them."""

from collections.abc import Mapping
from typing import Final

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import DataTypes, Schema, StreamTableEnvironment

from traced_flink_consumer import tables
from traced_flink_consumer.operators import DEAD_LETTERS, ORDER, SUNK, Process, Total
from traced_flink_consumer.records import Client
from traced_flink_consumer.settings import THREAD, FlinkSettings

_SUNK: Final = (
    Schema.new_builder()
    .column("key", DataTypes.BYTES())
    .column("value", DataTypes.BYTES())
    .column("headers", DataTypes.MAP(DataTypes.STRING(), DataTypes.BYTES()))
    .build()
)


def environment(settings: FlinkSettings, more: Mapping[str, str]) -> StreamExecutionEnvironment:
    """Make Flink's environment; `more` is Flink configuration beside ours."""
    configuration = Configuration()
    for key, value in {**options(settings), **more}.items():
        configuration.set_string(key, value)
    return StreamExecutionEnvironment.get_execution_environment(configuration)


def options(settings: FlinkSettings) -> dict[str, str]:
    """Say how Flink is to run the job."""
    return {
        "pipeline.name": settings.group,
        "parallelism.default": str(settings.parallelism),
        "execution.checkpointing.interval": f"{settings.checkpoint_interval_ms} ms",
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "restart-strategy.type": "exponential-delay",  # as the Python consumer: again after 1, 2, 4 … 30 s, for ever
        "restart-strategy.exponential-delay.initial-backoff": "1 s",
        "restart-strategy.exponential-delay.max-backoff": "30 s",
        "restart-strategy.exponential-delay.backoff-multiplier": "2.0",
        "execution.buffer-timeout.interval": "5 ms",  # between the operators; the default adds up to 100 ms
        "python.execution-mode": settings.python_mode.lower(),
        "python.fn-execution.bundle.time": str(settings.bundle_time_ms),
        "table.exec.uid.generation": "ALWAYS",  # so that state finds its operator again after an upgrade
    }


def build(settings: FlinkSettings, env: StreamExecutionEnvironment, client: Client, *, restored: bool) -> None:
    """Put the job together in `env`."""
    table_env = StreamTableEnvironment.create(env)
    table_env.execute_sql(tables.source(settings))
    table_env.execute_sql(tables.sink(settings, tables.RESULTS, settings.results_topic))
    table_env.execute_sql(tables.sink(settings, tables.DEAD_LETTERS, settings.dead_letter_topic))
    rows = table_env.to_data_stream(table_env.sql_query(tables.READ))
    process = Process(client, settings.processing_ms / 1000, restored)
    orders = rows.process(process, output_type=ORDER).name("process").uid("process")
    total = Total(client, settings.window_ms, restored)
    # The two modes keep state in shapes of their own: one can't read the other's, and must not begin again in silence.
    uid = "total-thread" if settings.python_mode == THREAD else "total"
    results = orders.key_by(lambda order: order[0]).process(total, output_type=SUNK).name("total").uid(uid)
    statements = table_env.create_statement_set()
    statements.add_insert(tables.RESULTS, table_env.from_data_stream(results, _SUNK))
    letters = orders.get_side_output(DEAD_LETTERS).union(results.get_side_output(DEAD_LETTERS))
    statements.add_insert(tables.DEAD_LETTERS, table_env.from_data_stream(letters, _SUNK))
    statements.attach_as_datastream()
