import HearthCore
import HearthJSON
import HearthJobs

/// Rows that are made of what lies beside files.
extension Studio {
    /// - Returns: false when there is such a row already, of this project or of another, or its output is
    ///   still being made: what another attempt has left is no try of it.
    func restore(
        _ sidecar: OutputSidecar, _ tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        let file = sidecar.file
        guard
            try !db.exists(
                """
                SELECT id FROM output_files WHERE id = \(file.fileID) OR path = \(file.path)
                  OR output_id = \(sidecar.outputID) AND number = \(file.number)
                """),
            try !db.exists(
                """
                SELECT id FROM outputs WHERE id = \(sidecar.outputID)
                  AND (tenant <> \(tenant) OR project_id <> \(sidecar.projectID) OR state <> \(JobState.completed))
                """)
        else { return false }
        let project = try restoreProject(sidecar.projectID, named: sidecar.projectName, tenant, in: db, now: now)
        guard let project else { return false }
        let character = try sidecar.characterID.map {
            try restoreCharacter($0, named: sidecar.characterName ?? "", of: project, tenant, in: db, now: now)
        }
        if let character, character == nil { return false }
        try outputTable.restore(sidecar, project: project, character: character ?? nil, tenant: tenant, in: db)
        return true
    }

    func restore(
        _ sidecar: AnchorSidecar, _ tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Bool {
        guard try !db.exists("SELECT id FROM anchors WHERE id = \(sidecar.anchor.anchorID)") else { return false }
        var anchor = sidecar.anchor
        let project = try restoreProject(anchor.projectID, named: sidecar.projectName, tenant, in: db, now: now)
        guard let project,
            let character = try restoreCharacter(
                anchor.characterID, named: sidecar.characterName, of: project, tenant, in: db, now: now),
            try !db.exists("SELECT id FROM anchors WHERE character_id = \(character) AND sha256 = \(anchor.sha256)")
        else { return false }
        (anchor.projectID, anchor.characterID) = (project, character)
        let extraction = try Self.extraction.request(ExtractAnchor(anchorID: anchor.anchorID), tenant: tenant)
        anchor.jobID = try queue.enqueue(extraction, in: db).jobID
        try table.insertAnchor(anchor, tenant: tenant, in: db)
        return true
    }

    /// The project with an identifier, made when there is none; where its name is taken, by a part of the identifier.
    /// - Returns: nil when it is another tenant's, or is being deleted.
    func restoreProject(
        _ id: String, named name: String, _ tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> String? {
        guard Identifier.isValid(id) else { throw HearthError(.invalidRequest, "`project_id` is no identifier.") }
        if try db.exists("SELECT id FROM projects WHERE id = \(id)") {
            return try db.exists("SELECT id FROM kept_projects WHERE id = \(id) AND tenant = \(tenant)") ? id : nil
        }
        let wanted = try StudioName(name.isEmpty ? "restored \(id.suffix(6))" : name, field: "project")
        let isTaken = try db.exists("SELECT id FROM projects WHERE tenant = \(tenant) AND name_key = \(wanted.key)")
        let given = isTaken ? try StudioName("\(wanted.text) (\(id.suffix(6)))", field: "project") : wanted
        try table.insertProject(id: id, given, tenant: tenant, in: db, now: now)
        return id
    }

    /// As ``restoreProject(_:named:_:in:now:)`` for a character.
    private func restoreCharacter(
        _ id: String, named name: String, of project: String, _ tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> String? {
        guard Identifier.isValid(id) else { throw HearthError(.invalidRequest, "`character_id` is no identifier.") }
        // What was merged into another character belongs to that one.
        let id = try table.keptCharacter(of: id, tenant: tenant, in: db) ?? id
        if try db.exists("SELECT id FROM characters WHERE id = \(id)") {
            return try db.exists(
                "SELECT id FROM kept_characters WHERE id = \(id) AND tenant = \(tenant) AND project_id = \(project)")
                ? id : nil
        }
        let wanted = try StudioName(name.isEmpty ? "restored \(id.suffix(6))" : name, field: "character")
        // The same character may have been registered again meanwhile: pictures belong to the one with the name.
        if let known = try db.value(
            "SELECT id FROM kept_characters WHERE project_id = \(project) AND name_key = \(wanted.key)", as: String.self
        ) {
            return known
        }
        let new = StudioTable.NewCharacter(id: id, projectID: project, name: wanted, description: nil)
        try table.insertCharacter(new, tenant: tenant, in: db, now: now)
        return id
    }
}

extension StudioTable {
    /// Whose a project is, one that is being deleted as well; nil: there is none.
    func owner(ofProject id: String, in db: any SQLConnection) throws -> Tenant? {
        try db.value("SELECT tenant FROM projects WHERE id = \(id)", as: Tenant.self)
    }
}

extension OutputTable {
    /// Makes the rows that a sidecar describes. An output of several tries has a sidecar for each of them.
    func restore(
        _ sidecar: OutputSidecar, project: String, character: String?, tenant: Tenant, in db: any SQLConnection
    ) throws {
        if try !db.exists("SELECT id FROM outputs WHERE id = \(sidecar.outputID)") {
            let isFree = try !db.exists(
                "SELECT id FROM outputs WHERE project_id = \(project) AND number = \(sidecar.number)")
            try insert(
                New(
                    id: sidecar.outputID, projectID: project, characterID: character,
                    number: isFree ? sidecar.number : try nextNumber(inProject: project, in: db), jobID: sidecar.jobID,
                    recipe: sidecar.recipe, wantsPreviews: false, minimumSimilarity: sidecar.minimumSimilarity,
                    maximumTries: sidecar.maximumTries, requestKey: nil, requestPlace: 0),
                tenant: tenant, in: db, now: sidecar.createdAt)
            let reference = try JSONValueEncoder.encode(sidecar.reference).encodedText()
            try db.execute(
                """
                UPDATE outputs SET state = \(JobState.completed), finished_at = \(sidecar.finishedAt),
                  reference = \(reference), details = \(sidecar.details?.encodedText()), chosen = \(sidecar.file.number)
                WHERE id = \(sidecar.outputID)
                """)
        }
        if sidecar.isChosen {
            try db.execute("UPDATE outputs SET chosen = \(sidecar.file.number) WHERE id = \(sidecar.outputID)")
        }
        let file = sidecar.file
        try insert(
            NewFile(
                id: file.fileID, number: file.number, path: file.path, format: sidecar.format, sha256: file.sha256,
                bytes: file.bytes, width: file.width, height: file.height, seconds: file.seconds, seed: file.seed,
                thumbnail: sidecar.thumbnailSHA256.flatMap { sum in sidecar.thumbnailBytes.map { (sum, $0) } },
                similarity: file.similarity),
            of: sidecar.outputID, in: db, now: sidecar.finishedAt)
    }
}
