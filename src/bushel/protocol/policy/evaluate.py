"""Policies compiled, and their answers. An explicit deny outweighs every allow; saying nothing is neither.

Source: IAM User Guide, "Policy evaluation logic".
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from bushel.protocol.policy.actions import RESOURCE_OF
from bushel.protocol.policy.operators import Condition, Operator
from bushel.protocol.policy.principals import Named, Principal, Principals
from bushel.protocol.policy.wildcards import Lookup, Matches, Pattern, has_variables, matcher, with_variables

ALLOW: Final = "Allow"
DENY: Final = "Deny"


class Question(NamedTuple):
    """What policies are asked.

    Attributes:
        action: ``s3:GetObject``.
        resource: ARN of a bucket or an object; ``*`` for the service.
        principal: Who asks; ``None`` for an anonymous caller.
        lookup: Values of condition keys.
    """

    action: str
    resource: str
    principal: Principal | None
    lookup: Lookup


class ConditionRecord(NamedTuple):
    """One key of a Condition block, as it was written and as a test."""

    operator: Operator
    key: str
    values: tuple[str, ...]
    holds: Condition


class Statement:
    """One statement.

    Attributes:
        sid: Empty where it has none.
        effect: ``Allow`` or ``Deny``.
        principals: The Principal or NotPrincipal element; ``None`` in a user's policy.
        but_principals: It is NotPrincipal.
        actions: What Action means, or what NotAction leaves.
        resources: The Resource or NotResource element.
        but_resources: It is NotResource.
        conditions: All must hold.
    """

    __slots__ = (
        "_is_resource",
        "actions",
        "but_principals",
        "but_resources",
        "conditions",
        "effect",
        "principals",
        "resources",
        "sid",
    )

    def __init__(
        self,
        sid: str,
        effect: str,
        principals: Principals | None,
        actions: frozenset[str],
        resources: Sequence[Pattern],
        conditions: Sequence[ConditionRecord] = (),
        *,
        but_principals: bool = False,
        but_resources: bool = False,
    ) -> None:
        self.sid: Final = sid
        self.effect: Final = effect
        self.principals: Final = principals
        self.but_principals: Final = but_principals
        self.actions: Final = actions
        self.resources: Final = tuple(resources)
        self.but_resources: Final = but_resources
        self.conditions: Final = tuple(conditions)
        self._is_resource: Final = tuple(_resource_test(pattern) for pattern in self.resources)

    def applies(self, question: Question) -> bool:
        """Whether the statement speaks of what is asked; that the action is among its actions is known."""
        principals = self.principals
        if (
            principals is not None
            and not (principals.everyone and not self.but_principals)
            and principals.include(question.principal) is self.but_principals
        ):
            return False
        resource, lookup = question.resource, question.lookup
        for is_resource in self._is_resource:
            if is_resource(resource, lookup):
                if self.but_resources:
                    return False
                break
        else:
            if not self.but_resources:
                return False
        for condition in self.conditions:  # noqa: SIM110 - a generator would cost as much as the test
            if not condition.holds(lookup):
                return False
        return True


class Policy:
    """A policy, compiled once.

    Attributes:
        statements: In the order of the document.
        named: The principals that must exist for S3 to accept the policy.
    """

    __slots__ = ("_by_action", "named", "statements")

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements: Final = tuple(statements)
        self.named: Final[frozenset[Named]] = frozenset().union(
            *(statement.principals.named for statement in statements if statement.principals is not None)
        )
        ordered = sorted(statements, key=lambda statement: statement.effect != DENY)
        # A request meets the statements about its action alone, those that deny first.
        self._by_action: Final = {
            action: tuple(statement for statement in ordered if action in statement.actions) for action in RESOURCE_OF
        }

    def decide(self, question: Question) -> Statement | None:
        """The statement that decides: one that denies, else one that allows; ``None`` where none applies."""
        for statement in self._by_action.get(question.action, ()):
            if statement.applies(question):
                return statement
        return None


def _resource_test(pattern: Pattern) -> Matches:
    if has_variables(pattern):
        return with_variables(pattern, matcher)
    fixed = matcher(pattern)
    return lambda resource, _: fixed(resource)
