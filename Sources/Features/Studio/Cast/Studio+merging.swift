import HearthCore
import HearthJSON
import HearthJobs
import HearthVectorStore

extension Studio {
    func mergeOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.characters.merge", "Make two characters of a project one.",
                    description: """
                        The pictures, outputs and vectors of the other character become those of the one that stays, \
                        and what its bible does not say it takes from the other's. Pictures that both have are kept \
                        once; files stay where they are. The other's identifier then stands for the one that stays. \
                        `studio.characters.unmerge` takes it back for \(Limits.mergeUndo.components.seconds / 86_400) \
                        days.
                        """,
                    permission: .write, hints: .replaces, routes: Self.castRoutes("merge")),
                input: MergeCharacters.self, output: MergedCharacter.self, run: mergeCharacters),
            Operation(
                .init(
                    "studio.characters.unmerge", "Take a merge of two characters back.",
                    description: """
                        The merged character is there again with its name, handle, bible and the pictures that it had \
                        given; what the other one got since then stays with it. Refused with `conflict` when its time \
                        is over, when the other character was merged or deleted since, or when another one has the \
                        name now.
                        """,
                    permission: .write, hints: .replaces, routes: Self.castRoutes("unmerge")),
                input: UnmergeCharacter.self, output: UnmergedCharacter.self, run: unmergeCharacter),
        ]
    }

    /// Routes of what is done to a character.
    static func castRoutes(_ verb: String) -> [Route] {
        ["/api", "/api/anime"].map { Route(.post, "\($0)/characters/{character_id}/\(verb)") }
    }

    // MARK: Merging

    /// No file moves: paths are in the rows of the anchors.
    ///
    /// Anchors go over in steps. A merge that is cut short leaves two characters, each with the anchors that it has by
    /// then; the same merge again goes on, and once it is done changes nothing.
    private func mergeCharacters(_ input: MergeCharacters, _ context: OperationContext) async throws -> MergedCharacter
    {
        guard input.characterID != input.otherCharacterID else {
            throw HearthError(.invalidRequest, "A character cannot be merged with itself.")
        }
        let (tenant, keyID, now) = (context.tenant, context.principal.keyID, clock.now())
        let merge = try await store.write { db in try beginMerge(input, of: tenant, in: db, now: now) }
        var moved = 0
        while true {
            let step = try await store.write { db in try mergeSome(merge.mergedID, of: tenant, keyID, in: db, now: now)
            }
            moved += step.moved
            if let character = step.merged {
                return MergedCharacter(
                    character: character, movedAnchorCount: moved, undoUntil: merge.undoUntil)
            }
            try Task.checkCancellation()
        }
    }

    /// The merge that was asked for: a new one, one that was cut short, or one that is done already.
    private func beginMerge(
        _ input: MergeCharacters, of tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Merge {
        let kept = try table.unmergedCharacter(input.characterID, of: tenant, in: db)
        if let known = try table.merge(ofMerged: input.otherCharacterID, tenant: tenant, in: db),
            known.keptID == kept.characterID, known.state != .undoing
        {
            return known
        }
        let other = try table.unmergedCharacter(input.otherCharacterID, of: tenant, in: db)
        guard kept.projectID == other.projectID else {
            throw HearthError(
                .unprocessable, "The characters are of two projects.",
                hint: "Only characters of one project can be merged.")
        }
        let isBusy = try [kept.characterID, other.characterID].contains {
            try table.merge(ofMerged: $0, tenant: tenant, in: db) != nil
        }
        guard try !isBusy && !table.isUnderWay(into: [kept.characterID, other.characterID], in: db) else {
            throw HearthError(
                .conflict, "One of the characters is being merged already.",
                hint: "Finish that merge first: call it again."
            )
        }
        let merge = Merge(
            id: Identifier.make(now: now), tenant: tenant, keptID: kept.characterID, mergedID: other.characterID,
            state: .moving, tookDescription: false, mergedAt: now, undoUntil: now + Limits.mergeUndo.milliseconds)
        try table.insertMerge(merge, project: kept.projectID, in: db)
        return merge
    }

    /// Gives some items to the character that stays, and with the last of them hides the other one. Pictures that
    /// both have stay with the other one, without a vector.
    /// - Returns: how many went over, and the character that stays when it has all of them.
    private func mergeSome(
        _ mergedID: String, of tenant: Tenant, _ keyID: String?, in db: any SQLConnection, now: Int64
    ) throws -> (moved: Int, merged: StudioCharacter?) {
        guard let merge = try table.merge(ofMerged: mergedID, tenant: tenant, in: db) else {
            throw StudioTable.missing("character")
        }
        guard merge.state == .moving else { return (0, try table.character(merge.keptID, of: tenant, in: db)) }
        let anchors = try table.anchors(toMoveBy: merge, limit: Limits.stepAnchors, in: db)
        let doubles = Array(try table.doubles(among: anchors, of: merge.keptID, in: db))
        try vectors.remove(items: doubles, in: db)
        try table.forgetVectors(ofAnchors: doubles, in: db)
        let moved = anchors.map(\.anchorID).filter { !doubles.contains($0) }
        let others = try table.plainItems(
            ofCharacter: merge.mergedID, limit: Limits.stepAnchors - anchors.count, in: db)
        try table.moveItems(moved + others, to: merge.keptID, in: db)
        try vectors.change(items: moved, owner: merge.keptID, in: db)
        try table.addItems(moved + others, to: merge, in: db)
        guard anchors.count + others.count < Limits.stepAnchors else { return (moved.count, nil) }
        try finish(merge, keyID: keyID, in: db, now: now)
        return (moved.count, try table.character(merge.keptID, of: tenant, in: db))
    }

    /// Brings the texts together and hides the merged character.
    private func finish(_ merge: Merge, keyID: String?, in db: any SQLConnection, now: Int64) throws {
        var merge = merge
        let kept = try table.unmergedCharacter(merge.keptID, of: merge.tenant, in: db)
        let other = try table.unmergedCharacter(merge.mergedID, of: merge.tenant, in: db)
        if kept.description == nil, let text = other.description {
            try table.setDescription(text, ofCharacter: kept.characterID, of: merge.tenant, in: db)
            merge.tookDescription = true
        }
        let bible = try table.bible(ofCharacter: kept.characterID, in: db)
        let whole = bible.bible.filled(from: try table.bible(ofCharacter: other.characterID, in: db).bible)
        if whole != bible.bible {
            let change = StudioTable.BibleChange(kind: .merge, note: "Merged with \(other.name).", keyID: keyID)
            merge.bibleBefore = bible.version?.version ?? 0
            merge.bibleAfter = try table.addVersion(whole, change, ofCharacter: kept.characterID, in: db, now: now)
                .version
        }
        try table.finish(merge, in: db)
        try table.index(kept.characterID, in: db)
    }

    // MARK: Undoing

    private func unmergeCharacter(
        _ input: UnmergeCharacter, _ context: OperationContext
    ) async throws -> UnmergedCharacter {
        let (tenant, keyID, now) = (context.tenant, context.principal.keyID, clock.now())
        let merge = try await store.write { db in
            try beginUndoing(input.characterID, of: tenant, in: db, now: now)
        }
        var moved = 0
        while true {
            let step = try await store.write { db in try moveBack(merge, keyID: keyID, in: db, now: now) }
            moved += step.moved
            if let (character, restored, bibleIsRestored) = step.end {
                return UnmergedCharacter(
                    character: character, restored: restored, movedAnchorCount: moved,
                    bibleIsRestored: bibleIsRestored)
            }
            try Task.checkCancellation()
        }
    }

    private func beginUndoing(
        _ id: String, of tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Merge {
        guard let merge = try table.merge(ofMerged: id, tenant: tenant, in: db), merge.state != .moving else {
            throw HearthError(.notFound, "There is no such character that was merged into another one.")
        }
        guard merge.state != .ended, merge.undoUntil > now || merge.state == .undoing else {
            throw HearthError(
                .conflict, "The merge cannot be taken back any more.",
                hint: "Its time is over; create the character again."
            )
        }
        _ = try table.unmergedCharacter(merge.keptID, of: tenant, in: db)
        guard let (name, project) = try table.mergedName(id, in: db) else {
            throw HearthError(.notFound, "There is no such character that was merged into another one.")
        }
        guard try !table.isTaken(StudioName(name, field: "name"), project: project, in: db) else {
            throw HearthError(
                .conflict, "Another character is called \(name) now.", hint: "Give that one another name first.")
        }
        try table.setState(.undoing, of: merge, in: db)
        return merge
    }

    /// Gives some items back, and with the last of them shows the character again.
    private func moveBack(
        _ merge: Merge, keyID: String?, in db: any SQLConnection, now: Int64
    ) throws -> (moved: Int, end: (StudioCharacter, StudioCharacter, Bool)?) {
        let items = try table.items(of: merge, limit: Limits.stepAnchors, in: db)
        let moved = try table.moveItems(items, to: merge.mergedID, in: db)
        try vectors.change(items: items, owner: merge.mergedID, in: db)
        try table.removeItems(items, of: merge, in: db)
        guard items.count < Limits.stepAnchors else { return (moved, nil) }
        guard let (name, project) = try table.mergedName(merge.mergedID, in: db) else {
            throw StudioTable.missing("character")
        }
        let handle = try table.freeHandle(merge.handle ?? Handle.derived(from: name), project: project, in: db)
        try table.undo(merge, name: StudioName(name, field: "name"), handle: handle, in: db)
        let bibleIsRestored = try restoreTexts(of: merge, keyID: keyID, in: db, now: now)
        for id in [merge.keptID, merge.mergedID] { try table.index(id, in: db) }
        let kept = try table.character(merge.keptID, of: merge.tenant, in: db)
        let restored = try table.character(merge.mergedID, of: merge.tenant, in: db)
        return (moved, (kept, restored, bibleIsRestored))
    }

    /// Takes the texts back that came with the merge, where they are as the merge left them.
    /// - Returns: whether the bible is as it was before.
    private func restoreTexts(
        of merge: Merge, keyID: String?, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let kept = try table.character(merge.keptID, of: merge.tenant, in: db)
        let restored = try table.character(merge.mergedID, of: merge.tenant, in: db)
        if merge.tookDescription, kept.description == restored.description {
            try table.setDescription(nil, ofCharacter: kept.characterID, of: merge.tenant, in: db)
        }
        guard let before = merge.bibleBefore, let after = merge.bibleAfter else { return true }
        guard kept.bibleVersion == after else { return false }
        let bible = try table.bible(ofCharacter: kept.characterID, version: before, in: db).bible
        let change = StudioTable.BibleChange(
            kind: .unmerge, restoredVersion: before, note: "\(restored.name) is on its own again.", keyID: keyID)
        _ = try table.addVersion(bible, change, ofCharacter: kept.characterID, in: db, now: now)
        return true
    }

    /// Ends one merge whose time is over.
    /// - Returns: whether there was one.
    func endMerge() async throws -> Bool {
        let (table, now) = (table, clock.now())
        guard try await store.read({ db in try table.mergeToEnd(in: db, now: now) }) != nil else { return false }
        return try await store.remove { db in
            guard let merge = try table.mergeToEnd(in: db, now: now) else { return false }
            let items = try table.items(of: merge, limit: Limits.stepItems, in: db)
            try table.removeItems(items, of: merge, in: db)
            // Undoing has a list of what went over; without the whole list there is no undoing.
            if items.count < Limits.stepItems { try table.end(merge, in: db, now: now) }
            return true
        }
    }
}
