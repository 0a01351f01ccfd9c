"""`python -m traced_flink_consumer.cluster ROLE`: a standalone application cluster's JobManager or TaskManager."""

import logging
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from traced_common import logs
from traced_common.environment import SettingsError

from traced_flink_consumer import configuration, snapshots
from traced_flink_consumer.settings import FlinkSettings
from traced_flink_consumer.snapshots import Snapshot

_logger = logging.getLogger(__name__)
_WRONG_SETTINGS: Final = 2
_FLINK: Final = Path(os.environ.get("FLINK_HOME") or "/opt/flink")
_STATE: Final = "/opt/flink/state"
_CONF: Final = Path("/tmp/flink-conf")  # noqa: S108 - the root file system is read-only, and /tmp the pod's own
_JOB: Final = "/opt/job/job.py"
_DRIVER: Final = "org.apache.flink.client.python.PythonDriver"
JOB_MANAGER: Final = "jobmanager"
# One prints the whole environment, which may hold a Collector's credentials; the other 200 lines about SQL's classes.
_QUIET: Final = (
    "org.apache.flink.client.python.PythonEnvUtils",
    "org.apache.flink.api.java.typeutils.TypeExtractor",
)


def main(role: str) -> int:
    """Become Flink's process; the result is an exit code, when that can't be."""
    logs.configure("INFO")
    state = Path(os.environ.get("FLINK_STATE_DIR") or _STATE)
    try:
        settings = FlinkSettings.read(os.environ)
        variables = _environment(os.environ, settings)
        _configure(os.environ, state)
        command = _job_manager(state) if role == JOB_MANAGER else _task_manager()
    except SettingsError as error:
        _logger.critical("%s", error)
        return _WRONG_SETTINGS
    os.execve(command[0], list(command), variables)  # noqa: S606 - Flink's own script


def _environment(variables: Mapping[str, str], settings: FlinkSettings) -> dict[str, str]:
    level = "WARN" if settings.log_level == "WARNING" else settings.log_level
    return {**variables, "FLINK_CONF_DIR": str(_CONF), "ROOT_LOG_LEVEL": level}


def _configure(variables: Mapping[str, str], state: Path) -> None:
    try:
        shutil.copytree(_FLINK / "conf", _CONF, dirs_exist_ok=True, copy_function=shutil.copyfile)
        distribution = (_FLINK / "conf" / "config.yaml").read_text()
        (_CONF / "config.yaml").write_text(configuration.of_cluster(distribution, variables, state))
        with (_CONF / "log4j-console.properties").open("a") as log:
            log.writelines(
                f"logger.quiet{at}.name = {name}\nlogger.quiet{at}.level = WARN\n" for at, name in enumerate(_QUIET)
            )
        for folder in (snapshots.CHECKPOINTS, snapshots.SAVEPOINTS):
            (state / folder).mkdir(exist_ok=True)
    except ValueError as error:
        raise SettingsError([str(error)]) from error
    except OSError as error:
        raise SettingsError([f"{error.filename}: {error.strerror}; /tmp and {state} must be writable"]) from error


def _job_manager(state: Path) -> Sequence[str]:
    python = sys.executable
    return (
        str(_FLINK / "bin" / "standalone-job.sh"),
        "start-foreground",
        "--job-classname",
        _DRIVER,
        *_going_on_from(snapshots.newest(state)),
        *("-pyclientexec", python, "-pyexec", python, "-py", _JOB),
    )


def _going_on_from(snapshot: Snapshot | None) -> Sequence[str]:
    if snapshot is None:
        _logger.info("no snapshot: the job begins at the group's committed offsets")
        return ()
    _logger.info("the job goes on from %s", snapshot.path)
    return ("--fromSavepoint", f"file://{snapshot.path}", "-claimMode", snapshot.claim_mode)


def _task_manager() -> Sequence[str]:
    return str(_FLINK / "bin" / "taskmanager.sh"), "start-foreground"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
