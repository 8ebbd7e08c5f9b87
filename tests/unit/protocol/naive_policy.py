"""A second evaluator of policies, as naive as can be: it reads the JSON anew for every question.

It shares no code with the first. What it says is the IAM User Guide's text, sentence by sentence.
"""

import base64
import ipaddress
import re
from datetime import UTC, datetime

from bushel.protocol.policy.actions import RESOURCE_OF


def decide(document, action, resource, principal, values):
    """``Deny``, ``Allow`` or ``None``.

    Args:
        document: The policy as a dictionary.
        action: ``s3:GetObject``.
        resource: An ARN.
        principal: ``(arn, account, canonical id)``, or ``None``.
        values: Condition key, lower case, to a list of values.
    """
    statements = document["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    modern = document.get("Version") == "2012-10-17"
    effects = {each["Effect"] for each in statements if applies(each, action, resource, principal, values, modern)}
    return "Deny" if "Deny" in effects else "Allow" if "Allow" in effects else None


def applies(statement, action, resource, principal, values, modern):
    if "Principal" in statement and not is_principal(statement["Principal"], principal):
        return False
    if "NotPrincipal" in statement and is_principal(statement["NotPrincipal"], principal):
        return False
    if "Action" in statement and not is_action(statement["Action"], action):
        return False
    if "NotAction" in statement and is_action(statement["NotAction"], action):
        return False
    if "Resource" in statement and not is_resource(statement["Resource"], resource, values, modern):
        return False
    if "NotResource" in statement and is_resource(statement["NotResource"], resource, values, modern):
        return False
    return all(
        holds(operator, key.lower(), listed(wanted), values, modern)
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def listed(element):
    return element if isinstance(element, list) else [element]


def is_principal(element, principal):
    if element == "*":
        return True
    for kind, named in element.items():
        for name in listed(named):
            if kind == "AWS" and name == "*":
                return True
            if principal is None:
                continue
            arn, account, canonical_id = principal
            if kind == "AWS" and name in (arn, account, f"arn:aws:iam::{account}:root"):
                return True
            if kind == "CanonicalUser" and name == canonical_id:
                return True
    return False


def is_action(element, action):
    assert action in RESOURCE_OF
    return any(like([(char in "*?", char) for char in name.lower()], action.lower()) for name in listed(element))


def is_resource(element, resource, values, modern):
    return any(
        pattern is not None and like(pattern, resource)
        for pattern in (signs(text, values, modern) for text in listed(element))
    )


def signs(text, values, modern):
    """A text as a list of ``(is a wildcard, character)``; ``None`` where a variable has no value."""
    found = []
    while text:
        variable = re.match(r"\$\{([^{}]*)\}", text) if modern else None
        if variable is None:
            found.append((text[0] in "*?", text[0]))
            text = text[1:]
            continue
        text = text[variable.end() :]
        inner = variable[1]
        if inner in ("*", "?", "$"):
            found.append((False, inner))
            continue
        key, comma, default = inner.partition(",")
        value = values.get(key.strip().lower())
        if value is not None and len(value) == 1:
            found += [(False, char) for char in value[0]]
        elif comma:
            found += [(False, char) for char in default.strip()[1:-1]]
        else:
            return None
    return found


def like(pattern, text):
    """Which prefixes of the text the pattern's prefixes match, one sign after the other."""
    ends = {0}
    for wild, sign in pattern:
        if wild and sign == "*":
            ends = {end for start in ends for end in range(start, len(text) + 1)}
        else:
            ends = {start + 1 for start in ends if start < len(text) and (wild or text[start] == sign)}
    return len(text) in ends


NEGATIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def holds(operator, key, wanted, values, modern):
    found = values.get(key)
    if operator == "Null":
        return any((str(each).lower() == "true") == (found is None) for each in wanted)
    if operator.startswith("ForAllValues:"):
        return found is None or all(
            holds(operator.removeprefix("ForAllValues:"), key, wanted, {**values, key: [each]}, modern)
            for each in found
        )
    if operator.startswith("ForAnyValue:"):
        if found is None:
            return operator.endswith("IfExists")
        return any(
            holds(operator.removeprefix("ForAnyValue:"), key, wanted, {**values, key: [each]}, modern) for each in found
        )
    if operator.endswith("IfExists"):
        return found is None or holds(operator.removesuffix("IfExists"), key, wanted, values, modern)
    if operator in NEGATIVE:
        return not holds(NEGATIVE[operator], key, wanted, values, modern)
    return found is not None and any(
        agrees(operator, value, each, values, modern) for value in found for each in wanted
    )


def agrees(operator, value, wanted, values, modern):
    if isinstance(wanted, bool):
        wanted = "true" if wanted else "false"
    wanted = str(wanted)
    if operator.startswith(("String", "Arn")):
        pattern = signs(wanted, values, modern)
        if pattern is None:
            return False
        text = "".join(sign for _, sign in pattern)
        match operator:
            case "StringEquals":
                return value == text
            case "StringEqualsIgnoreCase":
                return value.casefold() == text.casefold()
            case "StringLike":
                return like(pattern, value)
            case _:
                return like_arn(pattern, value)
    if operator.startswith("Numeric"):
        return compare(operator.removeprefix("Numeric"), number(value), number(wanted))
    if operator.startswith("Date"):
        return compare(operator.removeprefix("Date"), moment(value), moment(wanted))
    if operator == "Bool":
        return value.lower() == wanted.lower()
    if operator == "BinaryEquals":
        return base64.b64decode(value) == base64.b64decode(wanted)
    assert operator == "IpAddress"
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def like_arn(pattern, value):
    parts, texts = [[]], value.split(":", 5)
    for wild, sign in pattern:
        if sign == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append((wild, sign))
    if len(parts) < 6:
        return like(pattern, value)
    return len(texts) == 6 and all(like(part, text) for part, text in zip(parts, texts, strict=True))


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def moment(text):
    plain = number(text)
    if plain is not None:
        return plain
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def compare(name, value, wanted):
    if value is None or wanted is None:
        return False
    return {
        "Equals": value == wanted,
        "LessThan": value < wanted,
        "LessThanEquals": value <= wanted,
        "GreaterThan": value > wanted,
        "GreaterThanEquals": value >= wanted,
    }[name]
