"""Values of the formats that /openapi.json names and JSON Schema does not, for requests that are to be accepted."""

import base64
import json
import re

import schemathesis
from hypothesis import strategies

FILTER = {"brand": "x", "price": {"gte": 5, "lt": 10}}
LETTERS = "abcdefghijklmnopqrstuvwxyzABCXYZ0189"


def picture(number):
    """A GIF of one pixel in a colour of its own."""
    colours = [0x80, 0, 0, number, 7, 7, 0, 0, 0]
    return b"GIF89a" + bytes([1, 0, 1, 0, *colours, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B])


pictures = strategies.integers(0, 255).map(picture)
words = strategies.text(LETTERS, min_size=1, max_size=12)
FORMATS = {
    "picture": pictures,
    "picture-base64": pictures.map(lambda bytes: base64.b64encode(bytes).decode()),
    "base64": strategies.binary(min_size=1, max_size=40).map(lambda bytes: base64.b64encode(bytes).decode()),
    "duration": strategies.sampled_from(["5m", "90s", "-1"]),
    **dict.fromkeys(["name", "tenant", "word", "attribute-name"], words),
}
for name, values in FORMATS.items():
    schemathesis.openapi.format(name, values)
schemathesis.openapi.media_type("image/*", pictures)
schemathesis.openapi.media_type("application/jsonl", strategies.binary(min_size=1, max_size=40))


def formats(node, field):
    """The formats that a description gives to fields of a name."""
    if isinstance(node, list):
        return {found for element in node for found in formats(element, field)}
    if not isinstance(node, dict):
        return set()
    found = {found for value in node.values() for found in formats(value, field)}
    schema = node.get("schema") if node.get("name") == field else (node.get("properties") or {}).get(field)
    return found | ({schema["format"]} if isinstance(schema, dict) and "format" in schema else set())


def faults(data):
    """What is wrong in a request that must be refused: (field, keywords of the schema) of each fault."""
    if data.mutations:
        return [(one.parameter or one.schema_pointer.rpartition("/")[2], one.keywords) for one in data.mutations]
    missing = re.fullmatch(r"Missing required property: (\w+)", data.description or "")
    if missing:
        return [(missing[1], ("required",))]
    wrong = re.fullmatch(r"(?:(\w+): )?[Ii]ncorrect type", data.description or "")
    return [(wrong[1], ("type",))] if wrong else []


def required(case):
    """Fields that a request must have, in its body or in its query; a picture in base64 stands for its raw bytes."""
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {})
    names = content.get("application/json", {}).get("schema", {}).get("required", [])
    return [name for name in names if not name.endswith("_base64")]


def is_file(case, field):
    """Whether a field, or the whole body when there is none, is a file: whatever stands there is its bytes."""
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {})
    schema = content.get(case.media_type, {}).get("schema", {})
    schema = schema.get("properties", {}).get(field, {}) if field else schema
    return "contentMediaType" in schema or "contentMediaType" in schema.get("items", {})


def is_none(case, field, keywords):
    """Whether the server may take what breaks the schema of a field."""
    if tuple(keywords) == ("type",) and is_file(case, field):
        return True
    query = case.query if isinstance(case.query, dict) else {}
    body = case.body if isinstance(case.body, dict) else {}
    if tuple(keywords) == ("format",):
        # A format here lists some values; most others are right as well.
        return bool(formats(case.operation.definition.raw, field) & FORMATS.keys())
    if tuple(keywords) == ("required",):
        # What is missing in the body stands in the query.
        return all(name in body or name in query for name in required(case))
    # Texts of a form and of a query: 0 and 1 are false and true.
    value = body.get(field) if case.media_type == "multipart/form-data" else query.get(field)
    return tuple(keywords) == ("type",) and str(value) in ("0", "1")


@schemathesis.hook
def filter_case(context, case):
    """Leaves out requests that must be refused by their schema alone, and are right."""
    if not case.meta or not case.meta.generation.mode.is_negative:
        return True
    found = faults(case.meta.phase.data)
    return not found or not all(is_none(case, field, keywords) for field, keywords in found)


def bounded(value):
    """The same with integers of 64 bits: JSON Schema has none, and the server reads no longer ones."""
    if isinstance(value, dict):
        return {name: bounded(element) for name, element in value.items()}
    if isinstance(value, list):
        return [bounded(element) for element in value]
    # A query has its numbers as texts.
    number = int(value) if isinstance(value, str) and re.fullmatch(r"-?\d{19,40}", value) else value
    return type(value)(number % (1 << 63)) if type(number) is int and abs(number) >= 1 << 63 else value


@schemathesis.hook
def before_call(context, case, **options):
    """Gives requests that are to be accepted what their schemas cannot say."""
    if not case.meta or not case.meta.generation.mode.is_positive:
        return
    for place in (case.query, case.body):
        if isinstance(place, dict) and place.get("filter") is not None:
            place["filter"] = FILTER if isinstance(place["filter"], dict) else json.dumps(FILTER)
    if isinstance(case.query, dict) and (query := bounded(dict(case.query))) != dict(case.query):
        case.query.update(query)
    if isinstance(case.body, (dict, list)):
        # A body that is assigned is judged again, so only one that is another.
        if (body := bounded(case.body)) != case.body:
            case.body = body
    elif isinstance(case.body, bytes):
        # Beside a raw picture, the fields stand in the query.
        parameters = case.operation.definition.raw.get("parameters", [])
        for parameter in parameters:
            if parameter["in"] == "query" and parameter["name"] in required(case):
                examples = parameter.get("schema", {}).get("examples", ["word"])
                case.query.setdefault(parameter["name"], examples[0])
