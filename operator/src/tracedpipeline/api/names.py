"""Texts that others parse, in the grammar of those others: Kubernetes, container runtimes, Kafka."""

from typing import Annotated

from tracedpipeline.api.rules import Rule, Text, matches

# RFC 1123, as Kubernetes has it.
LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
LABEL_LIMIT = 63
Label = Annotated[
    str, Text(matches(LABEL, "a name has only lower-case letters, digits and hyphens"), max_length=LABEL_LIMIT)
]
_SUBDOMAIN = rf"{LABEL}(\.{LABEL})*"
ObjectName = Annotated[
    str,
    Text(
        matches(
            _SUBDOMAIN, "a name has only lower-case letters, digits, hyphens and single dots, a letter or digit outside"
        ),
        max_length=253,
    ),
]
SecretName = Annotated[
    str,
    Text(
        matches(
            _SUBDOMAIN,
            "name a Secret of this namespace: lower-case letters, digits, hyphens and single dots",
        ),
        max_length=253,
    ),
]

# https://pkg.go.dev/github.com/distribution/reference, with the digests that container runtimes register.
_REGISTRY = r"([a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])"
_PATH = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_DIGEST = r"(sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})"
IMAGE = rf"({_REGISTRY}(:[0-9]+)?/)?{_PATH}(/{_PATH})*(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{{0,127}})?(@{_DIGEST})?"
IMAGE_ADVICE = "write an image as registry/name:tag or registry/name@sha256:…, its name in lower case"
Image = Annotated[
    str,
    Text(
        matches(IMAGE, IMAGE_ADVICE),
        Rule(
            "!self.matches(r'^[a-f0-9]{64}$')",
            "64 hexadecimal digits are taken for an image's id: write its name",
            lambda text: len(text) != 64 or bool(set(text) - set("0123456789abcdef")),
        ),
        max_length=512,
    ),
]

# 1 to 65535.
_PORT = r"([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
# A host's name may have underscores where no public DNS serves it, and end in a dot.
_HOST_LABEL = r"[a-zA-Z0-9_]([-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?"
_HOST = rf"{_HOST_LABEL}(\.{_HOST_LABEL})*\.?"
_GROUP = r"[a-fA-F0-9]{1,4}"
_IPV4 = r"[0-9]{1,3}(\.[0-9]{1,3}){3}"
_IPV6 = (
    rf"(({_GROUP}:){{7}}{_GROUP}|({_GROUP}:){{6}}{_IPV4}"
    rf"|({_GROUP}(:{_GROUP}){{0,6}})?::(({_GROUP}:){{0,6}}({_GROUP}|{_IPV4}))?)"
)
_SERVER = rf"({_HOST}|\[{_IPV6}(%[a-zA-Z0-9_.-]+)?\]):{_PORT}"
_LONGEST_SERVER = 253 + len(":65535")
Servers = Annotated[
    str,
    Text(
        matches(
            rf"{_SERVER}(,{_SERVER})*",
            "write host:port, comma-separated where there are several, such as kafka.kafka.svc:9092 or [::1]:9092; "
            "a port is 1 to 65535",
        ),
        Rule(
            f"self.split(',').all(server, size(server) <= {_LONGEST_SERVER})",
            "a host's name has at most 253 characters",
            lambda text: all(len(server) <= _LONGEST_SERVER for server in text.split(",")),
        ),
        max_length=2048,
    ),
]

# Kafka's own limit of topics' names; groups have none, but this is what our clients take.
TOPIC_LIMIT = 249
Topic = Annotated[
    str,
    Text(
        matches(r"[a-zA-Z0-9._-]+", "a topic's name has only letters, digits, dots, underscores and hyphens"),
        Rule(
            "!(self in ['.', '..'])",
            "Kafka keeps . and .. for itself: choose another name",
            lambda topic: topic not in (".", ".."),
        ),
        Rule(
            "!self.startsWith('__')",
            "topics whose names begin with __ are Kafka's internal ones: choose another name",
            lambda topic: not topic.startswith("__"),
        ),
        max_length=TOPIC_LIMIT,
    ),
]
Group = Annotated[
    str,
    Text(
        matches(
            r"[a-zA-Z0-9._:/@-]+",
            "a group's id has only letters, digits and . _ : / @ -; Kafka's ACLs would take * for any group",
        ),
        max_length=TOPIC_LIMIT,
    ),
]
