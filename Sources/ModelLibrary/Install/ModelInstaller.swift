package import Foundation
package import HearthCore

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
    let progress: (FileTransfer.Progress) -> Void

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
