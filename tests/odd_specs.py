"""Specs that are refused, each with the path and the words, and odd ones that are fine.

Read by the unit tests, which ask the types, and by the stories, which ask the API server: both must say the same.
"""

from typing import Any

SERVERS = "kafka.kafka.svc:9092"
Odd = dict[str, Any]


def kafka(**more: Any) -> Odd:
    return {"kafka": {"bootstrapServers": SERVERS} | more}


def servers(text: str) -> Odd:
    return kafka(bootstrapServers=text)


def topic(**fields: Any) -> Odd:
    return kafka(topic=fields)


def security(**fields: Any) -> Odd:
    return kafka(security=fields)


def cluster(**fields: Any) -> Odd:
    return {"kafka": {"cluster": {"name": "demo"} | fields}}


def group(text: str) -> Odd:
    return kafka() | {"consumer": {"groupId": text}}


def env(name: str, value: str = "x") -> Odd:
    return kafka() | {"producer": {"env": [{"name": name, "value": value}]}}


def value_from(**where: Any) -> Odd:
    return kafka() | {"producer": {"env": [{"name": "A", "valueFrom": where}]}}


def image(text: str) -> Odd:
    return kafka() | {"producer": {"image": text}}


def limit(component: str, **amounts: str) -> Odd:
    return kafka() | {component: {"resources": {"limits": amounts}}}


def flink(**fields: Any) -> Odd:
    return kafka() | {"consumer": {"engine": "Flink", "flink": fields}}


def task_manager(**resources: Any) -> Odd:
    return flink(taskManager={"resources": resources})


PASSWORD = {"protocol": "SASL_PLAINTEXT", "mechanism": "PLAIN", "credentialsSecret": "login"}
_HOST, _SERVERS = "spec.kafka.bootstrapServers", "write host:port"
_TOPIC, _RETENTION = "spec.kafka.topic.name", "spec.kafka.topic.retention"
_GROUP, _GROUP_WORDS = "spec.consumer.groupId", "a group's id has only"
_IMAGE, _IMAGE_WORDS = "spec.producer.image", "write an image as"
_VARIABLE, _KEY = "spec.producer.env[0]", {"name": "partner", "key": "token"}
_ENV = f"{_VARIABLE}.name"
_LIMITS = "spec.producer.resources.limits"
_STORAGE = "spec.consumer.flink.checkpointStorage"

REFUSED: dict[str, tuple[Odd, str, str]] = {
    "a ratio near 0": (
        kafka() | {"tracing": {"samplingRatio": 1e-12}},
        "spec.tracing.samplingRatio",
        "at least 0.000001",
    ),
    "a ratio below 0": (
        kafka() | {"tracing": {"samplingRatio": -0.1}},
        "spec.tracing.samplingRatio",
        "greater than or equal to 0",
    ),
    "a rate near 0": (
        kafka() | {"producer": {"ratePerSecond": 1e-10}},
        "spec.producer.ratePerSecond",
        "at least 0.001",
    ),
    "a rate of 0": (kafka() | {"producer": {"ratePerSecond": 0}}, "spec.producer.ratePerSecond", "greater than 0"),
    "the smallest float": (
        kafka() | {"producer": {"ratePerSecond": 5e-324}},
        "spec.producer.ratePerSecond",
        "at least 0.001",
    ),
    "Flink without a processor": (
        task_manager(limits={"cpu": "0"}),
        "spec.consumer.flink.taskManager.resources.limits.cpu",
        "between 1m and 1k",
    ),
    "a request of nothing": (
        task_manager(requests={"cpu": "0"}, limits={"cpu": "1"}),
        "spec.consumer.flink.taskManager.resources.requests.cpu",
        "between 1m and 1k",
    ),
    "a JobManager's request of nothing": (
        flink(jobManager={"resources": {"requests": {"cpu": "0m"}}}),
        "spec.consumer.flink.jobManager.resources.requests.cpu",
        "between 1m and 1k",
    ),
    "less than a thousandth of a core": (limit("producer", cpu="0.5m"), f"{_LIMITS}.cpu", "between 1m and 1k"),
    "more cores than there are": (limit("producer", cpu="999999"), f"{_LIMITS}.cpu", "between 1m and 1k"),
    "cores in Ti": (limit("producer", cpu="1Ti"), f"{_LIMITS}.cpu", "write a quantity"),
    "no memory": (limit("producer", memory="0"), f"{_LIMITS}.memory", "between 4Mi and 64Ti"),
    "memory in thousandths of bytes": (
        limit("producer", memory="128000000000m"),
        f"{_LIMITS}.memory",
        "write a quantity",
    ),
    "memory in bytes for Mi": (limit("producer", memory="128"), f"{_LIMITS}.memory", "between 4Mi and 64Ti"),
    "more memory than there is": (
        limit("jaeger", memory="999999999999Ti"),
        "spec.jaeger.resources.limits.memory",
        "between 4Mi and 64Ti",
    ),
    "a claim of nothing": (flink(checkpointStorage={"size": "0"}), f"{_STORAGE}.size", "between 16Mi and 1024Ti"),
    "a claim of bytes": (flink(checkpointStorage={"size": "10"}), f"{_STORAGE}.size", "between 16Mi and 1024Ti"),
    "a broker's volume of nothing": (
        cluster(create=True, storage={"type": "persistent", "size": "0Gi"}),
        "spec.kafka.cluster.storage.size",
        "between 16Mi and 1024Ti",
    ),
    "a host with a no-break space": (servers("kafka\u00a0:9092"), _HOST, _SERVERS),
    "a host with a zero-width space": (servers("kafka\u200b:9092"), _HOST, _SERVERS),
    "a host in Cyrillic": (servers("\u043aafka:9092"), _HOST, _SERVERS),
    "a variable for a host": (servers("$(POD_NAME):9092"), _HOST, _SERVERS),
    "a path behind the host": (servers("kafka/x:9092"), _HOST, _SERVERS),
    "a URL": (servers("http://kafka:9092"), _HOST, _SERVERS),
    "a user before the host": (servers("me@kafka:9092"), _HOST, _SERVERS),
    "a port of 0": (servers("kafka:0"), _HOST, _SERVERS),
    "a port out of range": (servers("kafka:65536"), _HOST, _SERVERS),
    "a port in words": (servers("kafka:kafka"), _HOST, _SERVERS),
    "no server behind the comma": (servers("kafka:9092,"), _HOST, _SERVERS),
    "a server with a line feed": (servers("kafka:9092\n"), _HOST, _SERVERS),
    "an empty label in a host": (servers("kafka..svc:9092"), _HOST, _SERVERS),
    "a host longer than DNS has": (servers(f"{'a.' * 200}b:9092"), _HOST, "at most 253 characters"),
    "IPv6 without brackets": (servers("::1:9092"), _HOST, _SERVERS),
    "IPv6 with two gaps": (servers("[1::2::3]:9092"), _HOST, _SERVERS),
    "an internal topic": (topic(name="__consumer_offsets"), _TOPIC, "Kafka's internal ones"),
    "dead letters to an internal topic": (
        kafka(deadLetterTopic="__transaction_state"),
        "spec.kafka.deadLetterTopic",
        "Kafka's internal ones",
    ),
    "a topic with a blank": (topic(name="a b"), _TOPIC, "a topic's name has only"),
    "a topic for all": (topic(name="*"), _TOPIC, "a topic's name has only"),
    "a topic with a line feed": (topic(name="a\n"), _TOPIC, "a topic's name has only"),
    "a topic of two dots": (topic(name=".."), _TOPIC, "Kafka keeps . and .."),
    "dead letters that are the topic to Kafka": (
        kafka(topic={"name": "a.b"}, deadLetterTopic="a_b"),
        "spec.kafka",
        "by more than dots and underscores",
    ),
    "dead letters that are the results to Kafka": (
        kafka(topic={"name": "a"}, deadLetterTopic="a_results") | {"consumer": {"engine": "Flink"}},
        "spec",
        "kafka.deadLetterTopic is the topic that Flink writes its results to",
    ),
    "records kept for 1 ms": (topic(retention="1ms"), _RETENTION, "keep records for at least 1m"),
    "records kept for 0 h": (topic(retention="0h"), _RETENTION, "keep records for at least 1m"),
    "records kept for a century": (topic(retention="876000h"), _RETENTION, "at most 87600h"),
    "a duration longer than Go's": (topic(retention="9999999h"), _RETENTION, "write a duration"),
    "an image with two tags": (image("a:b:c"), _IMAGE, _IMAGE_WORDS),
    "an image in capitals": (image("Producer"), _IMAGE, _IMAGE_WORDS),
    "an image with an empty folder": (image("a//b"), _IMAGE, _IMAGE_WORDS),
    "an image without a tag behind the colon": (image("a:"), _IMAGE, _IMAGE_WORDS),
    "an image's URL": (image("https://registry.example/a"), _IMAGE, _IMAGE_WORDS),
    "an image with a short digest": (image("a@sha256:abc"), _IMAGE, _IMAGE_WORDS),
    "an image with a digest of no kind": (image(f"a@md5:{'0' * 32}"), _IMAGE, _IMAGE_WORDS),
    "an image with a variable": (image("a:$(TAG)"), _IMAGE, _IMAGE_WORDS),
    "an image with a blank": (image("a b"), _IMAGE, _IMAGE_WORDS),
    "an image's id": (image("0123456789abcdef" * 4), _IMAGE, "taken for an image's id"),
    "a variable without a value": (
        kafka() | {"producer": {"env": [{"name": "A"}]}},
        _VARIABLE,
        "either value or valueFrom",
    ),
    "a variable with two values": (
        kafka() | {"producer": {"env": [{"name": "A", "value": "x", "valueFrom": {"secretKeyRef": _KEY}}]}},
        _VARIABLE,
        "either value or valueFrom",
    ),
    "a value from nowhere": (value_from(), f"{_VARIABLE}.valueFrom", "name one of"),
    "a value from two places": (
        value_from(secretKeyRef=_KEY, configMapKeyRef=_KEY),
        f"{_VARIABLE}.valueFrom",
        "name one of",
    ),
    "a value from a Secret with two dots": (
        value_from(secretKeyRef=_KEY | {"name": "a..b"}),
        f"{_VARIABLE}.valueFrom.secretKeyRef.name",
        "single dots",
    ),
    "a value from a path": (
        value_from(configMapKeyRef=_KEY | {"key": "../x"}),
        f"{_VARIABLE}.valueFrom.configMapKeyRef.key",
        "a key has only letters",
    ),
    "a variable with NUL": (env("A", "a\0b"), "spec.producer.env[0].value", "cannot hold NUL"),
    "a variable for the loader": (env("LD_PRELOAD", "/tmp/x.so"), _ENV, "LD_ variables"),
    "another variable for the loader": (env("LD_AUDIT"), _ENV, "LD_ variables"),
    "another Kafka for the producer": (env("KAFKA_BOOTSTRAP_SERVERS", "x:1"), _ENV, "connects the pipeline's parts"),
    "a password in plain text by a variable": (
        env("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
        _ENV,
        "connects the pipeline's parts",
    ),
    "another service name": (env("OTEL_SERVICE_NAME"), _ENV, "connects the pipeline's parts"),
    "a variable with an equals sign": (env("A=B"), _ENV, "a variable's name has"),
    "a variable without a name": (env(""), _ENV, "a variable's name has"),
    "every group": (group("*"), _GROUP, _GROUP_WORDS),
    "groups by pattern": (group("a*"), _GROUP, _GROUP_WORDS),
    "no group": (group(""), _GROUP, _GROUP_WORDS),
    "a blank group": (group(" "), _GROUP, _GROUP_WORDS),
    "a group with a line feed": (group("a\n"), _GROUP, _GROUP_WORDS),
    "a group with a control character": (group("a\x1b"), _GROUP, _GROUP_WORDS),
    "a group from a variable": (group("$(POD_NAME)"), _GROUP, _GROUP_WORDS),
    "a Secret with two dots": (
        security(protocol="SSL", caSecret="a..b"),
        "spec.kafka.security.caSecret",
        "name a Secret",
    ),
    "a Secret with a hyphen at a dot": (
        security(protocol="SSL", caSecret="a-.b"),
        "spec.kafka.security.caSecret",
        "name a Secret",
    ),
    "a claim with two dots": (
        flink(checkpointStorage={"existingClaim": "a..b"}),
        f"{_STORAGE}.existingClaim",
        "single dots",
    ),
    "a storage class with two dots": (
        flink(checkpointStorage={"storageClassName": "a..b"}),
        f"{_STORAGE}.storageClassName",
        "single dots",
    ),
    "a password in plain text": (security(**PASSWORD), "spec.kafka.security", "allowPlaintextPassword: true"),
    "a password in plain text, not allowed": (
        security(**PASSWORD, allowPlaintextPassword=False),
        "spec.kafka.security",
        "allowPlaintextPassword: true",
    ),
}

ACCEPTED: dict[str, Odd] = {
    "IPv6": servers("[::1]:9092"),
    "IPv6 in full": servers("[2001:db8:0:0:0:0:0:1]:9092"),
    "IPv6 with a gap, a zone, an IPv4 at its end": servers(
        "[fe80::1%eth0]:9092,[2001:db8::1]:9092,[::ffff:10.0.0.1]:9092"
    ),
    "several servers": servers("kafka-0.kafka.svc:9092,kafka-1.kafka.svc:9092,10.0.0.1:65535,localhost:1"),
    "a host with a dot at its end": servers("kafka.kafka.svc.cluster.local.:9092"),
    "a host with underscores and capitals": servers("Kafka_1:9092"),
    "the smallest rate and ratio": kafka()
    | {"producer": {"ratePerSecond": 0.001}, "tracing": {"samplingRatio": 0.000001}},
    "no traces": kafka() | {"tracing": {"samplingRatio": 0}},
    "the least and the most": kafka()
    | {
        "producer": {
            "resources": {"requests": {"cpu": "1m", "memory": "4Mi"}, "limits": {"cpu": "1000", "memory": "64Ti"}}
        }
    },
    "fractions": limit("consumer", cpu="0.25", memory="1.5Gi"),
    "an image by its digest": image(f"registry.example:5000/team/a_b/c-d:1.0@sha256:{'0a' * 32}"),
    "an image of a registry with an IPv6 address": image("[2001:db8::1]:5000/a"),
    "an image without a tag": image("producer"),
    "a group with what others have": group("team/orders:reader.v1@eu-1_a"),
    "a group of one character": group("a"),
    "a topic with one underscore in front": topic(name="_schemas"),
    "records kept for ten years": topic(retention="87600h"),
    "records kept for a minute": topic(retention="1m"),
    "another Collector": env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.observability:4318"),
    "another pod's name in a variable": env("WHO", "$(POD_NAME)\n\ttwo lines"),
    "a variable with an empty value": env("EMPTY", ""),
    "a value from a Secret": value_from(secretKeyRef=_KEY),
    "a value from a ConfigMap": value_from(configMapKeyRef=_KEY | {"key": "app.properties"}),
    "neither pods of the producer nor of the consumer": kafka()
    | {"producer": {"replicas": 0}, "consumer": {"replicas": 0}},
    "a Secret with dots": security(protocol="SSL", caSecret="kafka.ca-1.v2"),
    "a password in plain text, allowed": security(**PASSWORD, allowPlaintextPassword=True),
    "SCRAM without TLS": security(**PASSWORD | {"mechanism": "SCRAM-SHA-512"}),
    "PLAIN with TLS": security(**PASSWORD | {"protocol": "SASL_SSL"}),
    "a storage class with dots": cluster(
        create=True, storage={"type": "persistent", "size": "16Mi", "storageClassName": "ebs.csi.example"}
    ),
}
