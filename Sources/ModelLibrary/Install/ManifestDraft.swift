import Foundation
import HearthCore
package import HearthJSON

/// A `model.json` in the making: what a person has said so far, and what is still missing.
package struct ManifestDraft: Sendable {
    /// Something that cannot be guessed.
    package struct Gap: Sendable, Equatable {
        /// Place in `model.json`.
        package let field: String
        /// Flag of `hearth models add` and `pull`.
        package let flag: String
    }

    package private(set) var value: JSONValue

    /// - Parameter value: what a manifest file says; an empty object when there is none.
    package init(_ value: JSONValue = [:]) { self.value = value }

    /// Sets a place such as `image.width`; nil leaves it as it is.
    package mutating func set(_ field: String, _ new: JSONValue?) {
        guard let new else { return }
        let path = field.split(separator: ".").map(String.init)
        if path.count == 1 {
            value[field] = new
        } else {
            var inner = value[path[0]] ?? [:]
            inner[path[1]] = new
            value[path[0]] = inner
        }
    }

    /// Sets a place that has no value yet.
    package mutating func setDefault(_ field: String, _ new: JSONValue) {
        if self[field] == nil { set(field, new) }
    }

    private subscript(field: String) -> JSONValue? {
        field.split(separator: ".").reduce(value) { $0?[String($1)] }
    }

    /// What is missing for a model of its kind.
    package var gaps: [Gap] {
        guard let kind = ModelKind(rawValue: self["kind"]?.stringValue ?? ""), kind != .unknown else {
            return self["kind"] == nil ? Self.gaps(["kind": "--kind", "licence": "--licence"], lacking: self) : []
        }
        var needed = ["licence": "--licence", "weights": "--manifest"]
        if kind.sees.contains(.image) {
            needed["image.width"] = "--size"
            needed["image.resize"] = "--resize"
            needed["image.mean"] = "--mean"
            needed["image.std"] = "--std"
        }
        if kind.sees.contains(.text) {
            needed["text.tokenizer"] = "--tokenizer"
            needed["text.maximumTokens"] = "--max-tokens"
            needed["text.pooling"] = "--pooling"
        }
        if kind.sees == [.image, .text] { needed["text.weights"] = "--text-weights" }
        if kind.givesVectors { needed["output.dims"] = "--dims" }
        return Self.gaps(needed, lacking: self)
    }

    private static func gaps(_ needed: [String: String], lacking draft: ManifestDraft) -> [Gap] {
        needed.filter { draft[$0.key] == nil }.map { Gap(field: $0.key, flag: $0.value) }
            .sorted { $0.field < $1.field }
    }

    /// The manifest, with the usual values where nothing was said; `files` may be empty.
    /// - Throws: ``HearthError`` `invalid_request` that lists what is missing, with a template in its hint.
    package func manifest() throws -> ModelManifest {
        var draft = self
        let kind = ModelKind(rawValue: self["kind"]?.stringValue ?? "")
        if kind?.sees.contains(.image) == true {
            for (field, value) in Self.usualPicture { draft.setDefault(field, value) }
        }
        if kind?.givesVectors == true { draft.setDefault("output.normalise", true) }
        // Names of licences that say it themselves: CC-BY-NC-4.0.
        let isNonCommercial = draft["licence"]?.stringValue?.uppercased().split(separator: "-").contains("NC") ?? false
        draft.setDefault("commercial", .bool(!isNonCommercial))
        draft.setDefault("description", "Added with `hearth models add`.")
        draft.setDefault("id", "model")
        draft.setDefault("source", "unknown")
        draft.setDefault("files", [:])
        let gaps = gaps
        guard gaps.isEmpty else {
            let flags = gaps.map(\.flag).filter { $0 != "--manifest" }
            throw HearthError(
                .invalidRequest, "A model.json needs more: \(gaps.map(\.field).joined(separator: ", ")).",
                hint: "Give \(Set(flags).sorted().joined(separator: ", ")), or a whole model.json by --manifest:\n"
                    + draft.template(gaps))
        }
        do {
            return try ModelManifest.read(draft.value).get()
        } catch {
            throw HearthError(.invalidRequest, error.text, hint: "docs/models/model-json.md explains each field.")
        }
    }

    private static let usualPicture: [(String, JSONValue)] = [
        ("image.interpolation", "bicubic"), ("image.channels", "RGB"), ("image.layout", "NCHW"),
        ("image.scale", .double(1.0 / 255)),
    ]

    /// What is there, and question marks where something is missing.
    private func template(_ gaps: [Gap]) -> String {
        var draft = self
        for gap in gaps { draft.set(gap.field, "?") }
        draft.value["files"] = nil
        if gaps.contains(where: { $0.field == "image.width" }) { draft.set("image.height", "?") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(draft.value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
