"""What a field, or several together, must obey: said once for the API server (CEL) and once for ourselves.

The API server asks at admission, so that a bad resource is refused in words; we ask in `tracedpipeline validate`, where
there is no API server, and at run time, where an older CRD may have let something through.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, core_schema

VALIDATIONS = "x-kubernetes-validations"


@dataclass(frozen=True)
class Rule:
    """A condition in CEL, what to do where it does not hold, and the same condition in Python.

    A rule about a change, which has `oldSelf`, has no Python: only the API server knows what was there before.
    """

    cel: str
    message: str
    holds: Callable[[Any], bool] = lambda _: True

    @property
    def schema(self) -> dict[str, str]:
        """The rule as the CRD carries it."""
        return {"rule": self.cel, "message": self.message}


def broken(rules: tuple[Rule, ...], value: Any) -> str:
    """Return the messages of the rules that the value breaks; empty where it breaks none."""
    return "; ".join(rule.message for rule in rules if not rule.holds(value))


def matches(pattern: str, message: str, *, of: str = "self") -> Rule:
    """Return the rule that the whole text has this pattern, which both RE2 and Python understand."""
    return Rule(
        f"{of}.matches(r'^{pattern}$')", message, lambda text: re.fullmatch(pattern, text, re.ASCII) is not None
    )


class Text:
    """Annotation of a text: its greatest length, and rules. A rule's message says more than a `pattern` would."""

    def __init__(self, *rules: Rule, max_length: int) -> None:
        self.rules = rules
        self.max_length = max_length

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(max_length=self.max_length)
        return core_schema.no_info_after_validator_function(self._obey, text)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), VALIDATIONS: [rule.schema for rule in self.rules]}

    def _obey(self, text: str) -> str:
        if problem := broken(self.rules, text):
            raise ValueError(problem)
        return text


class Obeys:
    """Annotation of a value that is no text: rules that its type and limits cannot say."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._obey, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), VALIDATIONS: [rule.schema for rule in self.rules]}

    def _obey(self, value: Any) -> Any:
        if problem := broken(self.rules, value):
            raise ValueError(problem)
        return value


def _add_rules(schema: dict[str, Any], part: type["SpecModel"]) -> None:
    if part.RULES:
        schema[VALIDATIONS] = [rule.schema for rule in part.RULES]


class SpecModel(BaseModel):
    """A part of the resource: immutable, camelCase outside, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        allow_inf_nan=False,
        json_schema_extra=_add_rules,
    )
    RULES: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="after")
    def _obey(self) -> Self:
        if problem := broken(self.RULES, self):
            raise ValueError(problem)
        return self
