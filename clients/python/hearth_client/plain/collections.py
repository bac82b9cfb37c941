"""Operations of `collections`.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from typing import Any, Dict, List, Literal

from .. import models
from .._call import Call, Upload
from .._extra import CollectionsExtra
from .._sync_send import Sender


class CollectionsRecords:
    """`collections.records`"""

    def __init__(self, client: Sender) -> None:
        self._client = client

    def upsert(
        self, collection: str, *, records: List[Dict[str, Any]], partial: bool | None = None,
    ) -> models.UpsertedRecords:
        """Add or replace records; an invalid one keeps out all of them.

        A record whose id exists is replaced. All records are checked before the first is stored; with `partial` the
        good ones are stored and the others are listed. An answer says that all of them are on disk. More than 500
        records are stored in several steps: when a call ends without an answer or with an error of the server, the
        first of them may be stored, and the same call again stores all.

        collection: Identifier or name of a collection.
        records: Objects with `id`, one of `vector` (numbers, or base64 of float32), `text` and `image_base64`, and,
            if wanted, `payload` (an object) and `document` (a text).
        partial: Whether good records are stored although others are bad; otherwise none is.
        """
        return self._client.run(Call(
            "collections.records.upsert", "POST", "/api/collections/{collection}/records", models.UpsertedRecords,
            in_path={"collection": collection},
            body={"records": records, "partial": partial},
            is_idempotent=True))

    def list(
        self, collection: str, *, cursor: str | None = None, limit: int | None = None, include_vectors: bool | None
        = None,
    ) -> models.Page[models.Record]:
        """List the records of a collection by id.

        Answers a page in the order of the ids; pass its `next_cursor` as `cursor` to get the next one.

        collection: Identifier or name of a collection.
        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        include_vectors: Whether vectors are in the reply.
        """
        return self._client.run(Call(
            "collections.records.list", "GET", "/api/collections/{collection}/records", models.Page[models.Record],
            in_path={"collection": collection},
            query={"cursor": cursor, "limit": limit, "include_vectors": include_vectors},
            is_idempotent=True))

    def delete(
        self, collection: str, *, ids: List[str] | None = None, filter: Dict[str, Any] | None = None,
    ) -> models.DeletedRecords:
        """Delete records by their ids, or all that pass a filter.

        Takes either ids or a filter. Answers how many records were deleted.

        collection: Identifier or name of a collection.
        ids: Ids of records; those that are missing do not matter.
        filter: Conditions on attributes, all of which must hold: a value, or an object of eq, ne, gt, gte, lt, lte,
            in, nin, exists; joined by and, or, not.
        """
        return self._client.run(Call(
            "collections.records.delete", "POST", "/api/collections/{collection}/records/delete",
            models.DeletedRecords,
            in_path={"collection": collection},
            body={"ids": ids, "filter": filter},
            is_idempotent=True))

    def get(self, collection: str, *, ids: List[str], include_vectors: bool | None = None) -> models.Records:
        """Show records by their ids; those that are missing are left out.

        Answers the records that exist, in the order of the ids that were asked for.

        collection: Identifier or name of a collection.
        ids: Ids of records.
        include_vectors: Whether vectors are in the reply.
        """
        return self._client.run(Call(
            "collections.records.get", "POST", "/api/collections/{collection}/records/get", models.Records,
            in_path={"collection": collection},
            body={"ids": ids, "include_vectors": include_vectors},
            is_idempotent=True))


class Collections(CollectionsExtra):
    """`collections`"""

    def __init__(self, client: Sender) -> None:
        super().__init__(client)
        self.records = CollectionsRecords(client)

    def create(
        self, *, name: str, dims: int | None = None, model: str | None = None, metric: Literal["cosine", "dot",
        "euclidean"] | None = None, attributes: Any = None, metadata: Dict[str, Any] | None = None, get_or_create:
        bool | None = None,
    ) -> models.Collection:
        """Create a collection of vectors.

        A collection holds records of one length and one metric; with a model it embeds texts and pictures by
        itself. A name that is taken is refused with `conflict`, unless `get_or_create` is set and the settings
        agree.

        name: Unique within the tenant; letters, digits, dots, dashes and underscores.
        dims: Length of the vectors; absent: the model's, or that of the first vector.
        model: The model that embeds texts and pictures sent in place of vectors.
        metric: `cosine` (when absent), `dot` or `euclidean`.
        attributes: Payload fields that filters can look at: names to `text`, `number` or `flag`; or "auto" for all.
        metadata: Your own data about the collection: an object.
        get_or_create: Whether an existing collection of this name is given back instead of refused.
        """
        return self._client.run(Call(
            "collections.create", "POST", "/api/collections", models.Collection,
            body={"name": name, "dims": dims, "model": model, "metric": metric, "attributes": attributes,
            "metadata": metadata, "get_or_create": get_or_create},
            is_idempotent=True))

    def list(self, *, cursor: str | None = None, limit: int | None = None) -> models.Page[models.Collection]:
        """List the collections by name.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one.

        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return self._client.run(Call(
            "collections.list", "GET", "/api/collections", models.Page[models.Collection],
            query={"cursor": cursor, "limit": limit},
            is_idempotent=True))

    def get(self, collection: str) -> models.Collection:
        """Show one collection.

        Answers the collection's settings and how many records it has.

        collection: Identifier or name of a collection.
        """
        return self._client.run(Call(
            "collections.get", "GET", "/api/collections/{collection}", models.Collection,
            in_path={"collection": collection},
            is_idempotent=True))

    def update(
        self, collection: str, *, name: str | None = None, attributes: Any = None, metadata: Dict[str, Any] | None =
        None,
    ) -> models.Collection:
        """Change the name, metadata or attributes of a collection.

        Changes the fields that are given and leaves the others as they are. New attributes are read from the
        records that are there.

        collection: Identifier or name of a collection.
        name: The new name.
        attributes: The attributes from now on, as for a new collection; those of its records are read again first.
        metadata: The new metadata; it replaces the old.
        """
        return self._client.run(Call(
            "collections.update", "PATCH", "/api/collections/{collection}", models.Collection,
            in_path={"collection": collection},
            body={"name": name, "attributes": attributes, "metadata": metadata},
            is_idempotent=True))

    def delete(self, collection: str) -> models.CollectionDeletion:
        """Delete a collection with all its records.

        Deletes the collection with all its records. This cannot be undone.

        collection: Identifier or name of a collection.
        """
        return self._client.run(Call(
            "collections.delete", "DELETE", "/api/collections/{collection}", models.CollectionDeletion,
            in_path={"collection": collection},
            is_idempotent=True))

    def query(
        self, collection: str, *, image: Upload | None = None, vector: Any = None, vectors: List[Any] | None = None,
        id: str | None = None, text: str | None = None, k: int | None = None, filter: Dict[str, Any] | None = None,
        min_score: float | None = None, exact: bool | None = None, include_vectors: bool | None = None,
        include_payloads: bool | None = None,
    ) -> models.QueryReply:
        """Find the records closest to vectors, a record, a text or a picture.

        Answers the `k` best records of each query, filtered first and compared exactly. Exactly one of a vector,
        several vectors, a record's id, a text and a picture is the query.

        collection: Identifier or name of a collection.
        vector: What to look for: numbers, or base64 of little-endian float32.
        vectors: Several of them; one pass serves all.
        id: Look for what is like this record.
        text: Look for what is like this text, by the collection's model.
        k: Most matches wanted for each query; 10 when absent.
        filter: Conditions on attributes, all of which must hold: a value, or an object of eq, ne, gt, gte, lt, lte,
            in, nin, exists; joined by and, or, not.
        min_score: Matches below this score are left out.
        exact: Compares every vector in float32. Otherwise int8 rules some out first; the answer is the same.
        include_vectors: Whether vectors are in the reply.
        include_payloads: Whether payloads and documents are in the reply; they are when absent.
        """
        return self._client.run(Call(
            "collections.query", "POST", "/api/collections/{collection}/query", models.QueryReply,
            in_path={"collection": collection},
            body={"vector": vector, "vectors": vectors, "id": id, "text": text, "k": k, "filter": filter,
            "min_score": min_score, "exact": exact, "include_vectors": include_vectors, "include_payloads":
            include_payloads},
            file=("image", image) if image is not None else None,
            is_idempotent=True))

    def count(self, collection: str, *, filter: Dict[str, Any] | None = None) -> models.RecordCount:
        """Count the records, or those that pass a filter.

        Counts all records without a filter.

        collection: Identifier or name of a collection.
        filter: Conditions on attributes, all of which must hold: a value, or an object of eq, ne, gt, gte, lt, lte,
            in, nin, exists; joined by and, or, not.
        """
        return self._client.run(Call(
            "collections.count", "GET", "/api/collections/{collection}/count", models.RecordCount,
            in_path={"collection": collection},
            query={"filter": filter},
            is_idempotent=True))
