"""The reasons that conditions carry; docs/tracedpipeline.md tells what to do about each."""

from typing import Final

# It is as it should be.
AVAILABLE: Final = "Available"  # every pod of the component is up to date and ready
ALL_AVAILABLE: Final = "AllAvailable"  # every component is available and traces flow
FLOWING: Final = "Flowing"  # a connected trace was read back from Jaeger

# The resource itself.
PENDING: Final = "Pending"  # the operator has not looked at it yet: the CRD's default
INVALID_SPEC: Final = "InvalidSpec"  # a field has a value that cannot be used; nothing was changed
PAUSED: Final = "Paused"  # spec.paused is true; nothing is changed
TOPIC_AND_GROUP_IN_USE: Final = "TopicAndGroupInUse"  # an older pipeline reads this topic in this group
RECONCILE_ERROR: Final = "ReconcileError"  # something went wrong that has no reason of its own; it is tried again
OBJECT_NOT_OWNED: Final = "ObjectNotOwned"  # an object with one of the pipeline's names belongs to somebody else
PREVIOUS_DRAINING: Final = "PreviousDraining"  # an earlier pipeline of the same name is still being deleted
FIELD_CONTESTED: Final = "FieldContested"  # somebody keeps an object otherwise than we want it: condition and event
FINALIZERS_LEFT: Final = "FinalizersLeft"  # topics would never go if the pipeline was deleted now: DeletionUnsafe

# Kafka.
TOPIC_READY: Final = "TopicReady"  # Kafka answers, and the topics are as they should be
KAFKA_UNREACHABLE: Final = "KafkaUnreachable"  # nothing answers at the bootstrap servers
KAFKA_AUTHENTICATION_FAILED: Final = "KafkaAuthenticationFailed"  # Kafka refused the credentials or their mechanism
KAFKA_TLS_FAILED: Final = "KafkaTlsFailed"  # no TLS connection: the CA, the broker's certificate, or no TLS over there
TOPIC_INVALID: Final = "TopicInvalid"  # Kafka takes no topic of that name
TOPIC_CONFIGURATION_INVALID: Final = "TopicConfigurationInvalid"  # Kafka takes no topic with these settings
KAFKA_QUOTA_EXCEEDED: Final = "KafkaQuotaExceeded"  # Kafka limits how many topics and partitions are created
TOO_FEW_BROKERS: Final = "TooFewBrokers"  # the topic wants more replicas than Kafka has brokers
KAFKA_REFUSED: Final = "KafkaRefused"  # Kafka answered, and refused the request for another reason, such as a right
SECRET_INVALID: Final = "SecretInvalid"  # noqa: S105 - what a Secret holds is empty, no text, or no certificate
SECRET_MISSING: Final = "SecretMissing"  # noqa: S105 - a Secret that the spec names, or a key in it, is not there
TOPIC_MISSING: Final = "TopicMissing"  # the topic is not there, and topic.create is false
TOPIC_DISAPPEARED: Final = "TopicDisappeared"  # a topic was there and is gone; it is created again after this was said
TOPIC_HAS_FEWER_PARTITIONS: Final = "TopicHasFewerPartitions"  # the topic has fewer partitions than the spec wants

# Kafka, where Strimzi runs it.
STRIMZI_NOT_INSTALLED: Final = "StrimziNotInstalled"  # the API server does not know Strimzi's resources
KAFKA_NOT_FOUND: Final = "KafkaNotFound"  # there is no Kafka cluster of that name
KAFKA_NOT_READY: Final = "KafkaNotReady"  # Strimzi says that the Kafka cluster is not ready, or nothing yet
KAFKA_PAUSED: Final = "KafkaPaused"  # somebody told Strimzi to leave the Kafka cluster alone
KAFKA_NOT_OWNED: Final = "KafkaNotOwned"  # a Kafka cluster that is to be made is there, and somebody else's
KAFKA_NOT_ALLOWED: Final = "KafkaNotAllowed"  # the operator may not read the Kafka cluster's namespace
KAFKA_IN_OTHER_NAMESPACE: Final = "KafkaInOtherNamespace"  # it asks for a user, whose Secret would be over there
LISTENER_NOT_FOUND: Final = "ListenerNotFound"  # the Kafka cluster has no such listener, or none that can be used
TOPIC_NOT_READY: Final = "TopicNotReady"  # Strimzi has not made the topic as it should be
USER_NOT_READY: Final = "UserNotReady"  # Strimzi has not made a client's user
AUTHORIZATION_DENIED: Final = "AuthorizationDenied"  # Kafka refused what a client was about to do

# Components.
PROGRESSING: Final = "Progressing"  # pods are being started or replaced
NOT_CREATED: Final = "NotCreated"  # the Deployment is not there yet
IMAGE_PULL_BACK_OFF: Final = "ImagePullBackOff"  # the node cannot get a container's image
FAILED_CREATE: Final = "FailedCreate"  # the API server refuses the component's pods: a quota, or a policy
UNSCHEDULABLE: Final = "Unschedulable"  # no node has room for a pod
OOM_KILLED: Final = "OOMKilled"  # a container was killed because it used more memory than its limit
CRASH_LOOP_BACK_OFF: Final = "CrashLoopBackOff"  # a container ends again and again
CREATE_CONTAINER_CONFIG_ERROR: Final = (
    "CreateContainerConfigError"  # a container cannot be created from what it refers to
)

# The consumer, where Flink runs it.
JOB_RUNNING: Final = "JobRunning"  # every task of the job runs, and checkpoints complete
STOPPING_WITH_SAVEPOINT: Final = "StoppingWithSavepoint"  # the job ends with a savepoint, from which the new one starts
JOB_STARTING: Final = "JobStarting"  # the job is being submitted, restored or deployed
JOB_MANAGER_UNREACHABLE: Final = "JobManagerUnreachable"  # the JobManager's pod is ready, but its REST API is silent
JOB_FAILED: Final = "JobFailed"  # the job failed for good; nothing restarts it by itself
JOB_RESTARTING: Final = "JobRestarting"  # the job failed, is restarted, and fails again
JOB_STOPPED: Final = "JobStopped"  # the job was ended by somebody; it is started again
OUT_OF_MEMORY: Final = "OutOfMemory"  # a TaskManager, or Python beside it, was killed for its memory
CHECKPOINTS_FAILING: Final = "CheckpointsFailing"  # no checkpoint completes, so that a restart repeats ever more
NO_SLOTS: Final = "NoSlots"  # TaskManagers have no pods, or are ready but have not registered with the JobManager
FLINK_REFUSED: Final = "FlinkRefused"  # the Flink Kubernetes Operator refused the FlinkDeployment
FLINK_BLOCKED: Final = "FlinkBlocked"  # the Flink Kubernetes Operator cannot bring the JobManager up

# Traces.
WAITING_FOR_COMPONENTS: Final = "WaitingForComponents"  # no trace can be there before all components are available
NO_PRODUCER_SPANS: Final = "NoProducerSpans"  # Jaeger has nothing recent from the producer
NO_CONSUMER_SPANS: Final = "NoConsumerSpans"  # Jaeger has recent spans from the producer, none from the consumer
TRACES_NOT_CONNECTED: Final = "TracesNotConnected"  # both send spans, but messages arrive without their trace
WAITING_FOR_SPANS: Final = "WaitingForSpans"  # the consumer continues traces whose send spans are not in Jaeger yet
CONSUMER_BEHIND: Final = "ConsumerBehind"  # it processes what is so old that Jaeger no longer has the send spans
JAEGER_UNREACHABLE: Final = "JaegerUnreachable"  # Jaeger's query API does not answer
SAMPLING_OFF: Final = "SamplingOff"  # tracing.samplingRatio is 0, so there are no traces

# Components and traces.
SCALED_TO_ZERO: Final = "ScaledToZero"  # replicas of producer or consumer is 0, which is as it should be

# There are no traces to wait for.
NO_TRACES: Final = frozenset({SAMPLING_OFF, SCALED_TO_ZERO})

# What Ready and TracesFlowing pass through when nothing is wrong.
EXPECTED: Final = NO_TRACES | frozenset(
    {
        FLOWING,
        ALL_AVAILABLE,
        PROGRESSING,
        NOT_CREATED,
        PAUSED,
        PREVIOUS_DRAINING,
        STOPPING_WITH_SAVEPOINT,
        JOB_STARTING,
        JOB_STOPPED,
    }
)
