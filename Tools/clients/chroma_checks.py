"""Chroma's own Python client against a Hearth server, beside Chroma itself in this process."""

import math
import pathlib
import random
import urllib.parse
import uuid

import chromadb
import chromadb.errors
import numpy
from chromadb import EmbeddingFunction
from chromadb.config import Settings
from chromadb.utils.embedding_functions import register_embedding_function
from goldens import checker

SPACES = ["l2", "cosine", "ip"]
DIMS = 24
COUNT = 400
WORDS = ["lantern", "kettle", "harbour", "violet", "thimble", "orchard", "Lantern"]


@register_embedding_function
class Letters(EmbeddingFunction):
    """Counts letters: the client embeds by it, so that no model is fetched."""

    def __init__(self):
        pass

    def __call__(self, input):
        return [numpy.array([text.count(chr(97 + index)) + 0.5 for index in range(DIMS)], dtype=numpy.float32)
                for text in input]

    @staticmethod
    def name():
        return "checks-letters"

    @staticmethod
    def build_from_config(config):
        return Letters()

    def get_config(self):
        return {}


def records(seed):
    """Records as every client sends them, with metadata of all kinds, and some without."""
    rng = random.Random(seed)
    vectors = numpy.random.default_rng(seed).normal(size=(COUNT, DIMS)).astype(numpy.float32)
    metadatas = []
    for index in range(COUNT):
        metadatas.append({
            "client_id": f"client-{index % 7}", "price": index % 50, "rating": round(rng.random() * 5, 2),
            "in_stock": index % 3 == 0, **({"colour": rng.choice(["red", "green", "blue"])} if index % 4 else {}),
        })
    documents = [" ".join(rng.choices(WORDS, k=4)) for _ in range(COUNT)]
    return [f"item-{index}" for index in range(COUNT)], vectors.tolist(), metadatas, documents


WHERES = [
    {"client_id": "client-3"},
    {"client_id": {"$eq": "client-3"}},
    {"client_id": {"$ne": "client-3"}},
    {"price": {"$gt": 40}},
    {"price": {"$gte": 40}},
    {"price": {"$lt": 3}},
    {"price": {"$lte": 3}},
    {"rating": {"$gt": 2.5}},
    {"in_stock": True},
    {"in_stock": {"$ne": True}},
    {"colour": {"$in": ["red", "blue"]}},
    {"colour": {"$nin": ["red", "blue"]}},
    {"price": {"$in": [1, 2, 3]}},
    {"unknown_field": "x"},
    {"$and": [{"client_id": "client-1"}, {"price": {"$gte": 10}}, {"in_stock": False}]},
    {"$or": [{"client_id": "client-1"}, {"$and": [{"colour": "green"}, {"price": {"$lt": 9}}]}]},
]
DOCUMENTS = [
    {"$contains": "lantern"},
    {"$not_contains": "lantern"},
    {"$and": [{"$contains": "kettle"}, {"$not_contains": "violet"}]},
    {"$or": [{"$contains": "kettle orchard"}, {"$contains": "thimble thimble"}]},
]


def same(left, right):
    """Whether two answers have the same ids and, where they have them, the same columns."""
    return left["ids"] == right["ids"] and all(left[key] == right[key] for key in ["documents", "metadatas"])


def refused(expect, what, errors, call):
    try:
        call()
    except errors as error:
        expect(f"{what}: {type(error).__name__}", True)
    except Exception as error:
        expect(f"{what} is refused as Chroma does, not by {error!r}", False)
    else:
        expect(f"{what} is refused", False)


def check_system(client, expect):
    expect("heartbeat is a time in nanoseconds", client.heartbeat() > 1_600_000_000 * 10**9)
    expect("the version is a text", isinstance(client.get_version(), str))
    expect("a batch has a limit", client.get_max_batch_size() > 1_000)
    expect("the identity has a tenant", client.get_user_identity().tenant == "default_tenant")
    refused(expect, "a reset", Exception, client.reset)


def check_collections(client, expect):
    made = client.create_collection("checks-a", metadata={"hnsw:space": "cosine", "owner": "Ada"})
    expect("a collection is made", made.name == "checks-a" and made.metadata["owner"] == "Ada")
    expect("its id is a UUID", bool(uuid.UUID(str(made.id))))
    refused(expect, "a second one of the name", chromadb.errors.ChromaError,
            lambda: client.create_collection("checks-a"))
    again = client.get_or_create_collection("checks-a", metadata={"owner": "another"})
    expect("get_or_create gives it back as it is", again.id == made.id and again.metadata["owner"] == "Ada")
    expect("get gives it", client.get_collection("checks-a").id == made.id)
    refused(expect, "one that is missing", chromadb.errors.NotFoundError, lambda: client.get_collection("checks-no"))
    refused(expect, "a bad name", Exception, lambda: client.create_collection("-"))
    configured = client.create_collection("checks-b", configuration={"hnsw": {"space": "ip", "ef_search": 50}})
    hnsw = configured.configuration_json["hnsw"]
    expect("its configuration is kept", hnsw["space"] == "ip" and hnsw["ef_search"] == 50)
    names = [each.name for each in client.list_collections()]
    expect("list names both", {"checks-a", "checks-b"} <= set(names))
    expect("list has pages", [each.name for each in client.list_collections(limit=1, offset=1)] == names[1:2])
    expect("collections are counted", client.count_collections() == len(names))
    made.modify(name="checks-c", metadata={"owner": "Grace"})
    changed = client.get_collection("checks-c")
    expect("modify changes name and metadata", changed.id == made.id and changed.metadata == {"owner": "Grace"})
    refused(expect, "the old name", chromadb.errors.NotFoundError, lambda: client.get_collection("checks-a"))
    changed.modify(configuration={"hnsw": {"ef_search": 77}})
    shown = client.get_collection("checks-c")
    expect("modify changes the configuration", shown.configuration["hnsw"]["ef_search"] == 77)
    expect("the schema says the same",
           shown.schema.keys["#embedding"].float_list.vector_index.config.hnsw.ef_search == 77)
    client.delete_collection("checks-b")
    client.delete_collection("checks-c")
    refused(expect, "one that is deleted", chromadb.errors.NotFoundError, lambda: made.count())
    refused(expect, "to delete one that is missing", chromadb.errors.NotFoundError,
            lambda: client.delete_collection("checks-b"))


def near(left, right):
    return all(math.isclose(a, b, rel_tol=2e-4, abs_tol=2e-4) for a, b in zip(left, right, strict=True))


def check_space(client, peer, space, expect):
    """Both sides get the same records, and must give the same answers."""
    ids, vectors, metadatas, documents = records(7)
    name = f"checks-{space}"
    ours, theirs = (each.create_collection(
        name, metadata={"hnsw:space": space, "hnsw:search_ef": 400, "hnsw:construction_ef": 400},
        embedding_function=Letters()) for each in [client, peer])
    for side in [ours, theirs]:
        side.add(ids=ids[:300], embeddings=vectors[:300], metadatas=metadatas[:300], documents=documents[:300])
        side.upsert(ids=ids[300:], embeddings=vectors[300:], metadatas=metadatas[300:], documents=documents[300:])
    expect(f"{space}: count", ours.count() == COUNT == theirs.count())
    expect(f"{space}: get gives all in the order they came", same(ours.get(), theirs.get()))
    expect(f"{space}: peek", ours.peek(5)["ids"] == ids[:5])
    expect(f"{space}: pages", same(ours.get(limit=10, offset=20), theirs.get(limit=10, offset=20)))
    shown = ours.get(ids=["item-9", "item-3"], include=["embeddings", "documents", "metadatas"])
    expect(f"{space}: vectors come back as they were sent",
           shown["ids"] == ["item-3", "item-9"] and numpy.array_equal(
               numpy.array(shown["embeddings"], dtype=numpy.float32),
               numpy.array([vectors[3], vectors[9]], dtype=numpy.float32)))
    for where in WHERES:
        expect(f"{space}: where {where}", same(ours.get(where=where), theirs.get(where=where)))
    for words in DOCUMENTS:
        expect(f"{space}: where_document {words}",
               same(ours.get(where_document=words), theirs.get(where_document=words)))
    queries = numpy.random.default_rng(9).normal(size=(5, DIMS)).astype(numpy.float32).tolist()
    cases = [{}, *({"where": where} for where in WHERES), *({"where_document": words} for words in DOCUMENTS),
             {"where": {"price": {"$lt": 25}}, "where_document": {"$contains": "kettle"}},
             {"ids": ["item-1", "item-2", "item-3", "item-77"]}]
    for case in cases:
        left = ours.query(query_embeddings=queries, n_results=10, **case)
        right = theirs.query(query_embeddings=queries, n_results=10, **case)
        expect(f"{space}: query {case or 'without a filter'}",
               same(left, right) and all(near(a, b) for a, b in zip(left["distances"], right["distances"])))
    wide = ours.query(query_embeddings=queries[:1], n_results=10_000, include=["distances"])
    expect(f"{space}: more than there is gives what there is", len(wide["ids"][0]) == COUNT)
    expect(f"{space}: distances rise", wide["distances"][0] == sorted(wide["distances"][0]))
    expect(f"{space}: only what is included comes", wide["documents"] is None and wide["metadatas"] is None)
    return ours, theirs


def check_changes(client, ours, theirs, expect):
    """Updates keep what is not given; both sides again."""
    fresh = [[0.5] * DIMS, [0.25] * DIMS]
    steps = [
        ("update of a document", lambda side: side.update(ids=["item-1"], documents=["a new text"])),
        ("update of metadata adds to it", lambda side: side.update(ids=["item-2"], metadatas=[{"added": 1}])),
        ("metadata that is None goes", lambda side: side.update(ids=["item-2"], metadatas=[{"price": None}])),
        ("update of a vector", lambda side: side.update(ids=["item-3"], embeddings=fresh[:1])),
        ("update of one that is missing does nothing",
         lambda side: side.update(ids=["missing"], embeddings=fresh[:1], documents=["x"])),
        ("upsert changes and adds", lambda side: side.upsert(
            ids=["item-4", "item-new"], embeddings=fresh, metadatas=[{"added": 2}, {"added": 3}])),
        ("add leaves what is there", lambda side: side.add(ids=["item-5"], embeddings=fresh[:1], documents=["no"])),
        ("delete by ids", lambda side: side.delete(ids=["item-6", "item-7", "missing"])),
        ("delete by where", lambda side: side.delete(where={"client_id": "client-2"})),
        ("delete by document", lambda side: side.delete(where_document={"$contains": "harbour violet"})),
        ("delete by ids and where", lambda side: side.delete(ids=["item-8", "item-10"], where={"price": 8})),
    ]
    include = ["embeddings", "metadatas", "documents"]
    for what, step in steps:
        step(ours)
        step(theirs)
        left, right = ours.get(include=include), theirs.get(include=include)
        expect(what, same(left, right) and ours.count() == theirs.count() and numpy.allclose(
            left["embeddings"], right["embeddings"], atol=1e-6))
    known = client.get_collection(ours.name)
    expect("the embedding function is kept",
           known.query(query_texts=["a new text"], n_results=1)["ids"] == [["item-1"]])
    query = [[0.5] * DIMS]
    left, right = ours.query(query_embeddings=query, n_results=5), theirs.query(query_embeddings=query, n_results=5)
    expect("a query sees all of it", same(left, right) and near(left["distances"][0], right["distances"][0]))


def check_refusals(client, expect):
    collection = client.create_collection("checks-bad")
    expect("an empty collection finds nothing",
           collection.query(query_embeddings=[[1.0, 2.0]], n_results=3)["ids"] == [[]])
    collection.add(ids=["a"], embeddings=[[1.0, 0.0, 0.0]], uris=["file:///a.png"])
    expect("a URI comes back", collection.get(include=["uris"])["uris"] == ["file:///a.png"])
    expect("a URI is no metadata", collection.get()["metadatas"] == [{}])
    bad = chromadb.errors.InvalidArgumentError
    refused(expect, "a vector of another length", bad, lambda: collection.add(ids=["b"], embeddings=[[1.0, 0.0]]))
    refused(expect, "a query of another length", bad, lambda: collection.query(query_embeddings=[[1.0, 0.0]]))
    refused(expect, "one bad vector of two", bad,
            lambda: collection.add(ids=["c", "d"], embeddings=[[1.0, 0.0, 0.0], [float("nan")] * 3]))
    expect("and nothing of it is kept", collection.get()["ids"] == ["a"])
    refused(expect, "an operator that is none", Exception, lambda: collection.get(where={"a": {"$near": 1}}))
    client.delete_collection("checks-bad")


def check_databases(url, client, expect):
    parts = urllib.parse.urlparse(url)
    settings = Settings(chroma_api_impl="chromadb.api.fastapi.FastAPI", chroma_server_host=parts.hostname,
                        chroma_server_http_port=parts.port, anonymized_telemetry=False)
    admin = chromadb.AdminClient(settings)
    name = "checks-records"
    refused(expect, "a database that is missing", chromadb.errors.NotFoundError, lambda: admin.get_database(name))
    admin.create_database(name)
    expect("a database is made", admin.get_database(name)["name"] == name)
    expect("list_databases has it", name in [each["name"] for each in admin.list_databases()])
    refused(expect, "a second one of the name", chromadb.errors.ChromaError, lambda: admin.create_database(name))
    refused(expect, "another tenant", chromadb.errors.NotFoundError, lambda: admin.get_tenant("another"))
    other = connect(url, database=name)
    client.create_collection("checks-both").add(ids=["here"], embeddings=[[1.0, 2.0]])
    other.create_collection("checks-both").add(ids=["there"], embeddings=[[1.0, 2.0]])
    expect("databases do not see each other's collections",
           client.get_collection("checks-both").get()["ids"] == ["here"]
           and [each.name for each in other.list_collections()] == ["checks-both"]
           and other.get_collection("checks-both").get()["ids"] == ["there"])
    admin.delete_database(name)
    expect("a database goes with its collections", client.get_collection("checks-both").count() == 1)
    refused(expect, "a deleted database", chromadb.errors.NotFoundError, lambda: admin.get_database(name))
    client.delete_collection("checks-both")


def connect(url, **options):
    parts = urllib.parse.urlparse(url)
    return chromadb.HttpClient(host=parts.hostname, port=parts.port, settings=Settings(anonymized_telemetry=False),
                               **options)


def run(url: str, shared: pathlib.Path | None) -> list[str]:
    """Runs all checks and returns what failed."""
    expect, failures = checker("chroma")
    client = connect(url)
    peer = chromadb.EphemeralClient(settings=Settings(anonymized_telemetry=False))
    check_system(client, expect)
    check_collections(client, expect)
    for space in SPACES:
        check_changes(client, *check_space(client, peer, space, expect), expect)
        client.delete_collection(f"checks-{space}")
    check_refusals(client, expect)
    check_databases(url, client, expect)
    return failures
