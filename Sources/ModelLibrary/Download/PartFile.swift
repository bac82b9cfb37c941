import Foundation
import HearthCore

/// The bytes of a download that have arrived, and a note of what they are of; both outlive the process.
struct PartFile: ~Copyable {
    /// What the part is of; without it, or with another address, the part is not gone on with.
    private struct Note: Codable {
        var address: String
        var validator: String?
    }

    private static let opening = O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW

    let path: String
    private let notePath: String
    private let descriptor: Int32

    /// Opens or makes the part that will become the file at `path`.
    /// - Throws: ``HearthError`` `storage_unavailable`, `insufficient_storage`.
    init(of path: String) throws {
        self.path = "\(path).part"
        notePath = "\(path).part.json"
        descriptor = open(self.path, Self.opening, 0o600)
        guard descriptor >= 0 else { throw SystemFailure.storage("opening a download") }
    }

    deinit { close(descriptor) }

    /// Length, and what the bytes are of.
    func state(for address: String) -> (bytes: Int, validator: String?) {
        let bytes = Int(lseek(descriptor, 0, SEEK_END))
        let note = (try? Data(contentsOf: URL(fileURLWithPath: notePath)))
            .flatMap { try? JSONDecoder().decode(Note.self, from: $0) }
        guard bytes > 0, let note, note.address == address else { return (0, nil) }
        return (bytes, note.validator)
    }

    /// Writes down what the bytes are of.
    func note(address: String, validator: String?) throws {
        do {
            try JSONEncoder().encode(Note(address: address, validator: validator))
                .write(to: URL(fileURLWithPath: notePath), options: .atomic)
        } catch {
            throw HearthError(
                .storageUnavailable, "The download cannot be written.", hint: "Is the disk full?", cause: error)
        }
    }

    func truncate() throws {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw SystemFailure.storage("emptying a download")
        }
    }

    /// Writes at the end.
    /// - Throws: ``HearthError`` `insufficient_storage` when the disk is full; what was written stays.
    func append(_ bytes: Data) throws {
        guard lseek(descriptor, 0, SEEK_END) >= 0 else { throw SystemFailure.storage("writing a download") }
        try bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw SystemFailure.storage("writing a download") }
                rest = rest.dropFirst(written)
            }
        }
    }

    /// Writes the bytes to disk and gives them their name.
    func finish(as target: String) throws {
        guard fsync(descriptor) == 0, rename(path, target) == 0 else {
            throw SystemFailure.storage("finishing a download")
        }
        unlink(notePath)
    }

    func discard() {
        unlink(path)
        unlink(notePath)
    }
}
