"""How much of its container's memory a Go process may fill, and how many traces fit into Jaeger's. Pure arithmetic.

A trace of three spans took 9 to 10 KiB of Jaeger's memory when it was measured with nothing to limit the heap. It is
reckoned with more: its attributes may be longer than ours, and the collector of garbage needs room to work in.
"""

from tracedpipeline.api.quantities import amount

MIB = 1024**2
# The garbage collector works harder as the heap comes near to GOMEMLIMIT, which the rest of the process is beside.
HEAP_SHARE = 80  # per cent of the container's limit
# What Jaeger takes without a trace.
BASE = 64 * MIB
BYTES_PER_TRACE = 16 * 1024
# The results of Flink's operators, and their way through a topic of their own, are in the same trace.
BYTES_PER_FLINK_TRACE = 2 * BYTES_PER_TRACE
FEWEST_TRACES = 100
# Jaeger looks through all of them for a query, and sets aside a slot for each as it starts.
MOST_TRACES = 1_000_000
SMALLEST_HEAP = 16 * MIB
# Go's runtime takes no more than a signed number of 64 bits.
LARGEST_HEAP = 2**63 - 1


def heap_limit(memory: str) -> int:
    """Return the heap's limit in bytes for a container that may use this much memory."""
    return min(max(int(amount(memory) * HEAP_SHARE / 100), SMALLEST_HEAP), LARGEST_HEAP)


def heap_variable(memory: str) -> dict[str, str]:
    """Return the variable that tells Go's runtime, so that it collects garbage before the kernel ends the process."""
    return {"name": "GOMEMLIMIT", "value": str(heap_limit(memory))}


def traces(memory: str, *, flink: bool) -> int:
    """Return how many traces a Jaeger keeps whose container may use this much memory."""
    room = heap_limit(memory) - BASE
    return min(max(room // (BYTES_PER_FLINK_TRACE if flink else BYTES_PER_TRACE), FEWEST_TRACES), MOST_TRACES)
