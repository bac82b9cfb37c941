package import Foundation
package import HearthCore
import HearthJSON

/// Puts models into `<data>/models`, whole or not at all, and takes them out again.
///
/// Everything is gathered in `models/.incoming/<id>` and renamed when it is complete and verified. A killed
/// installation leaves that folder behind: the next one of the same id goes on with it, others sweep it when it is old.
package struct ModelInstaller {
    /// What an installation may do.
    package struct Options: Sendable {
        /// Whether a model of that id is replaced.
        package var replaces = false
        /// Whether local files are linked, not copied.
        package var links = false
        /// Whether weights whose licence forbids commercial use are taken.
        package var allowsNonCommercial = false
        /// Whether nothing may be downloaded.
        package var isOffline = false

        /// Ids that a folder of the data folder cannot have: those of models that are found before it.
        package var builtIn: Set<String> = []

        package init() {}
    }

    /// What has been installed.
    package struct Outcome: Sendable {
        package var id: String
        package var path: String
        package var manifest: ModelManifest
        package var bytes: Int
        /// Files whose digest was not known before.
        package var pinned: [String]
        /// Nothing was done: the model is there with these very files.
        package var wasThere = false
        /// What else should be known.
        package var notes: [String] = []
    }

    let folder: DataFolder
    let source: any FileSource
    private let now: @Sendable () -> Date
    let sleep: @Sendable (Duration) async throws -> Void
    private let progress: (FileTransfer.Progress) -> Void

    /// - Parameters:
    ///   - folder: the data folder; made when it is missing.
    ///   - source: where downloads come from.
    ///   - progress: called for every chunk of every file.
    package init(
        folder: DataFolder, source: any FileSource, now: @escaping @Sendable () -> Date = { Date() },
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        progress: @escaping (FileTransfer.Progress) -> Void = { _ in }
    ) {
        self.folder = folder
        self.source = source
        self.now = now
        self.sleep = sleep
        self.progress = progress
    }

    /// Carries out a plan.
    /// - Throws: ``HearthError``: `conflict` when the id is taken, `forbidden` for licences and offline, those of
    ///   ``FileTransfer``; nothing is installed then.
    package func install(_ plan: InstallPlan, _ options: Options = Options()) async throws -> Outcome {
        guard !options.builtIn.contains(plan.id) else {
            throw HearthError(
                .conflict, "\(plan.id) is the name of a built-in model, which would hide this one.",
                hint: "--id gives another one.")
        }
        if let there = try existing(plan, options) { return there }
        guard plan.manifest.commercial || options.allowsNonCommercial else {
            throw HearthError(
                .forbidden, "The licence of \(plan.id), \(plan.manifest.licence), forbids commercial use.",
                hint: "If you may use it so, say --allow-non-commercial; servers then need "
                    + "HEARTH_ALLOW_NON_COMMERCIAL=true.")
        }
        if options.isOffline,
            let item = plan.items.first(where: { if case .address = $0.place { true } else { false } })
        {
            throw HearthError(
                .forbidden, "\(plan.id) would have to be downloaded (\(item.name)), and Hearth is set to be offline.",
                hint: "Leave out --offline or HEARTH_OFFLINE, or bring its folder and run `hearth models add`.")
        }
        try folder.make()
        let stage = try InstallStage(folder.models, id: plan.id, now: now())
        defer { withExtendedLifetime(stage) {} }
        try requireSpace(for: plan, in: stage)
        return try await fill(stage, plan, options)
    }

    private func fill(_ stage: InstallStage, _ plan: InstallPlan, _ options: Options) async throws -> Outcome {
        var manifest = plan.manifest
        var bytes = 0
        var pinned: [String] = []
        for item in plan.items {
            let arrival = try await bring(item, to: stage, links: options.links, spent: bytes)
            manifest.files[item.name] = arrival.sha256
            bytes += arrival.bytes
            if item.sha256 == nil { pinned.append(item.name) }
        }
        // What a graph reads is known once it is here.
        for file in ModelFolder.unlistedFiles(of: manifest, in: stage.path) {
            let item = try Self.item(file.name, readBy: file.graph, of: plan)
            let arrival = try await bring(item, to: stage, links: options.links, spent: bytes)
            manifest.files[item.name] = arrival.sha256
            bytes += arrival.bytes
            pinned.append(item.name)
        }
        let notes = await bringCompanions(of: plan, to: stage, &manifest)
        manifest.installed = .init(
            from: plan.from, at: now().formatted(.iso8601), licence: plan.manifest.licence,
            pinned: pinned.isEmpty ? nil : pinned)
        if let defect = manifest.defect { throw HearthError(.invalidRequest, defect) }
        try stage.write(manifest)
        try stage.keepOnly(Set(manifest.files.keys).union(companionNames(in: stage, manifest)))
        let path = try stage.commit(replacing: options.replaces)
        return Outcome(
            id: plan.id, path: path, manifest: manifest, bytes: bytes, pinned: pinned, notes: notes)
    }

    /// A file that a graph reads, which lies beside it.
    private static func item(_ name: String, readBy graph: String, of plan: InstallPlan) throws -> InstallPlan.Item {
        guard ModelManifest.isPlainFileName(name), let place = plan.place(beside: graph, of: name) else {
            throw HearthError(
                .invalidRequest, "\(graph) reads \(name.prefix(80)), which is not a plain name of a file beside it.",
                hint: "Save the model with its tensors in the graph, or in a file in the same folder.")
        }
        return InstallPlan.Item(name: name, place: place)
    }

    /// The model as it is, when the plan asks for nothing else; nil when there is none, or it is to be replaced.
    private func existing(_ plan: InstallPlan, _ options: Options) throws -> Outcome? {
        let path = "\(folder.models)/\(plan.id)"
        guard !options.replaces, (try? FileManager.default.attributesOfItem(atPath: path)) != nil else { return nil }
        if let manifest = try? ModelFolder.manifest(in: path), manifest.defect == nil,
            manifest.kind == plan.manifest.kind,
            plan.items.allSatisfy({ $0.sha256 == nil || $0.sha256 == manifest.files[$0.name] }),
            plan.manifest.revision == manifest.revision || plan.items.allSatisfy({ $0.sha256 != nil }),
            ModelFolder.check(manifest, in: path).allSatisfy(\.isGood)
        {
            var outcome = Outcome(id: plan.id, path: path, manifest: manifest, bytes: 0, pinned: [])
            outcome.wasThere = true
            outcome.bytes = manifest.files.keys.reduce(0) { $0 + (FileDigest.bytes(of: "\(path)/\($1)") ?? 0) }
            return outcome
        }
        throw HearthError(
            .conflict, "There is another model \(plan.id) in \(folder.models).",
            hint: "Replace it by --force, or choose another name by --id.")
    }

    /// Refuses early what the disk cannot hold; the rest shows when it is written.
    private func requireSpace(for plan: InstallPlan, in stage: InstallStage) throws {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: stage.path)
        guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue, plan.knownBytes > free else { return }
        throw HearthError(
            .insufficientStorage, "\(plan.id) has \(plan.knownBytes >> 20) MB, the disk has \(free >> 20) MB left.",
            hint: "Free some space, or choose a data folder on another disk by --data.")
    }
}

extension ModelInstaller {
    /// Pictures of one file of goldens.
    private static let goldenPictures = 64
    private static let companionPrefixes = LicenceFiles.prefixes + ["README", "model.md"]

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
    private func bringCompanions(
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
    private func companionNames(in stage: InstallStage, _ manifest: ModelManifest) -> Set<String> {
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

extension ModelInstaller {
    /// Removes a model of the data folder, and what was compiled from it.
    /// - Returns: bytes that were freed; files that were linked stay where they are and do not count.
    /// - Throws: ``HearthError`` `not_found` when the data folder has no such model.
    package static func remove(_ id: String, from folder: DataFolder) throws -> Int {
        let path = "\(folder.models)/\(id)"
        let manager = FileManager.default
        guard ModelManifest.isPlainFileName(id), !id.contains("/"),
            (try? manager.attributesOfItem(atPath: path)) != nil
        else { throw HearthError(.notFound, "There is no model \(id) in \(folder.models).") }
        let bytes = size(of: path)
        let aside = "\(folder.models)/.removed-\(id)"
        try? manager.removeItem(atPath: aside)
        // Out of sight at once: a scan sees the whole model or none.
        guard rename(path, aside) == 0 else { throw SystemFailure.storage("removing a model") }
        do {
            try manager.removeItem(atPath: aside)
        } catch {
            throw HearthError(
                .storageUnavailable, "The files of \(id) could not all be removed.", hint: "They lie in \(aside).",
                cause: error)
        }
        let compiled = "\(folder.cache)/compiled/\(id)"
        let freed = size(of: compiled)
        try? manager.removeItem(atPath: compiled)
        return bytes + freed
    }

    /// Bytes of the files in a folder; links count nothing.
    private static func size(of folder: String) -> Int {
        let manager = FileManager.default
        let paths = (try? manager.subpathsOfDirectory(atPath: folder)) ?? []
        return paths.reduce(0) { sum, path in
            let attributes = try? manager.attributesOfItem(atPath: "\(folder)/\(path)")
            guard attributes?[.type] as? FileAttributeType == .typeRegular else { return sum }
            return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
        }
    }
}
