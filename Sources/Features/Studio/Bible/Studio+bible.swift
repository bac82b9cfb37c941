import HearthCore
import HearthJSON

extension Studio {
    func bibleOperations() -> [Operation] { bibleChanges() + bibleReads() }

    private func bibleReads() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.characters.bible.get", "Show what is known of a character: its bible.",
                    description: """
                        Answers the current version, or the one that `version` names. A browser that asks for \
                        `text/html` gets a page that can be printed.
                        """,
                    permission: .read, hints: .reads, routes: Self.bibleRoutes(.get), tool: "get_character",
                    page: { answer in try BiblePage(answer).html }),
                input: BibleReference.self, output: CharacterBible.self, run: getBible),
            Operation(
                .init(
                    "studio.characters.bible.versions", "List the versions of a character's bible, newest first.",
                    description: """
                        Answers who made each version, when, how and why. A page; pass its `next_cursor` as `cursor` \
                        to get the next one. The newest \(Limits.bibleVersions) versions are kept.
                        """,
                    permission: .read, hints: .reads, routes: Self.bibleRoutes(.get, "/versions")),
                input: ListBibleVersions.self, output: Page<BibleVersion>.self, run: listVersions),
            Operation(
                .init(
                    "studio.characters.bible.diff", "Show in what two versions of a character's bible differ.",
                    description: """
                        Answers texts as wholes, lists by their entries, and `extra` by its members. Without `from` \
                        it is the version before `to`, without `to` the current one; version 0 is the empty bible.
                        """,
                    permission: .read, hints: .reads, routes: Self.bibleRoutes(.get, "/diff")),
                input: CompareBibles.self, output: BibleComparison.self, run: compare),
        ]
    }

    private func bibleChanges() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.characters.bible.update", "Change what is known of a character.",
                    description: """
                        Changes the fields that are given and leaves the others as they are; an empty text or list \
                        removes what was there, and `extra` is merged into what there is. Each change is a version \
                        that can be compared and restored; one that changes nothing makes none. With `version` the \
                        change is refused with `conflict` when another one came first; the error says what is current.
                        """,
                    permission: .write, hints: .replaces, routes: Self.bibleRoutes(.patch), tool: "update_bible"),
                input: UpdateBible.self, output: CharacterBible.self, run: updateBible),
            Operation(
                .init(
                    "studio.characters.bible.restore", "Make an older version of a character's bible the current one.",
                    description: """
                        The content of the older version becomes a new one; no version is lost. With `version` it is \
                        refused with `conflict` when that is not the current one.
                        """,
                    permission: .write, hints: .replaces, routes: Self.bibleRoutes(.post, "/restore")),
                input: RestoreBible.self, output: CharacterBible.self, run: restoreBible),
        ]
    }

    private static func bibleRoutes(_ method: Route.Method, _ ending: String = "") -> [Route] {
        ["/api", "/api/anime"].map { Route(method, "\($0)/characters/{character_id}/bible\(ending)") }
    }

    // MARK: Reading

    private func getBible(_ input: BibleReference, _ context: OperationContext) async throws -> CharacterBible {
        let (table, tenant) = (table, context.tenant)
        return try await store.read { db in
            let character = try table.character(input.characterID, of: tenant, in: db)
            let stored =
                try input.version.map { try table.bible(ofCharacter: character.characterID, version: $0, in: db) }
                ?? table.bible(ofCharacter: character.characterID, in: db)
            return try show(stored, of: character, in: db)
        }
    }

    private func listVersions(
        _ input: ListBibleVersions, _ context: OperationContext
    ) async throws -> Page<BibleVersion> {
        let (table, page) = (table, try input.page())
        return try await store.read { db in
            let character = try table.character(input.characterID, of: context.tenant, in: db)
            return try table.versions(ofCharacter: character.characterID, page, in: db)
        }
    }

    private func compare(_ input: CompareBibles, _ context: OperationContext) async throws -> BibleComparison {
        let table = table
        return try await store.read { db in
            let id = try table.character(input.characterID, of: context.tenant, in: db).characterID
            let current = try table.bible(ofCharacter: id, in: db)
            let to = try input.to.map { try table.bible(ofCharacter: id, version: $0, in: db) } ?? current
            let newer = to.version?.version ?? 0
            let from = try table.bible(ofCharacter: id, version: input.from ?? max(newer - 1, 0), in: db)
            return BibleComparison(
                characterID: id, from: from.version?.version ?? 0, to: newer,
                changes: from.bible.differences(to: to.bible))
        }
    }

    /// A bible with what stands around it.
    func show(
        _ stored: StudioTable.StoredBible, of character: StudioCharacter, in db: any SQLConnection
    ) throws -> CharacterBible {
        CharacterBible(
            character, stored, pictures: try table.biblePictures(ofCharacter: character.characterID, in: db))
    }

    // MARK: Changing

    private func updateBible(_ input: UpdateBible, _ context: OperationContext) async throws -> CharacterBible {
        try PlainText.check(input.note, field: "note")
        guard !input.bible.isEmpty else {
            throw HearthError(
                .invalidRequest, "There is nothing to change.",
                hint: "Send at least one of: \(Bible.notes.keys.sorted().joined(separator: ", ")).")
        }
        let change = StudioTable.BibleChange(kind: .update, note: input.note, keyID: context.principal.keyID)
        return try await changeBible(of: input.characterID, basedOn: input.version, change, context.tenant) {
            current, _ in
            try current.changed(by: input.bible)
        }
    }

    private func restoreBible(_ input: RestoreBible, _ context: OperationContext) async throws -> CharacterBible {
        try PlainText.check(input.note, field: "note")
        let table = table
        let change = StudioTable.BibleChange(
            kind: .restore, restoredVersion: input.restoreVersion, note: input.note, keyID: context.principal.keyID)
        return try await changeBible(of: input.characterID, basedOn: input.version, change, context.tenant) {
            _, lookup in
            try table.bible(ofCharacter: lookup.character, version: input.restoreVersion, in: lookup.db).bible
        }
    }

    /// Where a change finds what it needs.
    private struct Lookup {
        let character: String
        let db: any SQLConnection
    }

    /// Writes a version, unless nothing changes.
    /// - Parameters:
    ///   - reference: the character.
    ///   - version: the one that the caller has seen; nil: any.
    ///   - make: the new bible of the current one.
    private func changeBible(
        of reference: String, basedOn version: Int?, _ change: StudioTable.BibleChange, _ tenant: Tenant,
        _ make: @escaping @Sendable (Bible, Lookup) throws -> Bible
    ) async throws -> CharacterBible {
        let (table, clock) = (table, clock)
        let taken = try await quotas?.take(TenantUsage(storedBytes: Int64(Limits.bibleBytes)), for: tenant) { db in
            let id = try table.character(reference, of: tenant, in: db).characterID
            let current = try table.bible(ofCharacter: id, in: db).bible
            let bible = try make(current, Lookup(character: id, db: db))
            return TenantUsage(storedBytes: bible == current ? 0 : Int64(try bible.json().encoded().count))
        }
        defer { withExtendedLifetime(taken) {} }
        return try await store.write { db in
            let character = try table.character(reference, of: tenant, in: db)
            let current = try table.bible(ofCharacter: character.characterID, in: db)
            if let version, version != current.version?.version ?? 0 {
                throw try stale(version, current: show(current, of: character, in: db))
            }
            let bible = try make(current.bible, Lookup(character: character.characterID, db: db))
            guard bible != current.bible else { return try show(current, of: character, in: db) }
            let written = try table.addVersion(
                bible, change, ofCharacter: character.characterID, in: db, now: clock.now())
            try table.index(character.characterID, in: db)
            return try show(StudioTable.StoredBible(version: written, bible: bible), of: character, in: db)
        }
    }

    private func stale(_ version: Int, current: CharacterBible) throws -> HearthError {
        HearthError(
            .conflict, "The bible has changed: version \(current.version) is current, not \(version).",
            hint: "Look at what is current, which `details` has, and send the change again with its `version`.",
            details: ["current": try JSONValueEncoder.encode(current)])
    }
}
