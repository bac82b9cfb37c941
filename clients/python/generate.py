#!/usr/bin/env python3
"""Writes the methods and types of the client from the server's own description.

    python3 generate.py http://127.0.0.1:8420            # or a file with the answer of /openapi.json
    python3 generate.py --check http://127.0.0.1:8420    # exit code 1 when what is written is not what it would write

Operations of Hearth's own (they carry `x-hearth-operation`) become methods by their names: `studio.anchors.register` is
`hearth.studio.anchors.register`. The few routes that stream or take more than fields are written by hand: `BY_HAND`
names their methods, whose parameters are checked. `LEFT_OUT` says which routes have none, and why.
"""

import argparse
import json
import keyword
import re
import sys
import textwrap
import urllib.request
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent / "hearth_client"

# Methods that are written by hand in _extra_async.py, by operation; _extra.py is made of it.
BY_HAND = {
    "embed": "embed", "embed.batch": "embed_batch", "health.warm": "system.warm", "system.alive": "system.alive",
    "system.ready": "system.ready", "system.metrics": "system.metrics", "system.openapi": "system.openapi",
    "operations.list": "operations.list", "operations.call": "operations.call", "jobs.events": "jobs.events",
    "collections.export": "collections.export", "collections.import": "collections.import_", "files.read": "files.read",
    "files.thumbnail": "files.thumbnail", "studio.projects.export": "studio.projects.export",
    "studio.projects.import": "studio.projects.import_",
    "studio.characters.export": "studio.characters.export", "studio.characters.import": "studio.characters.import_",
}
# Routes without a method, by the first word of their operation, or by the whole.
LEFT_OUT = {
    "openai": "OpenAI's own client speaks it", "tei": "clients of text-embeddings-inference speak it",
    "ollama": "Ollama's own client speaks it", "open-inference": "clients of the Open Inference Protocol speak it",
    "immich": "Immich speaks it", "chroma": "Chroma's own client speaks it",
    "ovms": "clients of OpenVINO Model Server speak it",
    "mcp": "clients of the Model Context Protocol speak it, and upload pictures for its tools",
    "system.root": "a page for people",
    "jobs.wait": "the client's own `jobs.wait` follows the events of a job, however long it takes",
    "jobs.socket": "`jobs.events` gives the same events and needs no WebSocket library",
}
# Groups that have methods written by hand.
EXTRAS = {"jobs", "products.imports", "collections", "system", "operations", "files", "studio.projects",
          "studio.characters"}
# Files that need not be sent.
OPTIONAL_FILES = {"studio.recall", "products.upsert", "collections.query"}
# Names of the types of answers and of parts of them; others are named after the operation that first shows them.
TYPE_NAMES = {
    "studio.presets.create": "StylePreset", "studio.presets.create.grade": "Grade",
    "studio.presets.delete": "PresetDeletion", "studio.characters.bible.update": "CharacterBible",
    "studio.characters.bible.update.pictures[]": "BiblePicture",
    "studio.characters.bible.update.relationships[]": "Relationship",
    "studio.characters.bible.versions.items[]": "BibleVersion", "studio.characters.bible.diff": "BibleDifference",
    "studio.characters.bible.diff.changes[]": "BibleChange", "studio.characters.unmerge": "UnmergedCharacter",
    "studio.characters.search": "CharacterSearch", "studio.characters.search.matches[]": "FoundCharacter",
    "studio.characters.search.matches[].snippets[]": "Snippet",
    "studio.characters.search.matches[].snippets[].marks[]": "SnippetMark",
    "studio.outputs.generate": "GeneratedOutput", "studio.outputs.generate.recipe": "Recipe",
    "studio.outputs.generate.recipe.references[]": "RecipeReference", "studio.outputs.generate.recipe.shot": "Shot",
    "studio.outputs.generate.others[]": "StartedOutput", "studio.outputs.generate.output": "Output",
    "studio.outputs.generate.output.tries[]": "OutputFile",
    "studio.outputs.generate.output.tries[].similarity": "Similarity",
    "studio.outputs.generate.output.reference": "AppliedReference", "studio.outputs.delete": "OutputDeletion",
    "studio.generators.list": "GeneratorList", "studio.generators.list.generators[]": "Generator",
    "studio.workflows.list": "WorkflowList", "studio.workflows.list.items[]": "Workflow",
    "studio.workflows.add": "AddedWorkflow", "studio.workflows.remove": "WorkflowRemoval",
    "studio.pictures.add": "RequestPicture",
    "studio.projects.create": "Project", "studio.projects.delete": "Deletion", "studio.characters.create": "Character",
    "studio.characters.merge": "MergedCharacter", "studio.anchors.register": "RegisteredAnchor",
    "studio.anchors.list.items[]": "Anchor", "studio.recall": "Recalled", "studio.recall.matches[]": "RecalledMatch",
    "studio.recall.model": "ModelIdentity", "studio.recall.timings": "RecallTimings",
    "products.upsert": "UpsertedProduct", "products.upsert.product": "Product",
    "products.upsert.product.images[]": "ProductImage", "products.delete": "ProductDeletion",
    "products.quick_scan": "ScanReply", "products.quick_scan.matches[]": "ScanMatch",
    "products.quick_scan.timings": "ScanTimings", "products.scans.list.items[]": "Scan",
    "products.scans.list.items[].matches[]": "KeptMatch", "products.settings.get": "ProductSettings",
    "products.settings.get.served": "ProductModels", "products.import": "ProductImport",
    "products.import.errors[]": "ImportProblem", "products.imports.errors": "ImportErrors",
    "products.backfill": "JobTicket", "products.backfill_status": "BackfillStatus",
    "collections.create": "Collection", "collections.delete": "CollectionDeletion",
    "collections.records.upsert": "UpsertedRecords", "collections.records.upsert.errors[]": "RecordProblem",
    "collections.records.list.items[]": "Record", "collections.records.delete": "DeletedRecords",
    "collections.records.get": "Records", "collections.query": "QueryReply",
    "collections.query.results[]": "QueryResult", "collections.query.results[].matches[]": "QueryMatch",
    "collections.query.timings": "QueryTimings", "collections.count": "RecordCount", "jobs.list.items[]": "Job",
    "models.list": "ModelList", "models.list.models[]": "Model", "models.list.models[].signature": "ModelSignature",
    "models.list.models[].signature.inputs[]": "ModelTensor", "identity.keys.create": "CreatedKey",
    "identity.keys.create.key": "Key", "identity.keys.create.key.limits": "KeyLimits", "tenants.usage": "TenantUsage",
    "tenants.usage.usage": "Usage", "tenants.usage.limits": "UsageLimits", "system.health": "Health",
    "system.health.services": "Services", "system.health.workers[]": "Worker",
    "system.health.unmet_needs[]": "UnmetNeed", "system.stats": "Stats", "system.worker.recycle": "Recycled",
}
HEADER = '"""{about}\n\nWritten by `generate.py` from the server\'s /openapi.json; changes by hand are lost."""\n\n'


class Types:
    """The dataclasses of answers; equal schemas are one type."""

    def __init__(self, document):
        self.document, self.names = document, {}
        # Texts of the types by their names, by the feature that shows them first.
        self.texts = {}

    def resolved(self, schema):
        while reference := schema.get("$ref"):
            schema = self.document
            for step in reference.removeprefix("#/").split("/"):
                schema = schema[step]
        return schema

    def hint(self, schema, place, prefix=""):
        """The type of a value as Python writes it. - Parameter prefix: of the module of the dataclasses."""
        schema = self.resolved(schema)
        for word in ("oneOf", "anyOf"):
            if kinds := schema.get(word):
                others = [kind for kind in kinds if self.resolved(kind).get("type") != "null"]
                text = self.hint(others[0], place, prefix) if len(others) == 1 else "Any"
                return text + (" | None" if len(others) < len(kinds) and text != "Any" else "")
        kind = schema.get("type")
        if isinstance(kind, list):
            others = [name for name in kind if name != "null"]
            text = self.hint(schema | {"type": others[0]}, place, prefix) if len(others) == 1 else "Any"
            return text + (" | None" if len(others) < len(kind) and text != "Any" else "")
        if values := schema.get("enum"):
            values = [value for value in values if value is not None]
            return f"Literal[{', '.join(json.dumps(value) for value in values)}]"
        if kind == "array":
            return f"list[{self.hint(schema.get('items', {}), f'{place}[]', prefix)}]"
        if kind == "object":
            return self.object_hint(schema, place, prefix)
        return {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}.get(kind, "Any")

    def input_hint(self, schema):
        """The type of an argument: objects are plain dictionaries there."""
        schema = self.resolved(schema)
        kinds = schema.get("type")
        if kinds == "array" or isinstance(kinds, list) and "array" in kinds:
            return f"List[{self.input_hint(schema.get('items', {}))}]" + (" | None" if "null" in kinds else "")
        if kinds == "object" or isinstance(kinds, list) and "object" in kinds:
            return "Dict[str, Any]" + (" | None" if "null" in kinds else "")
        return self.hint(schema, "").replace("list[", "List[").replace("dict[", "Dict[")

    def object_hint(self, schema, place, prefix):
        properties = schema.get("properties")
        if not properties:
            values = schema.get("additionalProperties")
            has_type = isinstance(values, dict) and values
            return f"dict[str, {self.hint(values, f'{place}{{}}', prefix) if has_type else 'Any'}]"
        if set(properties) == {"items", "next_cursor", "hint"}:
            return f"{prefix}Page[{self.hint(properties['items']['items'], f'{place}.items[]', prefix)}]"
        key = json.dumps({name: self.resolved(value) for name, value in properties.items()}, sort_keys=True)
        if key not in self.names:
            self.names[key] = TYPE_NAMES.get(place) or self.fallback(place)
            text = self.dataclass(self.names[key], schema, place)
            self.texts.setdefault(place.split(".")[0], {})[self.names[key]] = text
        return prefix + self.names[key]

    def fallback(self, place):
        words = place.replace("[]", "").replace("{}", "_entry").replace(".", "_").split("_")
        return "".join(word.capitalize() for word in words)

    def dataclass(self, name, schema, place):
        required = set(schema.get("required", []))
        lines = [f"@dataclass(frozen=True, kw_only=True)\nclass {name}:"]
        for field, value in sorted(schema["properties"].items(), key=lambda entry: entry[0] not in required):
            hint = self.hint(value, f"{place}.{field}")
            name = f"{field}_" if keyword.iskeyword(field) else field
            if field in required:
                line = f"    {name}: {hint}"
            else:
                line = f"    {name}: {hint if hint == 'Any' or hint.endswith('| None') else f'{hint} | None'} = None"
            if about := self.resolved(value).get("description"):
                lines += [f"    #: {text}" for text in textwrap.wrap(about, 110)]
            lines += wrapped(line, "[", "]", "    ")
        return "\n".join(lines)


class Operation:
    """A method: of which group, with which parameters."""

    def __init__(self, types, path, method, entry):
        self.identifier, self.path, self.method, self.entry = entry["operationId"], path, method.upper(), entry
        group, _, name = self.identifier.rpartition(".")
        self.group, self.name = group, f"{name}_" if keyword.iskeyword(name) else name
        self.parameters, self.file, self.has_body = [], None, False
        content = entry.get("requestBody", {}).get("content", {})
        bodies = {kind: types.resolved(media["schema"]) for kind, media in content.items()}
        # Fields that may stand in the query or in the body go into the body.
        in_body = bodies.get("application/json", {}).get("properties", {})
        for parameter in entry.get("parameters", []):
            if parameter["name"] not in in_body:
                # An object in the query is JSON text, which the description shows as content.
                schema = parameter.get("schema") or parameter["content"]["application/json"]["schema"]
                self.add(types, parameter["name"], schema | {"description": parameter.get("description", "")},
                         parameter["in"], parameter.get("required", False))
        if content:
            self.has_body = True
            self.read_body(types, bodies)
        answers = [answer for status, answer in entry["responses"].items() if status.startswith("2")]
        media = next(iter(answers[0].get("content", {}).values()), None)
        kind = types.hint(media["schema"], self.identifier, "models.") if media else "None"
        self.kind = kind.replace("list[", "List[")  # A group may have a method `list`.

    def read_body(self, types, content):
        schema, form = content["application/json"], content.get("multipart/form-data", {})
        files = [name for name, part in form.get("properties", {}).items() if "contentMediaType" in part]
        self.file = files[0] if files else None
        for name, value in schema.get("properties", {}).items():
            if self.file is None or name != f"{self.file}_base64":
                self.add(types, name, value, "body", name in schema.get("required", []))

    def add(self, types, name, schema, place, is_required):
        hint = types.input_hint(schema)
        self.parameters.append({
            "name": name, "python": f"{name}_" if keyword.iskeyword(name) else name, "in": place,
            "about": types.resolved(schema).get("description") or schema.get("description", ""),
            "hint": hint if is_required or hint == "Any" or hint.endswith("| None") else f"{hint} | None",
            "required": is_required,
        })

    @property
    def text(self):
        """The method, with the words {async} and {await} for the two clients."""
        positional = [one for one in self.parameters if one["in"] == "path"]
        named = [one for one in self.parameters if one["in"] != "path"]
        arguments = ["self"] + [f"{one['python']}: {one['hint']}" for one in positional]
        if self.file and self.identifier not in OPTIONAL_FILES:
            arguments.append(f"{self.file}: Upload")
        keywords = [f"{self.file}: Upload | None = None"] if self.file and self.identifier in OPTIONAL_FILES else []
        keywords += [f"{one['python']}: {one['hint']}" + ("" if one["required"] else " = None") for one in named]
        if keywords:
            arguments += ["*", *keywords]
        signature = f"    {{async}}def {self.name}({', '.join(arguments)}) -> {self.kind}:"
        lines = wrapped(signature, "(", ")", "    ") + self.docstring + [
            f"        return {{await}}self._client.run({self.call})"]
        return "\n".join(lines)

    @property
    def docstring(self):
        about = textwrap.wrap(self.entry.get("description", ""), 108)
        notes = [line for one in self.parameters if one["about"]
                 for line in textwrap.wrap(f"{one['python']}: {one['about']}", 108, subsequent_indent="    ")]
        blocks = [self.entry["summary"]] + [part for part in ("\n".join(about), "\n".join(notes)) if part]
        text = "\n\n".join(blocks).replace("\\", "\\\\")
        lines = f'"""{text}{"" if len(blocks) == 1 else chr(10)}"""'.split("\n")
        return [f"        {line}" if line else "" for line in lines]

    @property
    def call(self):
        def members(place):
            return ", ".join(f'"{one["name"]}": {one["python"]}' for one in self.parameters if one["in"] == place)

        lines = [f'"{self.identifier}", "{self.method}", "{self.path}", {self.kind},']
        if text := members("path"):
            lines.append(f"in_path={{{text}}},")
        if text := members("query"):
            lines.append(f"query={{{text}}},")
        if self.has_body:
            lines.append(f"body={{{members('body')}}},")
        if self.file:
            absent = f" if {self.file} is not None else None" if self.identifier in OPTIONAL_FILES else ""
            lines.append(f'file=("{self.file}", {self.file}){absent},')
        hints = self.entry["x-hearth-operation"]["hints"]
        lines.append(f"is_idempotent={hints['idempotent']})")
        return "Call(\n" + "\n".join(line for text in lines for line in filled(text, " " * 12))


def filled(text, indentation):
    """A text in lines that are not too long, broken at blanks."""
    deeper = "" if text.endswith(",") else "    "
    return textwrap.wrap(text, 116, initial_indent=indentation, subsequent_indent=indentation + deeper,
                         break_long_words=False, break_on_hyphens=False)


def wrapped(line, opening, closing, indentation):
    """A line, or several when it is too long: what stands between its brackets is indented."""
    if len(line) <= 118 or opening not in line:
        return [line]
    head, rest = line.split(opening, 1)
    inner, tail = rest.rsplit(closing, 1)
    return [head + opening, *filled(f"{inner},", indentation + "    "), f"{indentation}{closing}{tail}"]


def own_operations(document):
    """Every operation, without the other routes of the same; `name:…` marks those."""
    for path, item in document["paths"].items():
        for method, entry in item.items():
            if ":" not in entry["operationId"]:
                yield path, method, entry


def written(document):
    """The files of the package that are made of a document, by name."""
    types, operations, unknown = Types(document), [], []
    for path, method, entry in own_operations(document):
        identifier = entry["operationId"]
        if identifier in BY_HAND or identifier in LEFT_OUT or identifier.split(".")[0] in LEFT_OUT:
            continue
        if "x-hearth-operation" in entry:
            operations.append(Operation(types, path, method, entry))
        else:
            unknown.append(f"{method.upper()} {path} ({identifier})")
    if unknown:
        raise SystemExit(f"No method, and not named as left out: {', '.join(unknown)}")
    return (models_files(types) | operations_files(operations, False) | operations_files(operations, True)
            | {"_extra.py": plain((PACKAGE / "_extra_async.py").read_text())})


# What plain code has in the place of what asyncio has; longer words first.
PLAIN = [
    ("async def ", "def "), ("async with ", "with "), ("async for ", "for "), ("await ", ""),
    ("_async_send", "_sync_send"), ("AsyncSender", "Sender"), ("AsyncIterator", "Iterator"),
    (".aiter_", ".iter_"), (".aread(", ".read("), (", for asyncio.", "."),
]


def plain(text):
    """The methods for plain code, from those for asyncio: the same, without its words."""
    for word, other in PLAIN:
        text = text.replace(word, other)
    if left := re.findall(r"\b\w*(?:[Aa]sync|await)\w*", text):
        raise SystemExit(f"Plain code cannot have {', '.join(sorted(set(left)))}.")
    # Names that begin with another letter now stand elsewhere in their import: constants, types, functions.
    def in_order(found):
        names = found[2].split(", ")
        return found[1] + ", ".join(sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name)))

    text = re.sub(r"^(from \S+ import )([\w, ]+)$", in_order, text, flags=re.MULTILINE)
    about, rest = text.split("\n", 1)
    return HEADER.format(about=about.strip('"')).replace("from the server's /openapi.json", "from `_extra_async.py`"
                                                         ) + rest.lstrip("\n")


def models_files(types):
    """One file for the types of each feature, and one that has all."""
    files, homes = {"models/page.py": PAGE}, {"Page": "page"}
    for feature, texts in types.texts.items():
        body = "\n\n\n".join(texts[name] for name in sorted(texts))
        used = {name for name in homes if re.search(rf"\b{name}\b", body)}
        homes |= dict.fromkeys(texts, feature)
        files[f"models/{feature}.py"] = (
            HEADER.format(about=f"What operations of `{feature}` answer.")
            + "from __future__ import annotations\n\nfrom dataclasses import dataclass\n"
            + imports("typing", [name for name in ("Any", "Literal") if re.search(rf"\b{name}\b", body)])
            + "\n" + "".join(imports(f".{home}", [name for name in used if homes[name] == home])
                             for home in sorted({homes[name] for name in used})) + f"\n\n{body}\n")
    files["models/__init__.py"] = HEADER.format(about="What the server answers.") + "".join(
        imports(f".{home}", [name for name in homes if homes[name] == home]) for home in sorted(set(homes.values()))
    ) + "\n__all__ = [\n" + "\n".join(filled(", ".join(f'"{name}"' for name in sorted(homes)) + ",", "    ")) + "\n]\n"
    return files


def imports(module, names):
    line = f"from {module} import {', '.join(sorted(names))}"
    if not names:
        return ""
    return line + "\n" if len(line) <= 118 else (
        f"from {module} import (\n" + "\n".join(filled(", ".join(sorted(names)) + ",", "    ")) + "\n)\n")


PAGE = HEADER.format(about="A part of a list.") + textwrap.dedent('''\
    from __future__ import annotations

    from dataclasses import dataclass
    from typing import Generic, TypeVar

    T = TypeVar("T")


    @dataclass(frozen=True, kw_only=True)
    class Page(Generic[T]):
        """A part of a list; `every` of the client goes through all of them."""

        items: list[T]
        #: Begins the next page; None: this is the last one.
        next_cursor: str | None = None
        #: What was probably meant, where nothing was found.
        hint: str | None = None
    ''')


def operations_files(operations, is_async):
    """One file for each feature, and one with the root."""
    folder, sender = ("later", "AsyncSender") if is_async else ("plain", "Sender")
    groups = {}
    for operation in operations:
        groups.setdefault(operation.group, []).append(operation)
    for name in EXTRAS:
        groups.setdefault(name, [])
    # A group of groups has a class of its own, also without methods.
    for name in list(groups):
        while "." in name:
            name = name.rpartition(".")[0]
            groups.setdefault(name, [])
    features = sorted({name.split(".")[0] for name in groups})
    files = {}
    for feature in features:
        names = [name for name in groups if name.split(".")[0] == feature]
        names.sort(key=lambda name: (-name.count("."), name))
        body = "\n\n\n".join(group_text(name, groups, sender, is_async) for name in names)
        files[f"{folder}/{feature}.py"] = heading(feature, body, is_async) + f"\n\n{body}\n"
    lines = [HEADER.format(about="Every operation, in groups.") + "from __future__ import annotations\n"]
    lines += [f"from .._{'async_send' if is_async else 'sync_send'} import {sender}",
              f"from .._{'extra_async' if is_async else 'extra'} import Root"]
    lines += [f"from .{feature} import {class_name(feature)}" for feature in features]
    lines += ["\n\nclass HearthOperations(Root):", '    """Every operation, in groups."""\n',
              f"    def __init__(self, client: {sender}) -> None:", "        super().__init__(client)"]
    lines += [f"        self.{feature} = {class_name(feature)}(client)" for feature in features]
    files[f"{folder}/__init__.py"] = "\n".join(lines) + "\n"
    return files


def heading(feature, body, is_async):
    """The first lines of a file of operations, with the imports that it needs."""
    typing = [name for name in ("Any", "Dict", "List", "Literal") if re.search(rf"\b{name}\b", body)]
    calls = [name for name in ("Call", "Upload") if re.search(rf"\b{name}\b", body)]
    extras = sorted(f"{class_name(name)}Extra" for name in EXTRAS if name.split(".")[0] == feature)
    about = f"Operations of `{feature}`" + (" for asyncio." if is_async else ".")
    own = [imports("..", ["models"]) if "models." in body else "", imports(".._call", calls)]
    own.append(imports(".._async_send", ["AsyncSender"]) if is_async else "")
    own.append(imports(f".._extra{'_async' if is_async else ''}", extras))
    own.append("" if is_async else imports(".._sync_send", ["Sender"]))
    return (HEADER.format(about=about) + "from __future__ import annotations\n\n" + imports("typing", typing)
            + ("\n" if typing else "") + "".join(own))


def class_name(group):
    return "".join(word.capitalize() for part in group.split(".") for word in part.split("_"))


def group_text(name, groups, sender, is_async):
    base = f"({class_name(name)}Extra)" if name in EXTRAS else ""
    inner = [other for other in sorted(groups) if other.rpartition(".")[0] == name]
    lines = [f"class {class_name(name)}{base}:", f'    """`{name}`"""', "",
             f"    def __init__(self, client: {sender}) -> None:"]
    lines.append("        super().__init__(client)" if name in EXTRAS else "        self._client = client")
    lines += [f"        self.{other.rpartition('.')[2]} = {class_name(other)}(client)" for other in inner]
    words = {"{async}": "async " if is_async else "", "{await}": "await " if is_async else ""}
    for operation in groups[name]:
        text = operation.text
        for word, value in words.items():
            text = text.replace(word, value)
        lines += ["", text]
    return "\n".join(lines)


def read(source):
    if source.startswith("http"):
        with urllib.request.urlopen(f"{source.rstrip('/')}/openapi.json", timeout=30) as answer:
            return json.load(answer)
    return json.loads(Path(source).read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="address of a server, or a file")
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    others = []
    for name, text in written(read(options.source)).items():
        path = PACKAGE / name
        path.parent.mkdir(exist_ok=True)
        if not path.exists() or path.read_text() != text:
            others.append(name)
            if not options.check:
                path.write_text(text)
    what = "other than described" if options.check else "written"
    print(f"{what}: {', '.join(others)}" if others else "nothing changes")
    return 1 if options.check and others else 0


if __name__ == "__main__":
    sys.exit(main())
