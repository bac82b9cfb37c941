import Foundation
import HearthCore
import HearthJSON

/// What a JWKS file (RFC 7517) holds: the keys that can be used, and what is wrong with others.
///
/// One entry that is wrong is no reason to refuse the rest (section 5): otherwise a lost key could not be removed while
/// another entry is broken.
struct JWTKeyFile: Sendable {
    /// None: the file is well-formed, and no token is signed by one of its keys.
    let keys: [JWTKey]
    /// One for each entry that is left out. Entries of kinds and uses that are not spoken here are no mistake.
    let flaws: [JWTKeyFlaw]

    /// - Throws: ``HearthError`` `invalid_configuration` when it is missing, too long or no JWKS at all.
    init(reading path: String) async throws {
        let entries = try Self.entries(of: path)
        guard entries.count <= Limits.tokenKeys else {
            throw Self.refused(path, "holds more than \(Limits.tokenKeys) keys")
        }
        var (keys, flaws): ([JWTKey], [JWTKeyFlaw]) = ([], [])
        for entry in entries {
            do throws(JWTKeyFlaw) {
                guard let key = try await JWTKey(entry) else { continue }
                // A token could mean either of them, so the second would make both useless.
                guard !keys.contains(where: { $0.id == key.id && $0.algorithm == key.algorithm }) else {
                    throw JWTKeyFlaw(
                        id: key.id,
                        reason: "Another \(key.algorithm.rawValue) key before it has the same `kid`, or none.")
                }
                keys.append(key)
            } catch {
                flaws.append(error)
            }
        }
        (self.keys, self.flaws) = (keys, flaws)
    }

    private static func entries(of path: String) throws -> [JSONValue] {
        guard FileManager.default.fileExists(atPath: path) else { throw refused(path, "is missing") }
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? file.close() }
            let bytes = try file.read(upToCount: Limits.tokenKeyFileBytes + 1) ?? Data()
            guard bytes.count <= Limits.tokenKeyFileBytes else { throw refused(path, "is too long") }
            guard let entries = try JSONParser.read(bytes)["keys"]?.arrayValue else {
                throw refused(path, "has no list `keys`")
            }
            return entries
        } catch let error as HearthError where error.code == .invalidConfiguration {
            throw error
        } catch {
            throw refused(path, "cannot be read", cause: error)
        }
    }

    /// - Parameters:
    ///   - path: as the settings name it.
    ///   - problem: the end of a sentence about the file.
    static func refused(_ path: String, _ problem: String, cause: (any Error)? = nil) -> HearthError {
        HearthError(
            .invalidConfiguration, "The file \(path) of HEARTH_JWT_KEYS \(problem).",
            hint: "It is a JWKS: {\"keys\": [{\"kty\": \"RSA\", \"kid\": …, \"n\": …, \"e\": …}, …]}.", cause: cause)
    }
}

/// Why an entry of a JWKS is left out.
struct JWTKeyFlaw: Error {
    /// Its `kid`, if it has one.
    let id: String?
    /// A sentence for the operator.
    let reason: String
}
