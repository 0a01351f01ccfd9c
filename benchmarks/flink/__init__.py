"""The Flink consumer: what tracing costs it, how late it is, what a killed TaskManager loses."""
