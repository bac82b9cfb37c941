import Foundation

/// A certificate for `localhost` that vouches for itself, and its key, as PEM files; and another one to renew it by.
package struct CertificateFiles {
    /// A certificate and its key, as PEM texts.
    package struct Pair: Sendable {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) { (self.certificate, self.key) = (certificate, key) }
    }

    package let folder: TemporaryFolder
    package var certificate: String { folder.file("certificate.pem") }
    package var key: String { folder.file("key.pem") }

    /// - Throws: what Foundation throws when they cannot be written.
    package init(_ pair: Pair = Self.first) throws {
        folder = try TemporaryFolder(.memory)
        try write(pair)
    }

    /// Puts another pair in their place.
    /// - Throws: as ``init(_:)``.
    package func write(_ pair: Pair) throws {
        try Data(pair.certificate.utf8).write(to: URL(fileURLWithPath: certificate), options: .atomic)
        try Data(pair.key.utf8).write(to: URL(fileURLWithPath: key), options: .atomic)
    }

    // For `localhost` and 127.0.0.1, for a hundred years; made by
    // `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 …`.
    package static let first = Pair(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBmzCCAUGgAwIBAgIUVlG1NYE5kiTOY1ORx9ZWqICaTcswCgYIKoZIzj0EAwIw
            FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDEyNDIxNFoYDzIxMjYxMTA2
            MTI0MjE0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
            PQMBBwNCAAS0JySkg75ypo9WM/cfjN3mq40tWSkFxgEghq+wmj6S8/T39Vs4YjRH
            7Lt0BwDfMq0sS/UDbiIvVI466+ahJTT1o28wbTAdBgNVHQ4EFgQU8bpbpwTSLOYX
            lQdqGw6qGtk0obYwHwYDVR0jBBgwFoAU8bpbpwTSLOYXlQdqGw6qGtk0obYwDwYD
            VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
            zj0EAwIDSAAwRQIhAMCPqcBLluKcn6dz4vwdcuJBojF2Q/NSeziO5GGtSEiYAiBd
            ffTRa9WzG/XZOuzJMNE+pVbzu1hYU7ENlF+/9kXiNA==
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvFUi5qBS2kanVEKp
            LyPIFe6BdVjMHnMuj9yaVu3gyW6hRANCAAS0JySkg75ypo9WM/cfjN3mq40tWSkF
            xgEghq+wmj6S8/T39Vs4YjRH7Lt0BwDfMq0sS/UDbiIvVI466+ahJTT1
            -----END PRIVATE KEY-----
            """)

    package static let second = Pair(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBmzCCAUGgAwIBAgIUMHEKd6KcDD7pmqbTW3cfJoAKZ3owCgYIKoZIzj0EAwIw
            FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEzMDEyNDIxNFoYDzIxMjYxMTA2
            MTI0MjE0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
            PQMBBwNCAATTHFYEt/HK5T/UB1Da/5GVT8N+OpEt+wn6wdY5QjJOrO6Vc8iH/APF
            pl6xBE6C8OOfE60IZj0v7wjkkcuV+akjo28wbTAdBgNVHQ4EFgQUcNoxPPDGTi7u
            lSJloKdBQngSTIgwHwYDVR0jBBgwFoAUcNoxPPDGTi7ulSJloKdBQngSTIgwDwYD
            VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
            zj0EAwIDSAAwRQIhANpbS0jIQJNeIifobgYluk4XOoPBMbDK4jJAVL0FKQlnAiBM
            8Mx1PoI/O2NtFsUt2zX5JZGffUTWx7HcWZzrtSE+8g==
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgh3AS5DokUJ2FUWhN
            hsFLABqOtnr+DBhAUQZMaMOmltGhRANCAATTHFYEt/HK5T/UB1Da/5GVT8N+OpEt
            +wn6wdY5QjJOrO6Vc8iH/APFpl6xBE6C8OOfE60IZj0v7wjkkcuV+akj
            -----END PRIVATE KEY-----
            """)

    /// The key of ``first``, with a password.
    package static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjXIUyBAs+r3gICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOrZQrKUsTR0VKSQ+wZ7DlMEgZBh
        G1AC4yG/nWT4cCOyFiZO7d1CShmblA0mcMHjYQssTn+Mn2OOhkO1e9gU94V5gk05
        pi3ADXjmZfPVexzo/wyGt1kf9z5rnw6r8FWKvwIBuwhk6pNcJcxhwWZhYZsn0yvi
        hybSVp5Ez8WPaHB877TSDl3JZs2NkCGKfR10Vtiw0m/6jXvvoDoSn7BWz/425wg=
        -----END ENCRYPTED PRIVATE KEY-----
        """
}
