"""What changes when the content of a client's Secrets does, so that its pods are replaced. Pure.

It stands in an annotation, which more people may read than the Secrets. A password that somebody chose can be guessed
from a plain hash of it. So the hash is a slow one (scrypt), salted by the pipeline, and short: of a billion guesses,
which take a year of one processor, sixty fit, and none of them is known to be right. (One of the ten thousand commonest
passwords is found all the same, as it is by trying them on Kafka.) One new password in 16 million has the revision of
the old one, and is not noticed.

What identifies a Secret would tell nothing at all, but it changes with each label, and when it is made again as it was.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache

from tracedpipeline.kafka.connection import KafkaConnection

# https://datatracker.ietf.org/doc/html/rfc7914#section-2: some 40 ms, and 4 MiB, since many may be reckoned at once.
COST, BLOCK_SIZE, PARALLELISM = 2**12, 8, 4
BYTES = 3


def revision(connection: KafkaConnection, secrets: Mapping[str, Mapping[str, bytes]], salt: str) -> str:
    """Return what stands for the content of those keys that the connection takes; nothing where it takes none."""
    taken = [secrets[name][key] for name, keys in connection.secrets.items() for key in keys]
    if not taken:
        return ""
    lengths = ",".join(str(len(content)) for content in taken)
    return _slow(hashlib.sha256(b"".join([lengths.encode(), *taken])).digest(), salt.encode())


@lru_cache(maxsize=4096)  # what is kept is of a fixed size, and no password
def _slow(content: bytes, salt: bytes) -> str:
    return hashlib.scrypt(content, salt=salt, n=COST, r=BLOCK_SIZE, p=PARALLELISM, dklen=BYTES).hex()
