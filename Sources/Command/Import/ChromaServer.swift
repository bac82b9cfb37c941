import HearthCore
import HearthJSON

/// A running Chroma, over its HTTP API, version 2.
struct ChromaServer: ChromaSource {
    let client: APIClient
    let tenant: String
    let database: String

    private var root: String { "/api/v2/tenants/\(tenant)/databases/\(database)" }

    /// Collections of one page of the list.
    private static let listPage = 100
    /// Components of the vectors of one page: its numbers as text must be small enough to be read at once.
    private static let pageComponents = 150_000
    private static let pageRecords = 1_000

    func collections() async throws -> [ChromaCollection] {
        var found: [ChromaCollection] = []
        while true {
            let page = try await client.send(
                .get, "\(root)/collections",
                query: ["limit": String(Self.listPage), "offset": String(found.count)])
            guard let entries = page.arrayValue, !entries.isEmpty else { break }
            for entry in entries {
                guard let id = entry["id"]?.stringValue, let name = entry["name"]?.stringValue else {
                    throw HearthError(.invalidRequest, "The server that was named does not answer as Chroma does.")
                }
                let count = try await client.send(.get, "\(root)/collections/\(id)/count")
                found.append(
                    ChromaCollection(
                        id: id, name: name, dims: entry["dimension"]?.integerValue.flatMap { Int(exactly: $0) },
                        count: Int(count.integerValue ?? 0), metadata: entry["metadata"] ?? .null,
                        configuration: entry["configuration_json"] ?? .null, schema: entry["schema"] ?? .null))
            }
            if entries.count < Self.listPage { break }
        }
        return found.sorted { $0.name < $1.name }
    }

    func page(of collection: ChromaCollection, from start: Int, readsVectors: Bool) async throws -> ChromaPage {
        let limit = max(1, min(Self.pageRecords, Self.pageComponents / max(1, readsVectors ? collection.dims ?? 1 : 1)))
        let include: [JSONValue] = ["documents", "metadatas", "uris"] + (readsVectors ? ["embeddings"] : [])
        let page = try await client.send(
            .post, "\(root)/collections/\(collection.id)/get",
            body: .json(["limit": .int(Int64(limit)), "offset": .int(Int64(start)), "include": .array(include)]),
            timeout: .seconds(120))
        let ids = page["ids"]?.arrayValue ?? []
        let records = try ids.indices.map { index in
            guard let id = ids[index].stringValue else {
                throw HearthError(.invalidRequest, "The server that was named does not answer as Chroma does.")
            }
            let vector = page["embeddings"]?[index]?.arrayValue?.compactMap(\.doubleValue).map { Float($0) }
            return ChromaRecord(
                id: id, vector: vector ?? [], metadata: page["metadatas"]?[index]?.objectValue,
                document: page["documents"]?[index]?.stringValue, uri: page["uris"]?[index]?.stringValue)
        }
        return ChromaPage(records: records, next: ids.count < limit ? nil : start + ids.count)
    }
}
