"""Operations of `products` for asyncio.

Written by `generate.py` from the server's /openapi.json; changes by hand are lost."""

from __future__ import annotations

from typing import Any, Dict, List, Literal

from .. import models
from .._call import Call, Upload
from .._async_send import AsyncSender
from .._extra_async import ProductsImportsExtra


class ProductsImages:
    """`products.images`"""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def add(self, product: str, image: Upload, *, wait: bool | None = None) -> models.UpsertedProduct:
        """Add a picture to a product.

        Answers the product and the job that makes the picture's vector. The same picture again changes nothing.

        product: External id or identifier of a product.
        wait: Answer when the work that follows has ended, such as making the vector. After 20 s, or the shorter
            time of `x-hearth-timeout-ms`, the answer is 202 and says how far it is; the work goes on.
        """
        return await self._client.run(Call(
            "products.images.add", "POST", "/products/{product}/images", models.UpsertedProduct,
            in_path={"product": product},
            body={"wait": wait},
            file=("image", image),
            is_idempotent=True))

    async def delete(self, product: str, image_id: str) -> models.ProductDeletion:
        """Delete a picture of a product with its file and vector.

        Deletes the picture's row, vector and file; the product stays.

        product: External id or identifier of a product.
        image_id: Identifier of a picture.
        """
        return await self._client.run(Call(
            "products.images.delete", "DELETE", "/products/{product}/images/{image_id}", models.ProductDeletion,
            in_path={"product": product, "image_id": image_id},
            is_idempotent=True))


class ProductsImports(ProductsImportsExtra):
    """`products.imports`"""

    def __init__(self, client: AsyncSender) -> None:
        super().__init__(client)

    async def begin(
        self, *, format: Literal["jsonl", "csv", "zip"] | None = None, template: str | None = None, source_type: str
        | None = None,
    ) -> models.ProductImport:
        """Begin an import whose file comes in pieces.

        Answers an import without bytes. Send the file by `products.imports.append`, then call
        `products.imports.start`.

        format: jsonl, csv or zip; told by its first bytes when absent.
        template: Of rows that name none.
        source_type: Of rows that name none.
        """
        return await self._client.run(Call(
            "products.imports.begin", "POST", "/products/imports", models.ProductImport,
            body={"format": format, "template": template, "source_type": source_type},
            is_idempotent=False))

    async def list(
        self, *, cursor: str | None = None, limit: int | None = None,
    ) -> models.Page[models.ProductImport]:
        """List the imports, newest first.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one.

        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return await self._client.run(Call(
            "products.imports.list", "GET", "/products/imports", models.Page[models.ProductImport],
            query={"cursor": cursor, "limit": limit},
            is_idempotent=True))

    async def append(self, import_id: str, file: Upload, *, offset: int) -> models.ProductImport:
        """Add the next piece of an import's file.

        The piece must begin where the last one ended; `bytes` of the answer says where the next one begins. After
        an interruption, ask `products.imports.get` and go on from there.

        import_id: Identifier of an import.
        offset: Where the piece begins in the whole: as many bytes as have arrived.
        """
        return await self._client.run(Call(
            "products.imports.append", "POST", "/products/imports/{import_id}/bytes", models.ProductImport,
            in_path={"import_id": import_id},
            body={"offset": offset},
            file=("file", file),
            is_idempotent=False))

    async def start(self, import_id: str, *, wait: bool | None = None) -> models.ProductImport:
        """Read an import whose file has arrived.

        Answers the import with the job that reads it. After an interruption the job goes on behind the last
        committed row; so does an import that has failed, as long as its file is kept. With `wait` the answer comes
        when the rows are read and searches find the products.

        import_id: Identifier of an import.
        wait: Answer when the work that follows has ended, such as making the vector. After 20 s, or the shorter
            time of `x-hearth-timeout-ms`, the answer is 202 and says how far it is; the work goes on.
        """
        return await self._client.run(Call(
            "products.imports.start", "POST", "/products/imports/{import_id}/start", models.ProductImport,
            in_path={"import_id": import_id},
            body={"wait": wait},
            is_idempotent=True))

    async def get(self, import_id: str) -> models.ProductImport:
        """Show one import with its first errors.

        Answers how far the import is, how many rows were accepted and refused, and its first 20 errors.

        import_id: Identifier of an import.
        """
        return await self._client.run(Call(
            "products.imports.get", "GET", "/products/imports/{import_id}", models.ProductImport,
            in_path={"import_id": import_id},
            is_idempotent=True))

    async def delete(self, import_id: str) -> models.ProductDeletion:
        """Stop and forget an import; products that it has made stay.

        Cancels the import's job if it is running and deletes the uploaded file.

        import_id: Identifier of an import.
        """
        return await self._client.run(Call(
            "products.imports.delete", "DELETE", "/products/imports/{import_id}", models.ProductDeletion,
            in_path={"import_id": import_id},
            is_idempotent=True))

    async def errors(
        self, import_id: str, *, after_line: int | None = None, limit: int | None = None,
    ) -> models.ImportErrors:
        """List the rows of an import that could not be used.

        Answers the rows that could not be used, by line, with the reason of each.

        import_id: Identifier of an import.
        after_line: Only errors of later lines.
        limit: Most errors wanted.
        """
        return await self._client.run(Call(
            "products.imports.errors", "GET", "/products/imports/{import_id}/errors", models.ImportErrors,
            in_path={"import_id": import_id},
            query={"after_line": after_line, "limit": limit},
            is_idempotent=True))


class ProductsScans:
    """`products.scans`"""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def list(self, *, cursor: str | None = None, limit: int | None = None) -> models.Page[models.Scan]:
        """List the kept scans, newest first.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one.

        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return await self._client.run(Call(
            "products.scans.list", "GET", "/products/scans", models.Page[models.Scan],
            query={"cursor": cursor, "limit": limit},
            is_idempotent=True))

    async def delete(self, scan_id: str) -> models.ProductDeletion:
        """Forget a kept scan.

        Deletes the scan's record with its embedding.

        scan_id: Identifier of a kept scan.
        """
        return await self._client.run(Call(
            "products.scans.delete", "DELETE", "/products/scans/{scan_id}", models.ProductDeletion,
            in_path={"scan_id": scan_id},
            is_idempotent=True))


class ProductsSettings:
    """`products.settings`"""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client

    async def get(self, *, template: str | None = None) -> models.ProductSettings:
        """Show the weights of pictures and texts, and the models of the products.

        Answers the weights of a template, or of all templates without weights of their own, and the models that
        searches use.

        template: Template whose settings are meant; those of every template without its own when absent.
        """
        return await self._client.run(Call(
            "products.settings.get", "GET", "/products/settings", models.ProductSettings,
            query={"template": template},
            is_idempotent=True))

    async def set(
        self, *, template: str | None = None, image_weight: float, text_weight: float,
    ) -> models.ProductSettings:
        """Set the weights of pictures and texts in combined searches.

        The weights hold from the next search on; nothing is embedded again.

        template: Template whose settings are meant; those of every template without its own when absent.
        image_weight: What the picture counts in a combined score; only the ratio matters.
        text_weight: What the text counts in a combined score.
        """
        return await self._client.run(Call(
            "products.settings.set", "POST", "/products/settings", models.ProductSettings,
            body={"template": template, "image_weight": image_weight, "text_weight": text_weight},
            is_idempotent=True))


class Products:
    """`products`"""

    def __init__(self, client: AsyncSender) -> None:
        self._client = client
        self.images = ProductsImages(client)
        self.imports = ProductsImports(client)
        self.scans = ProductsScans(client)
        self.settings = ProductsSettings(client)

    async def upsert(
        self, *, image: Upload | None = None, external_id: str, template: str | None = None, source_type: str | None
        = None, title: str | None = None, description: str | None = None, attributes: Dict[str, Any] | None = None,
        wait: bool | None = None,
    ) -> models.UpsertedProduct:
        """Add a product, or change the one with this external id.

        Changes the fields that are given and leaves the others as they are; a picture is added to those that are
        there. When something that is embedded has changed, a job makes the vectors again, and the answer names it.
        With `wait` the answer comes when searches find the product.

        external_id: Your own name for the product; the product that has it is changed.
        template: Business template; `default` in a new product.
        source_type: Where it comes from; `default` in a new product.
        title: What people call it; embedded with the description.
        description: Embedded behind the title, as far as the model reads.
        attributes: Flat: names with texts, numbers, true or false; replaces those that were there.
        wait: Answer when the work that follows has ended, such as making the vector. After 20 s, or the shorter
            time of `x-hearth-timeout-ms`, the answer is 202 and says how far it is; the work goes on.
        """
        return await self._client.run(Call(
            "products.upsert", "POST", "/products", models.UpsertedProduct,
            body={"external_id": external_id, "template": template, "source_type": source_type, "title": title,
            "description": description, "attributes": attributes, "wait": wait},
            file=("image", image) if image is not None else None,
            is_idempotent=True))

    async def list(
        self, *, template: str | None = None, source_type: str | None = None, filter: Dict[str, Any] | None = None,
        cursor: str | None = None, limit: int | None = None,
    ) -> models.Page[models.Product]:
        """List the products, newest first.

        Answers a page; pass its `next_cursor` as `cursor` to get the next one.

        template: Only products of this template.
        source_type: Only products of this source type.
        filter: Conditions on attributes, `template` and `source_type`, all of which must hold: a value, or an
            object of eq, ne, gt, gte, lt, lte, in, nin, exists; joined by and, or, not. In a query string as JSON.
        cursor: `next_cursor` of the page before; absent for the first page.
        limit: Entries of a page; 50 when absent.
        """
        return await self._client.run(Call(
            "products.list", "GET", "/products", models.Page[models.Product],
            query={"template": template, "source_type": source_type, "filter": filter, "cursor": cursor, "limit":
            limit},
            is_idempotent=True))

    async def get(self, product: str) -> models.Product:
        """Show one product.

        Takes the product's external id or its identifier. Answers its texts, attributes and pictures, and whether
        searches find it.

        product: External id or identifier of a product.
        """
        return await self._client.run(Call(
            "products.get", "GET", "/products/{product}", models.Product,
            in_path={"product": product},
            is_idempotent=True))

    async def delete(self, product: str) -> models.ProductDeletion:
        """Delete a product with its pictures and vectors.

        Deletes the product with its pictures, files and vectors. Kept scans that found it stay.

        product: External id or identifier of a product.
        """
        return await self._client.run(Call(
            "products.delete", "DELETE", "/products/{product}", models.ProductDeletion,
            in_path={"product": product},
            is_idempotent=True))

    async def quick_scan(
        self, image: Upload, *, text: str | None = None, template: str | None = None, source_type: str | None =
        None, filter: Dict[str, Any] | None = None, k: int | None = None, min_score: float | None = None, threshold:
        float | None = None, store: bool | None = None,
    ) -> models.ScanReply:
        """Find the products that a picture shows, and keep the scan.

        Answers the products most similar to the picture, best first, with the scores of picture and text. The scan
        and its embedding are kept unless `store` is false; `products.scans.list` shows them.

        text: Words beside the picture: both are searched, by the template's weights.
        template: Only products of this template; its weights hold.
        source_type: Only products of this source type.
        filter: Conditions on attributes, `template` and `source_type`, all of which must hold: a value, or an
            object of eq, ne, gt, gte, lt, lte, in, nin, exists; joined by and, or, not. In a query string as JSON.
        k: Most matches wanted; 5 when absent.
        min_score: Matches below this score are left out.
        threshold: The same as `min_score`.
        store: Whether the scan and its embedding are kept; true when absent.
        """
        return await self._client.run(Call(
            "products.quick_scan", "POST", "/products/orchestrate/quick-scan", models.ScanReply,
            body={"text": text, "template": template, "source_type": source_type, "filter": filter, "k": k,
            "min_score": min_score, "threshold": threshold, "store": store},
            file=("image", image),
            is_idempotent=False))

    async def search(
        self, *, text: str, template: str | None = None, source_type: str | None = None, filter: Dict[str, Any] |
        None = None, k: int | None = None, min_score: float | None = None, threshold: float | None = None,
    ) -> models.ScanReply:
        """Find products by words.

        Answers the products most similar to the words, best first. With a model that has texts and pictures in one
        space the pictures are searched, else the texts. Nothing is kept.

        text: What is looked for. With a model of two towers the pictures are searched, else the texts.
        template: Only products of this template; its weights hold.
        source_type: Only products of this source type.
        filter: Conditions on attributes, `template` and `source_type`, all of which must hold: a value, or an
            object of eq, ne, gt, gte, lt, lte, in, nin, exists; joined by and, or, not. In a query string as JSON.
        k: Most matches wanted; 5 when absent.
        min_score: Matches below this score are left out.
        threshold: The same as `min_score`.
        """
        return await self._client.run(Call(
            "products.search", "POST", "/products/search", models.ScanReply,
            body={"text": text, "template": template, "source_type": source_type, "filter": filter, "k": k,
            "min_score": min_score, "threshold": threshold},
            is_idempotent=True))

    async def import_(
        self, file: Upload, *, format: Literal["jsonl", "csv", "zip"] | None = None, template: str | None = None,
        source_type: str | None = None, wait: bool | None = None,
    ) -> models.ProductImport:
        """Add many products from one file: JSON lines, CSV or zip.

        Answers when the file is on disk; a job reads its rows afterwards. Rows with an external id that exists
        change that product. Rows that cannot be used are listed by `products.imports.errors` and stop nothing. With
        `wait` the answer comes when the rows are read and searches find the products.

        format: jsonl, csv or zip; told by its first bytes when absent.
        template: Of rows that name none.
        source_type: Of rows that name none.
        wait: Answer when the work that follows has ended, such as making the vector. After 20 s, or the shorter
            time of `x-hearth-timeout-ms`, the answer is 202 and says how far it is; the work goes on.
        """
        return await self._client.run(Call(
            "products.import", "POST", "/products/import", models.ProductImport,
            body={"format": format, "template": template, "source_type": source_type, "wait": wait},
            file=("file", file),
            is_idempotent=False))

    async def backfill(
        self, *, template: str | None = None, rate: float | None = None, dry_run: bool | None = None,
    ) -> models.JobTicket:
        """Embed the products that have no current embedding.

        Embeds in whole batches behind interactive calls and commits each batch by itself, so that a job that was
        stopped repeats nothing. One job for each template is unfinished at most. While the models change, searches
        use the old vectors until all products have new ones. The job's result says how many products it has
        embedded, and how many of them have a part that cannot be embedded.

        template: Only products of this template.
        rate: Products a second, at most; as many as can be when absent.
        dry_run: Only count: the job's result says how many there are.
        """
        return await self._client.run(Call(
            "products.backfill", "POST", "/products/backfill", models.JobTicket,
            body={"template": template, "rate": rate, "dry_run": dry_run},
            is_idempotent=True))

    async def backfill_status(self, *, template: str | None = None) -> models.BackfillStatus:
        """Count the products that have no current embedding.

        Answers how many products have no embedding yet and how many have one by other models than now, and which
        models searches use. `products.backfill` embeds them.

        template: Only products of this template.
        """
        return await self._client.run(Call(
            "products.backfill_status", "GET", "/products/backfill", models.BackfillStatus,
            query={"template": template},
            is_idempotent=True))
