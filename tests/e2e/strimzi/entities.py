"""Topics and users, made for real through Kafka's admin API."""

import secrets
import time
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined] # as documented
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from tests.e2e.strimzi.broker import authentication
from tests.e2e.strimzi.status import failed, true

Object = dict[str, Any]
_RESOURCES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactionalId": ResourceType.TRANSACTIONAL_ID,
    "cluster": ResourceType.BROKER,
}
_PATTERNS = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}
_SECONDS = 10.0


def ensure_topic(admin: AdminClient, topic: Object) -> Object:
    """Make the topic as its resource says; the status that this leads to."""
    spec = topic["spec"]
    name = spec.get("topicName") or topic["metadata"]["name"]
    status: Object = {"topicName": name, "conditions": [true("Ready")]}
    try:
        there = admin.list_topics(timeout=_SECONDS).topics.get(name)
        if there is None:
            _create(admin, name, spec)
        elif (wanted := spec.get("partitions")) and wanted < len(there.partitions):
            status["conditions"] = [failed("NotSupported", "Decreasing partitions not supported")]
        else:
            _change(admin, name, spec, len(there.partitions))
    except KafkaException as error:
        code = error.args[0].name().replace("INVALID_CONFIG", "INVALID_CONFIGURATION")
        cause = "".join(part.title() for part in code.split("_"))
        message = f"org.apache.kafka.common.errors.{cause}Exception: {error.args[0].str()}"
        return {"topicName": name, "conditions": [failed("KafkaError", message)]}
    return status | {"topicId": _topic_id(admin, name)}


def _topic_id(admin: AdminClient, name: str) -> str:
    """The topic's id, as soon as the broker knows it of a new one."""
    for _ in range(50):
        (described,) = admin.describe_topics(TopicCollection([name])).values()
        try:
            return str(described.result(_SECONDS).topic_id)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
            time.sleep(0.1)
    raise TimeoutError(f"{name} was made, and is not there")


def _create(admin: AdminClient, name: str, spec: Object) -> None:
    config = {key: str(value) for key, value in spec.get("config", {}).items()}
    new = NewTopic(name, spec.get("partitions", -1), spec.get("replicas", -1), config=config)
    admin.create_topics([new])[name].result(_SECONDS)


def _change(admin: AdminClient, name: str, spec: Object, partitions: int) -> None:
    if spec.get("partitions", 0) > partitions:
        admin.create_partitions([NewPartitions(name, spec["partitions"])])[name].result(_SECONDS)
    entries = [
        ConfigEntry(key, str(value), incremental_operation=AlterConfigOpType.SET)
        for key, value in spec.get("config", {}).items()
    ]
    if entries:
        resource = ConfigResource(ConfigResource.Type.TOPIC, name, incremental_configs=entries)
        admin.incremental_alter_configs([resource])[resource].result(_SECONDS)


def delete_topic(admin: AdminClient, name: str) -> None:
    if name in admin.list_topics(timeout=_SECONDS).topics:
        admin.delete_topics([name])[name].result(_SECONDS)


def partitions(admin: AdminClient, topic: str) -> int:
    found = admin.list_topics(timeout=_SECONDS).topics.get(topic)
    return 0 if found is None else len(found.partitions)


def ends(admin: AdminClient, topic: str) -> dict[int, int]:
    asked = {TopicPartition(topic, number): OffsetSpec.latest() for number in range(partitions(admin, topic))}  # type: ignore[no-untyped-call] # as documented
    return {place.partition: done.result(_SECONDS).offset for place, done in admin.list_offsets(asked).items()}


def committed(admin: AdminClient, group: str, topic: str) -> dict[int, int]:
    (done,) = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()
    return {one.partition: one.offset for one in done.result(_SECONDS).topic_partitions if one.topic == topic}


def principal(user: Object) -> str:
    name = user["metadata"]["name"]
    return f"User:CN={name}" if authentication(user["spec"]) == "tls" else f"User:{name}"


def password() -> str:
    return secrets.token_urlsafe(24)


def set_password(admin: AdminClient, name: str, password: str) -> None:
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
    upsertion = UserScramCredentialUpsertion(name, info, password.encode())
    admin.alter_user_scram_credentials([upsertion])[name].result(_SECONDS)


def set_acls(admin: AdminClient, user: Object, acls: list[Object]) -> None:
    """Make the user's rights those that are listed and no others."""
    kinds = ResourceType.ANY, None, ResourcePatternType.ANY
    everything = AclBindingFilter(*kinds, principal(user), None, AclOperation.ANY, AclPermissionType.ANY)  # type: ignore[arg-type] # as documented
    there = set(admin.describe_acls(everything).result(_SECONDS))
    wanted = {binding for acl in acls for binding in _bindings(principal(user), acl)}
    for done in admin.create_acls(list(wanted - there)).values() if wanted - there else ():
        done.result(_SECONDS)
    for binding in there - wanted:
        exactly = AclBindingFilter(
            binding.restype,
            binding.name,
            binding.resource_pattern_type,
            binding.principal,
            binding.host,
            binding.operation,
            binding.permission_type,
        )
        admin.delete_acls([exactly])[exactly].result(_SECONDS)


def _bindings(principal: str, acl: Object) -> list[AclBinding]:
    resource = acl["resource"]
    return [
        AclBinding(
            _RESOURCES[resource["type"]],
            resource["name"],
            _PATTERNS[resource.get("patternType", "literal")],
            principal,
            acl.get("host", "*"),
            AclOperation[operation.upper()],
            AclPermissionType.ALLOW,
        )
        for operation in acl["operations"]
    ]
