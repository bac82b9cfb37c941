"""The client against a real server: HEARTH_URL says where it is, HEARTH_SAMPLES where the sample pictures are."""

import asyncio
import inspect
import io
import json
import os
import re
import sys
import unittest
from pathlib import Path

from hearth_client import AsyncHearth, Hearth, InvalidRequest, JobFailed, NotFound

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import generate  # noqa: E402

URL = os.environ.get("HEARTH_URL", "")
SAMPLES = Path(os.environ.get("HEARTH_SAMPLES", "."))
BOLT = SAMPLES / "Samples" / "comet-crew" / "bolt-cat"
TEA = SAMPLES / "SampleProducts" / "night-tea"


def method(client, path):
    for name in path.split("."):
        client = getattr(client, name)
    return client


@unittest.skipUnless(URL, "HEARTH_URL is not set")
class DescriptionTests(unittest.TestCase):
    """Every operation of the description has its method, or is named as left out."""

    @classmethod
    def setUpClass(cls):
        cls.hearth, cls.later = Hearth(URL), AsyncHearth(URL)
        cls.document = cls.hearth.system.openapi()
        cls.addClassCleanup(cls.hearth.close)

    def described(self):
        """Operations with the names of their parameters."""
        for path, verb, entry in generate.own_operations(self.document):
            identifier = entry["operationId"]
            if identifier in generate.LEFT_OUT or identifier.split(".")[0] in generate.LEFT_OUT:
                continue
            names = {parameter["name"] for parameter in entry.get("parameters", [])}
            if identifier not in generate.BY_HAND:
                content = entry.get("requestBody", {}).get("content", {})
                names |= set(content.get("application/json", {}).get("schema", {}).get("properties", {}))
                for name in [name for name in names if name.endswith("_base64")]:
                    names = names - {name} | {name.removesuffix("_base64")}
            yield identifier, names

    def test_every_operation_has_its_method_with_the_same_parameters(self):
        count = 0
        for identifier, names in self.described():
            path = generate.BY_HAND.get(identifier, re.sub(r"\.import$", ".import_", identifier))
            for client in (self.hearth, self.later):
                with self.subTest(operation=identifier, client=type(client).__name__):
                    found = {name.rstrip("_") for name in inspect.signature(method(client, path)).parameters}
                    if identifier in generate.BY_HAND:
                        # Vectors are answered as lists of numbers, however they come.
                        self.assertLessEqual(names - {"encoding_format"}, found)
                    else:
                        self.assertEqual(names, found)
            count += 1
        self.assertGreater(count, 60)

    def test_what_is_left_out_is_there(self):
        identifiers = {entry["operationId"] for _, _, entry in generate.own_operations(self.document)}
        first_words = {identifier.split(".")[0] for identifier in identifiers}
        self.assertLessEqual({"openai", "tei", "ollama", "open-inference", "immich", "chroma"}, first_words)
        self.assertLessEqual(set(generate.BY_HAND), identifiers)

    def test_what_is_written_is_what_the_description_says(self):
        for name, text in generate.written(self.document).items():
            self.assertTrue((generate.PACKAGE / name).read_text() == text,
                            f"{name} is not of this server: run `python3 clients/python/generate.py URL`")


@unittest.skipUnless(URL, "HEARTH_URL is not set")
class ServerTests(unittest.TestCase):
    def setUp(self):
        self.hearth = Hearth(URL)
        self.addCleanup(self.hearth.close)

    def test_a_character_that_is_registered_is_recalled(self):
        first = self.hearth.studio.anchors.register(BOLT / "view-1.jpg", project="py", name="Bolt", wait=True)
        self.assertTrue(first.is_new and first.is_remembered)
        second = self.hearth.studio.characters.anchors.register(
            first.character_id, (BOLT / "view-2.jpg").read_bytes(), role="side")
        progress = []
        job = self.hearth.jobs.wait(second.job_id, timeout=60, on_event=lambda event: progress.append(event.progress))
        self.assertEqual(job.status, "completed")
        self.assertEqual(progress, sorted(progress))
        found = self.hearth.studio.recall(image=io.BytesIO((BOLT / "view-3.jpg").read_bytes()), project="py", k=3)
        self.assertEqual(found.matches[0].name, "Bolt")
        self.assertTrue(found.is_complete and found.compared == 2, found)
        picture = self.hearth.files.read(first.anchor_id)
        self.assertEqual(picture, (BOLT / "view-1.jpg").read_bytes())
        anchors = list(self.hearth.every(self.hearth.studio.anchors.list, first.character_id, limit=1))
        self.assertEqual([anchor.anchor_id for anchor in anchors], [second.anchor_id, first.anchor_id])
        self.assertEqual(self.hearth.studio.projects.delete("py").anchor_count, 2)
        with self.assertRaises(NotFound):
            self.hearth.studio.projects.get("py")

    def test_a_product_is_found_in_a_photo(self):
        added = self.hearth.products.upsert(
            image=TEA / "shop.jpg", external_id="tea", template="py", title="Lantern Night Tea",
            attributes={"price": 4.5, "organic": True}, wait=True)
        self.assertTrue(added.product.is_embedded and added.product.attributes == {"price": 4.5, "organic": True})
        reply = self.hearth.products.quick_scan(
            TEA / "view-1.jpg", template="py", k=3, filter={"price": {"lt": 5}}, store=False)
        self.assertEqual([match.external_id for match in reply.matches], ["tea"])
        self.assertEqual(reply.pending, 0)
        self.hearth.products.delete("tea")

    def test_a_file_is_imported_in_pieces(self):
        rows = [{"external_id": f"py-{number}", "title": f"Product {number}", "template": "py-import"}
                for number in range(40)]
        rows.append({"external_id": "", "title": "none"})
        data = "\n".join(json.dumps(row) for row in rows).encode()
        progress = []
        imported = self.hearth.products.imports.upload(
            data, format="jsonl", wait=True, piece=500, on_progress=lambda sent, total: progress.append((sent, total)))
        self.assertEqual((imported.state, imported.accepted, imported.refused), ("completed", 40, 1))
        self.assertEqual(progress[-1], (len(data), len(data)))
        self.assertGreater(len(progress), 3)
        products = list(self.hearth.every(self.hearth.products.list, template="py-import", limit=7))
        self.assertEqual(len({product.product_id for product in products}), 40)

    def test_records_stream_in_and_out(self):
        self.hearth.collections.create(name="py", dims=3, attributes={"n": "number"})
        records = [{"id": f"r{number}", "vector": [1, number, 0], "payload": {"n": number}} for number in range(50)]
        self.assertEqual(self.hearth.collections.import_("py", records).upserted, 50)
        self.assertEqual({record["id"] for record in self.hearth.collections.export_records("py")},
                         {record["id"] for record in records})
        found = self.hearth.collections.query("py", vector=[1, 49, 0], k=1)
        self.assertEqual(found.results[0].matches[0].id, "r49")
        self.assertEqual(self.hearth.collections.count("py", filter={"n": {"gte": 40}}).count, 10)
        self.hearth.collections.delete("py")

    def test_errors_say_what_is_allowed(self):
        with self.assertRaises(InvalidRequest) as raised:
            self.hearth.studio.anchors.register(b"no picture", name="Bolt")
        self.assertTrue(raised.exception.code and raised.exception.allowed and raised.exception.status)
        with self.assertRaises(NotFound):
            self.hearth.jobs.wait("none")

    def test_a_job_that_was_cancelled_raises(self):
        registered = self.hearth.studio.anchors.register(BOLT / "view-4.jpg", project="py-cancel", name="Bolt")
        self.hearth.jobs.cancel(registered.job_id)
        try:
            job = self.hearth.jobs.wait(registered.job_id)
        except JobFailed as failed:
            self.assertEqual(failed.job_id, registered.job_id)
        else:
            self.assertEqual(job.status, "completed", "the job was quicker")
        self.hearth.studio.projects.delete("py-cancel")

    def test_the_system_is_asked(self):
        self.assertEqual(self.hearth.system.alive()["status"], "ok")
        self.assertIn("hearth_", self.hearth.system.metrics())
        self.assertIn("studio.recall", [operation["name"] for operation in self.hearth.operations.list()])
        self.assertEqual(self.hearth.operations.call("jobs.list", limit=1).keys() & {"items"}, {"items"})
        vector = self.hearth.embed(image=BOLT / "view-1.jpg")
        self.assertEqual(len(vector.embedding), vector.model["dims"])


@unittest.skipUnless(URL, "HEARTH_URL is not set")
class AsyncTests(unittest.IsolatedAsyncioTestCase):
    async def test_many_pictures_are_registered_at_once(self):
        async with AsyncHearth(URL) as hearth:
            pictures = sorted(BOLT.glob("view-*.jpg"))
            registered = await asyncio.gather(*(
                hearth.studio.anchors.register(path, project="py-async", name="Bolt", wait=True) for path in pictures))
            self.assertTrue(all(one.is_remembered for one in registered))
            events = [event async for event in hearth.jobs.events(registered[0].job_id)]
            self.assertEqual([event.number for event in events], list(range(1, len(events) + 1)))
            self.assertTrue(events[-1].is_final)
            self.assertEqual((await hearth.jobs.wait(registered[1].job_id)).status, "completed")
            found = await hearth.studio.recall(image=pictures[0], project="py-async")
            self.assertGreater(found.matches[0].score, 0.99)
            names = [one.name async for one in hearth.every(hearth.studio.characters.list, project="py-async")]
            self.assertEqual(names, ["Bolt"])
            await hearth.studio.projects.delete("py-async")

    async def test_records_and_imports_stream(self):
        async def records():
            for number in range(5):
                yield {"id": f"r{number}", "vector": [1, number]}

        async with AsyncHearth(URL) as hearth:
            await hearth.collections.create(name="py-async", dims=2)
            self.assertEqual((await hearth.collections.import_("py-async", records())).upserted, 5)
            exported = [record["id"] async for record in hearth.collections.export_records("py-async")]
            self.assertEqual(sorted(exported), [f"r{number}" for number in range(5)])
            await hearth.collections.delete("py-async")
            imported = await hearth.products.imports.upload(
                io.BytesIO(b'{"external_id":"py-a","title":"Tea"}\n'), template="py-async", wait=True, piece=9)
            self.assertEqual(imported.accepted, 1)


if __name__ == "__main__":
    unittest.main()
