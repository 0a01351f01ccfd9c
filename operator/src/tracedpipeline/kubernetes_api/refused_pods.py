"""Why the API server does not take a Deployment's pods, and what helps. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tracedpipeline import reasons
from tracedpipeline.untrusted.quoting import one_line
from tracedpipeline.verdict import Verdict

# What the API server and its admission plugins say. Each helps against another cause, and the first that fits is taken.
_ADVICE = {
    "exceeded quota": "raise the quota, or lower resources",
    "failed quota": "give resources what the quota wants to have set",
    "must be less than or equal to": "a LimitRange of the namespace sets this limit: "
    "give resources.limits, or change its default",
    r"per (Container|Pod) is": "a LimitRange of the namespace says so: change resources, or the LimitRange",
    "violates PodSecurity": "let the namespace's Pod Security Standard allow it, or use another namespace",
    "failed calling webhook": "the webhook does not answer: bring it up, or remove its configuration",
    "denied the request|ValidatingAdmissionPolicy": "change what the policy demands, or exempt the namespace",
    "service ?account": "it is created again: wait",
}


def refusals(status: Mapping[str, Any]) -> Iterator[Verdict]:
    """Yield why the API server does not even take the pods."""
    for condition in status.get("conditions", ()):
        if (condition["type"], condition["status"]) == ("ReplicaFailure", "True"):
            said = one_line(condition.get("message", ""), 600)
            message = f"the API server takes no more of its pods: {said}: {_advice(said)}"
            yield Verdict(False, reasons.FAILED_CREATE, message)


def _advice(said: str) -> str:
    return next((advice for cause, advice in _ADVICE.items() if re.search(cause, said)), "change what it names")
