"""What Flink's PythonDriver runs."""

from traced_flink_consumer.__main__ import run

if __name__ == "__main__":
    run()
