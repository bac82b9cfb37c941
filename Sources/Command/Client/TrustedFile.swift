import HearthCore

/// The file of certificates that `--ca-file` and HEARTH_CA_FILE name.
enum TrustedFile {
    /// What `make` makes of the file.
    /// - Throws: ``HearthError`` that names the file when it cannot be read, or holds no certificate.
    static func use<Made>(_ path: String, _ make: (String) throws -> Made) throws -> Made {
        _ = try NamedFile.read(path)
        do {
            return try make(path)
        } catch {
            throw HearthError(
                .invalidConfiguration, "The file \(path) holds no certificate that can be used.",
                hint: "--ca-file and HEARTH_CA_FILE name a PEM file with -----BEGIN CERTIFICATE-----.", cause: error)
        }
    }
}
