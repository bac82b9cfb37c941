import HearthCore
import HearthJobs
import HearthVectorStore

extension Products {
    func productOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "products.upsert", "Add a product, or change the one with this external id.",
                    description: """
                        Changes the fields that are given and leaves the others as they are; a picture \
                        is added to those that are there. When something that is embedded has changed, a \
                        job makes the vectors again, and the answer names it. With `wait` the answer \
                        comes when searches find the product.
                        """,
                    permission: .write, hints: .replaces,
                    routes: [Route(.post, "/products")], attachment: .image(isRequired: false)),
                input: UpsertProduct.self, output: UpsertedProduct.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finish)
            ) { input, context in
                try await upsert(try input.draft(), context)
            },
            Operation(
                .init(
                    "products.list", "List the products, newest first.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/products")]),
                input: ListProducts.self, output: Page<Product>.self, run: list),
            Operation(
                .init(
                    "products.get", "Show one product.",
                    description: """
                        Takes the product's external id or its identifier. Answers its texts, attributes \
                        and pictures, and whether searches find it.
                        """,
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/products/{product}")]),
                input: ProductReference.self, output: Product.self, run: get),
            Operation(
                .init(
                    "products.delete", "Delete a product with its pictures and vectors.",
                    description: """
                        Deletes the product with its pictures, files and vectors. Kept scans that found \
                        it stay.
                        """,
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/products/{product}")]),
                input: ProductReference.self, output: ProductDeletion.self, run: delete),
            Operation(
                .init(
                    "products.images.add", "Add a picture to a product.",
                    description: """
                        Answers the product and the job that makes the picture's vector. The same \
                        picture again changes nothing.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/products/{product}/images")],
                    attachment: .image(isRequired: true), successStatus: 201),
                input: AddProductImage.self, output: UpsertedProduct.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finish), run: addImage),
            Operation(
                .init(
                    "products.images.delete", "Delete a picture of a product with its file and vector.",
                    description: "Deletes the picture's row, vector and file; the product stays.",
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/products/{product}/images/{image_id}")]),
                input: ProductImageReference.self, output: ProductDeletion.self, run: deleteImage),
        ]
    }

    // MARK: Upsert

    /// What became of a draft.
    struct Applied: Sendable {
        let productID: String
        let isNew: Bool
        /// Whether its vectors are to be made again.
        let isOther: Bool
        /// Pictures that the product had already; their files are not wanted.
        let unwanted: [StoredImage]
    }

    /// Files first, then rows and job in one transaction: there is never a row without its file.
    private func upsert(
        _ draft: ProductDraft, _ context: OperationContext
    ) async throws -> UpsertedProduct {
        let (table, queue, tenant, now) = (table, queue, context.tenant, clock.now())
        let known = try await store.read { db in
            try table.productID(externalID: draft.externalID, of: tenant, in: db)
        }
        let proposal = known ?? Identifier.make(now: now)
        let images = context.image.map { [StoredImage($0, product: proposal, now: now)] } ?? []
        let added = TenantUsage(
            unfinishedJobs: 1, storedBytes: Int64(images.reduce(draft.textBytes) { $0 + $1.bytes.count }),
            records: known == nil ? 1 : 0)
        let taken = try await quotas?.take(added, for: tenant) { db in
            try usage(of: draft, images, tenant: tenant, in: db)
        }
        defer { withExtendedLifetime(taken) {} }
        return try await withFiles(of: images) { commit in
            let (applied, upserted) = try await metrics.time(.productRows) {
                try await store.write { db in
                    let applied = try apply(draft, images, proposal: proposal, tenant: tenant, in: db, now: now)
                    let job =
                        applied.isOther
                        ? try queue.enqueue(embedding(of: applied.productID, tenant: tenant), in: db).jobID : nil
                    let upserted = UpsertedProduct(
                        product: try table.product(applied.productID, of: tenant, in: db), isNew: applied.isNew,
                        jobID: job, websocketURL: job.map(JobTicket.webSocketPath))
                    commit.begin()
                    return (applied, upserted)
                }
            }
            return (upserted, applied.unwanted)
        }
    }

    /// Writes files, runs `body`, and removes the files that it does not want; when it throws all of them, but for
    /// those whose rows may turn out to be there.
    /// - Parameter body: commits rows that name the files, and tells when that begins.
    func withFiles<T>(
        of images: [StoredImage], _ body: (UncertainCommit) async throws -> (T, unwanted: [StoredImage])
    ) async throws -> T {
        let (blobs, commit) = (blobs, UncertainCommit())
        // What cannot be removed now is swept later: it has no row.
        func remove(_ images: [StoredImage]) async { try? await blobs.remove(images.map(\.image.path)) }
        do {
            _ = try await concurrentMap(images) { try await blobs.write($0.bytes, to: $0.image.path) }
            let (value, unwanted) = try await body(commit)
            await remove(unwanted)
            return value
        } catch {
            if !commit.isPossible(after: error) { await remove(images) }
            throw error
        }
    }

    /// What an upsert really adds, by the rows.
    func usage(
        of draft: ProductDraft, _ images: [StoredImage], tenant: Tenant, in db: any SQLConnection
    ) throws -> TenantUsage {
        let known = try table.productID(externalID: draft.externalID, of: tenant, in: db)
        let present = try known.flatMap { try table.images(ofProducts: [$0], in: db)[$0] } ?? []
        var sums = Set(present.map(\.sha256))
        let wanted = images.filter { sums.insert($0.image.sha256).inserted }
        let texts = try known.map { try table.addedTextBytes(of: draft, to: $0, in: db) } ?? draft.textBytes
        let bytes = wanted.reduce(texts) { $0 + $1.bytes.count }
        var usage = TenantUsage(storedBytes: Int64(bytes))
        guard let known else {
            usage.records = 1
            usage.unfinishedJobs = 1
            return usage
        }
        if try !wanted.isEmpty || table.difference(of: draft, id: known, in: db).isOfContent,
            try !queue.table.isUnfinished(embedding(of: known, tenant: tenant), in: db)
        {
            usage.unfinishedJobs = 1
        }
        return usage
    }

    /// Adds or changes a product in the caller's transaction; what is refused is refused before anything is changed.
    /// - Throws: ``HearthError`` `invalid_request` for too many pictures.
    func apply(
        _ draft: ProductDraft, _ images: [StoredImage], proposal: String, tenant: Tenant, in db: any SQLConnection,
        now: Int64
    ) throws -> Applied {
        let known = try table.productID(externalID: draft.externalID, of: tenant, in: db)
        if known == nil { try checkReach(of: draft.externalID, tenant: tenant, in: db) }
        let id = known ?? proposal
        let present = try known.flatMap { try table.images(ofProducts: [$0], in: db)[$0] } ?? []
        var sums = Set(present.map(\.sha256))
        var (wanted, unwanted): ([StoredImage], [StoredImage]) = ([], [])
        for image in images {
            if sums.insert(image.image.sha256).inserted { wanted.append(image) } else { unwanted.append(image) }
        }
        guard sums.count <= Limits.productImages else {
            throw HearthError(
                .invalidRequest, "The product would have \(sums.count) pictures.",
                hint: "At most \(Limits.productImages).")
        }
        var isOther = !wanted.isEmpty || known == nil
        if known == nil {
            try table.insert(draft, id: id, tenant: tenant, in: db, now: now)
        } else {
            let difference = try table.update(draft, id: id, in: db, now: now)
            isOther = isOther || difference.isOfContent
            if difference.isOfAttributes {
                // The vectors stay as they are: only what they are filtered by is another.
                try vectors.change(
                    items: [id] + present.map(\.imageID), attributes: table.filteredAttributes(of: id, in: db), in: db)
            }
        }
        for image in wanted { try table.insertImage(image.image, product: id, in: db) }
        if isOther, known != nil { try table.invalidate(id, in: db, now: now) }
        if isOther { try table.markBehind(of: tenant, in: db) }
        return Applied(productID: id, isNew: known == nil, isOther: isOther, unwanted: unwanted)
    }

    /// Words that stand where paths have a product: `GET /products/scans` lists scans.
    static let pathWords: Set<String> = [
        "backfill", "import", "imports", "orchestrate", "scans", "search", "settings", ".", "..",
    ]

    /// Refuses the external id of a new product that no path could name, or that would hide another product.
    private func checkReach(of externalID: String, tenant: Tenant, in db: any SQLConnection) throws {
        guard !Self.pathWords.contains(externalID) else {
            throw HearthError(
                .invalidRequest, "`external_id` cannot be \"\(externalID)\", which is a path of the API.",
                hint: "Put something before it. These are taken: \(Self.pathWords.sorted().joined(separator: ", ")).")
        }
        guard try !table.isID(externalID, of: tenant, in: db) else {
            throw HearthError(
                .invalidRequest, "`external_id` is the `product_id` of another product.",
                hint: "Give the external id of that product to change it, or another one to make a new product.")
        }
    }

    // MARK: Pictures

    private func addImage(_ input: AddProductImage, _ context: OperationContext) async throws -> UpsertedProduct {
        let (table, tenant) = (table, context.tenant)
        let product = try await store.read { db in
            try table.product(table.requireID(input.product, of: tenant, in: db), of: tenant, in: db)
        }
        let draft = try ProductDraft(
            externalID: product.externalID, template: nil, sourceType: nil, title: nil, description: nil,
            attributes: nil)
        return try await upsert(draft, context)
    }

    private func deleteImage(
        _ input: ProductImageReference, _ context: OperationContext
    ) async throws -> ProductDeletion {
        let (table, vectors, queue, tenant, now) = (table, vectors, queue, context.tenant, clock.now())
        let image = try await store.remove { db in
            let id = try table.requireID(input.product, of: tenant, in: db)
            let product = try table.product(id, of: tenant, in: db)
            guard let image = product.images.first(where: { $0.imageID == input.imageID }) else {
                throw ProductTable.missing("picture of this product")
            }
            try vectors.remove(items: [image.imageID], in: db)
            try table.deleteImage(image.imageID, in: db)
            // A job that looks at the picture now must not bring its vector back.
            try table.invalidate(id, in: db, now: now)
            try queue.enqueue(embedding(of: id, tenant: tenant), in: db)
            return image
        }
        try await blobs.remove(image.path)
        return ProductDeletion(deleted: image.imageID, imageCount: 1)
    }

    // MARK: List, get, delete

    private func list(_ input: ListProducts, _ context: OperationContext) async throws -> Page<Product> {
        let page = try input.page()
        let table = table
        let filter = try SearchFilter(template: nil, sourceType: nil, filter: input.filter)
        return try await store.read { db in
            var found = try table.list(
                ProductTable.Filter(template: input.template, sourceType: input.sourceType), page,
                of: context.tenant, in: db, where: filter.holds)
            if found.items.isEmpty, let template = input.template {
                found.hint = try table.hint(onTemplate: template, of: context.tenant, in: db)
            }
            return found
        }
    }

    private func get(_ input: ProductReference, _ context: OperationContext) async throws -> Product {
        let table = table
        return try await store.read { db in
            try table.product(
                table.requireID(input.product, of: context.tenant, in: db), of: context.tenant, in: db)
        }
    }

    private func delete(_ input: ProductReference, _ context: OperationContext) async throws -> ProductDeletion {
        let (table, vectors, tenant) = (table, vectors, context.tenant)
        let product = try await store.remove { db in
            let id = try table.requireID(input.product, of: tenant, in: db)
            let product = try table.product(id, of: tenant, in: db)
            try vectors.remove(items: [id] + product.images.map(\.imageID), in: db)
            try table.delete(id, in: db)
            return product
        }
        try await blobs.remove(product.images.map(\.path))
        return ProductDeletion(deleted: product.productID, imageCount: product.images.count)
    }
}
