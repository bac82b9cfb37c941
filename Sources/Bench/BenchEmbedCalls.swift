import ArgumentParser
import Foundation
import HearthCore
import HearthJSON

/// The calls of one connection to an embedding door, made without building each of them again.
struct BenchEmbedCalls: Sendable {
    /// Whose protocol is spoken.
    enum Endpoint: String, CaseIterable, ExpressibleByArgument, Sendable {
        /// `POST /embed`
        case native
        /// `POST /v1/embeddings`
        case openai
        /// `POST /embed` with `inputs`
        case tei
    }

    /// What is embedded.
    enum Source: Sendable {
        case texts(BenchTexts)
        case pictures(BenchPictures)
    }

    private let endpoint: Endpoint
    private let model: String?
    private let source: Source
    private let isUnique: Bool
    /// Whole requests, one for each picture, and where their numbers stand.
    private var requests: [(bytes: [UInt8], number: Int)] = []

    /// - Parameter isUnique: Whether no two inputs are the same, so that no cache can answer.
    /// - Throws: ``HearthError`` `invalid_configuration` for pictures over another protocol than Hearth's own.
    init(_ endpoint: Endpoint, model: String?, source: Source, isUnique: Bool) throws(HearthError) {
        self.endpoint = endpoint
        self.model = model
        self.source = source
        self.isUnique = isUnique
        guard case .pictures(let pictures) = source else { return }
        guard endpoint == .native else {
            throw HearthError(
                .invalidConfiguration, "Pictures are measured over Hearth's own door.", hint: "--endpoint native")
        }
        let name = model?.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        let path = "/embed" + (name.map { "?model=\($0)" } ?? "")
        requests = pictures.files.map { file in
            let head = Self.head(path, type: "image/jpeg", length: file.count)
            return (head + file, head.count + BenchPictures.numberOffset)
        }
    }

    /// The whole request with this number.
    mutating func request(_ number: Int) -> [UInt8] {
        switch source {
        case .pictures:
            let place = number % requests.count
            if isUnique {
                let start = requests[place].number
                for (offset, digit) in BenchPictures.text(number).enumerated() {
                    requests[place].bytes[start + offset] = digit
                }
            }
            return requests[place].bytes
        case .texts(let texts):
            let body = body(of: texts.text(number, isUnique: isUnique)).encoded()
            let path = endpoint == .openai ? "/v1/embeddings" : "/embed"
            return Self.head(path, type: "application/json", length: body.count) + body
        }
    }

    private func body(of text: String) -> JSONValue {
        var body: JSONValue =
            switch endpoint {
            case .native: ["text": .string(text)]
            case .openai: ["input": .string(text)]
            case .tei: ["inputs": .string(text)]
            }
        if let model { body["model"] = .string(model) }
        return body
    }

    private static func head(_ path: String, type: String, length: Int) -> [UInt8] {
        Array(
            "POST \(path) HTTP/1.1\r\nhost: localhost\r\ncontent-type: \(type)\r\ncontent-length: \(length)\r\n\r\n"
                .utf8)
    }
}
