package import HearthCore
package import HearthJSON
import HearthVectors

/// The settings of a collection as Chroma's clients write and read them.
package struct ChromaSpace: Sendable {
    /// `l2`, `cosine` or `ip`.
    package let name: String

    var metric: VectorMetric {
        switch name {
        case "cosine": .cosine
        case "ip": .dot
        default: .euclidean
        }
    }

    init(_ metric: VectorMetric) {
        name =
            switch metric {
            case .cosine: "cosine"
            case .dot: "ip"
            case .euclidean: "l2"
            }
    }

    /// The space that a new collection asks for: in its configuration, its schema, or its metadata; `l2` otherwise.
    /// - Throws: ``HearthError`` `invalid_request`.
    package init(configuration: JSONValue?, schema: JSONValue?, metadata: JSONObject?) throws(HearthError) {
        let inSchema = schema?["keys"]?["#embedding"]?["float_list"]?["vector_index"]?["config"]?["space"]
        let places = [
            configuration?["hnsw"]?["space"], configuration?["spann"]?["space"], inSchema, metadata?["hnsw:space"],
        ]
        let value = places.compactMap { $0 }.first { !$0.isNull } ?? "l2"
        guard let name = value.stringValue, ["l2", "cosine", "ip"].contains(name) else {
            throw HearthError(.invalidRequest, "The space is not known.", hint: "There are l2, cosine and ip.")
        }
        self.name = name
    }

    /// How far two vectors are apart, from their score: squared for `l2`, `1 - x` for the others.
    func distance(_ score: Float) -> Float { metric == .euclidean ? max(-score, 0) : 1 - score }

    /// `configuration_json` of a collection: what was asked for, and the defaults for the rest. Of these only the space
    /// has a meaning here: searches are exact.
    func configuration(_ foreign: JSONObject?) -> JSONValue {
        var hnsw: JSONValue = [
            "space": .string(name), "ef_construction": 100, "ef_search": 100, "max_neighbors": 16,
            "resize_factor": 1.2, "sync_threshold": 1_000,
        ]
        for member in foreign?["hnsw"]?.objectValue?.members ?? []
        where member.key != "space" && !member.value.isNull {
            hnsw[member.key] = member.value
        }
        return ["hnsw": hnsw, "spann": nil, "embedding_function": foreign?["embedding_function"] ?? .null]
    }

    /// `schema` of a collection: the client's own, or the one that Chroma makes of a configuration. Chroma's client
    /// changes it whenever it changes the configuration, and fails where a part is missing.
    func schema(_ foreign: JSONObject?) -> JSONValue {
        if let own = foreign?["schema"] { return own }
        func part(_ isEnabled: Bool, _ config: JSONValue = [:]) -> JSONValue {
            ["enabled": .bool(isEnabled), "config": config]
        }
        let configuration = configuration(foreign)
        var hnsw = configuration["hnsw"] ?? [:]
        hnsw["space"] = nil
        let function = configuration["embedding_function"] ?? .null
        let vectors: JSONValue = [
            "space": .string(name), "hnsw": hnsw,
            "embedding_function": function.isNull ? ["type": "legacy"] : function,
        ]
        var indexed = vectors
        indexed["source_key"] = "#document"
        return [
            "defaults": [
                "string": ["fts_index": part(false), "string_inverted_index": part(true)],
                "float_list": ["vector_index": part(false, vectors)],
                "int": ["int_inverted_index": part(true)], "float": ["float_inverted_index": part(true)],
                "bool": ["bool_inverted_index": part(true)],
            ],
            "keys": [
                "#document": ["string": ["fts_index": part(true), "string_inverted_index": part(false)]],
                "#embedding": ["float_list": ["vector_index": part(true, indexed)]],
            ],
        ]
    }

    /// What is kept of a configuration, so that clients read it back.
    static func kept(_ configuration: JSONValue?, schema: JSONValue?, over old: JSONObject? = nil) -> JSONObject? {
        var kept = old ?? JSONObject()
        if let hnsw = configuration?["hnsw"]?.objectValue {
            var merged = kept["hnsw"] ?? [:]
            for member in hnsw.members { merged[member.key] = member.value }
            kept["hnsw"] = merged
        }
        if let function = configuration?["embedding_function"], !function.isNull {
            kept["embedding_function"] = function
        }
        if let schema, !schema.isNull { kept["schema"] = schema }
        return kept.isEmpty ? nil : kept
    }
}
