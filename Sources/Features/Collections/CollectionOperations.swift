package import HearthCore
import HearthInference
import HearthJobs
import HearthVectorStore
import HearthVectors

/// The operations on collections that tenants make themselves.
package struct CollectionOperations: Feature {
    let collections: NamedCollections

    package init(_ collections: NamedCollections) { self.collections = collections }

    package func operations() -> [Operation] { ownOperations() + recordOperations() }

    private func ownOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "collections.create", "Create a collection of vectors.",
                    description: """
                        A collection holds records of one length and one metric; with a model it embeds \
                        texts and pictures by itself. A name that is taken is refused with `conflict`, \
                        unless `get_or_create` is set and the settings agree.
                        """,
                    permission: .write, hints: .addsOnce,
                    routes: [Route(.post, "/api/collections")], successStatus: 201),
                input: CreateCollection.self, output: CollectionDescription.self, run: create),
            Operation(
                .init(
                    "collections.list", "List the collections by name.",
                    description: "Answers a page; pass its `next_cursor` as `cursor` to get the next one.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/collections")]),
                input: ListCollections.self, output: Page<CollectionDescription>.self, run: list),
            Operation(
                .init(
                    "collections.get", "Show one collection.",
                    description: "Answers the collection's settings and how many records it has.",
                    permission: .read, hints: .reads,
                    routes: [Route(.get, "/api/collections/{collection}")]),
                input: CollectionReference.self, output: CollectionDescription.self
            ) { input, context in
                let collection = try await collections.find(input.collection, of: context.tenant)
                return CollectionDescription(collection, count: try await collections.count(of: collection))
            },
            Operation(
                .init(
                    "collections.update", "Change the name, metadata or attributes of a collection.",
                    description: """
                        Changes the fields that are given and leaves the others as they are. New \
                        attributes are read from the records that are there.
                        """,
                    permission: .write, hints: .replaces, routes: [Route(.patch, "/api/collections/{collection}")]),
                input: UpdateCollection.self, output: CollectionDescription.self, run: update),
            Operation(
                .init(
                    "collections.delete", "Delete a collection with all its records.",
                    description: "Deletes the collection with all its records. This cannot be undone.",
                    permission: .write, hints: .removes,
                    routes: [Route(.delete, "/api/collections/{collection}")]),
                input: CollectionReference.self, output: CollectionDeletion.self
            ) { input, context in
                let (id, records) = try await collections.delete(input.collection, of: context.tenant)
                return CollectionDeletion(deleted: id, recordCount: records)
            },
        ]
    }

    private func create(_ input: CreateCollection, _ context: OperationContext) async throws -> CollectionDescription {
        try CollectionName.check(input.name)
        let plan = NamedCollections.Plan(
            name: input.name, metric: try input.metricChosen(), dims: input.dims,
            model: try await model(input.model, dims: input.dims, deadline: context.deadline),
            attributes: try AttributeRule(input.attributes), metadata: try CollectionName.metadata(input.metadata))
        let (collection, isNew) = try await collections.create(
            plan, isExistingFine: input.getOrCreate ?? false, of: context.tenant)
        if !isNew { try Self.check(collection, isLike: plan, metricNamed: input.metric != nil) }
        return CollectionDescription(collection, count: try await collections.count(of: collection))
    }

    /// The model that a name means; waits until it is known how long its vectors are.
    private func model(
        _ name: String?, dims: Int?, deadline: ContinuousClock.Instant
    ) async throws -> ModelIdentity? {
        guard let name else { return nil }
        let service = collections.embeddings
        var status = try await service.model(name, seeing: nil, until: deadline)
        if status.dims == nil || status.digest == nil {
            try await service.load(status.id, keepAlive: nil, deadline: deadline)
            status = try await service.model(name, seeing: nil, until: deadline)
        }
        guard let length = status.dims, let digest = status.digest else {
            throw HearthError(.modelNotReady, "The model \(status.id) is not ready.", retryAfter: 1)
        }
        guard dims == nil || dims == length else {
            throw HearthError(
                .conflict, "The model \(status.id) makes vectors of \(length) components, not \(dims ?? 0).",
                hint: "Leave `dims` out.")
        }
        return ModelIdentity(id: status.id, digest: digest, dims: length, precision: status.precision ?? "")
    }

    /// What is there already must be what was asked for, or vectors of another kind would come into it.
    private static func check(
        _ collection: NamedCollection, isLike plan: NamedCollections.Plan, metricNamed: Bool
    ) throws {
        let wantedDims = plan.dims ?? plan.model?.dims
        guard !metricNamed || plan.metric == collection.metric,
            wantedDims == nil || collection.dims == nil || wantedDims == collection.dims,
            plan.model == nil || plan.model?.digest == collection.model?.digest
        else {
            throw HearthError(
                .conflict, "The collection \"\(collection.name)\" has another metric, length or model.",
                hint: "`GET /api/collections/\(collection.name)` shows it; delete it or take another name.")
        }
    }

    private func list(
        _ input: ListCollections, _ context: OperationContext
    ) async throws -> Page<CollectionDescription> {
        let limit = input.limit ?? Limits.defaultPageSize
        let found = try await collections.list(of: context.tenant, after: input.cursor, limit: limit + 1)
        return Page(
            rows: found.map { CollectionDescription($0, count: nil) }, limit: limit, cursor: \.name)
    }

    private func update(_ input: UpdateCollection, _ context: OperationContext) async throws -> CollectionDescription {
        if let name = input.name { try CollectionName.check(name) }
        let change = NamedCollections.Change(
            name: input.name, metadata: try CollectionName.metadata(input.metadata),
            attributes: try input.attributes.map { try AttributeRule($0) })
        let collection = try await collections.change(input.collection, change, of: context.tenant)
        return CollectionDescription(collection, count: try await collections.count(of: collection))
    }
}
