import Foundation
import HearthCore
import HearthJSON

extension ModelInstaller {
    /// Pictures of one file of goldens.
    private static let goldenPictures = 64
    private static let companionPrefixes = ["LICENSE", "LICENCE", "NOTICE", "COPYING", "README", "model.md"]

    /// Brings one file into the stage and returns its digest.
    func bring(
        _ item: InstallPlan.Item, to stage: InstallStage, links: Bool, spent: Int
    ) async throws -> FileTransfer.Arrival {
        let target = try stage.place(of: item.name)
        switch item.place {
        case .path(let path):
            return try take(item, from: path, to: target, links: links)
        case .address(let address):
            // A file of an earlier attempt that is known to be right needs no server.
            if let sha256 = item.sha256, let bytes = FileDigest.bytes(of: target),
                (try? FileDigest.sha256(of: target)) == sha256
            {
                return .init(sha256: sha256, bytes: bytes)
            }
            let transfer = FileTransfer(source: source, sleep: sleep, progress: progress)
            return try await transfer.run(
                .init(
                    name: item.name, address: address, bytes: item.bytes, sha256: item.sha256,
                    limit: Limits.modelBytes - spent),
                to: target)
        }
    }

    /// Copies or links a local file.
    private func take(
        _ item: InstallPlan.Item, from path: String, to target: String, links: Bool
    ) throws -> FileTransfer.Arrival {
        let file = URL(fileURLWithPath: path).standardizedFileURL
        guard let bytes = FileDigest.bytes(of: file.path) else {
            throw HearthError(
                .notFound, "\(item.name) is missing: there is no file \(file.path).",
                hint: "A model needs its graph (an .xml its .bin beside it) and, for texts, its tokenizer.json.")
        }
        do {
            let manager = FileManager.default
            if (try? manager.attributesOfItem(atPath: target)) != nil { try manager.removeItem(atPath: target) }
            if links {
                try manager.createSymbolicLink(atPath: target, withDestinationPath: file.path)
            } else {
                try manager.copyItem(at: file.resolvingSymlinksInPath(), to: URL(fileURLWithPath: target))
                try InstallStage.writeToDisk(target)
            }
            // Hashed where it will be read from: what was copied is what counts.
            let sha256 = try FileDigest.sha256(of: target)
            guard item.sha256 == nil || item.sha256 == sha256 else {
                throw HearthError(
                    .invalidRequest,
                    "\(item.name) is not the file that model.json describes: its SHA-256 is \(sha256), "
                        + "expected was \(item.sha256 ?? "").",
                    hint: "Correct `files` in model.json if the file is the right one.")
            }
            return .init(sha256: sha256, bytes: bytes)
        } catch let error as HearthError {
            throw error
        } catch {
            throw HearthError(
                .storageUnavailable, "\(item.name) cannot be copied: \(error.localizedDescription)",
                hint: "Check permissions and space of the data folder.", cause: error)
        }
    }

    /// Goldens with their pictures, and licence texts; what cannot be had is noted, and the model works without.
    func bringCompanions(
        of plan: InstallPlan, to stage: InstallStage, _ manifest: inout ModelManifest
    ) async -> [String] {
        if case .path(let folder)? = plan.companions {
            for name in Self.names(in: folder) where Self.isCompanion(name) && manifest.files[name] == nil {
                await bringQuietly(name, from: .path(folder), to: stage)
            }
        }
        guard let goldens = manifest.goldens else { return [] }
        guard let place = plan.companions, await bringQuietly(goldens, from: place, to: stage) else {
            manifest.goldens = nil
            return ["\(goldens), the golden vectors, could not be had; `hearth models verify` then checks files only."]
        }
        for name in Self.pictures(inGoldens: stage.path + "/" + goldens) where manifest.files[name] == nil {
            guard await bringQuietly(name, from: place, to: stage) else {
                manifest.goldens = nil
                return ["\(name), a picture of the golden vectors, could not be had; they are left out."]
            }
        }
        return []
    }

    /// Files of the stage that stay beside those in `files`.
    func companionNames(in stage: InstallStage, _ manifest: ModelManifest) -> Set<String> {
        let texts = Self.names(in: stage.path).filter(Self.isCompanion)
        guard let goldens = manifest.goldens else { return Set(texts) }
        return Set(texts + [goldens] + Self.pictures(inGoldens: stage.path + "/" + goldens))
    }

    @discardableResult
    private func bringQuietly(_ name: String, from place: InstallPlan.Place, to stage: InstallStage) async -> Bool {
        guard ModelManifest.isPlainFileName(name) else { return false }
        let item = InstallPlan.Item(name: name, place: place.beside(name), bytes: nil, sha256: nil)
        return (try? await bring(item, to: stage, links: false, spent: 0)) != nil
    }

    private static func isCompanion(_ name: String) -> Bool {
        companionPrefixes.contains { name.hasPrefix($0) } && !name.hasSuffix(".part") && !name.hasSuffix(".part.json")
    }

    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// Names of the pictures that a file of goldens speaks of.
    private static func pictures(inGoldens path: String) -> [String] {
        guard (FileDigest.bytes(of: path) ?? .max) <= Limits.manifestBytes * 16,
            let data = try? Data(contentsOf: URL(fileURLWithPath: path))
        else { return [] }
        let names = data.split(separator: UInt8(ascii: "\n")).compactMap { line in
            (try? JSONParser.read(Data(line)))?["image"]?.stringValue
        }
        return Array(Set(names).sorted().prefix(goldenPictures))
    }
}
