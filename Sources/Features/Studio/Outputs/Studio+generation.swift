import HearthCore
import HearthJSON
import HearthJobs

extension Studio {
    func generationOperations() -> [Operation] {
        [
            Operation(
                .init(
                    "studio.outputs.generate", "Make a picture or a video of a prompt, with a character in it.",
                    description: """
                        Answers at once with the job, the recipe and where to watch; the output is made by a worker. \
                        With `wait` the answer comes when it is there. The built-in generators are `storyboard` \
                        (pictures) and `animatic` (videos): they compose the character's registered pictures and draw \
                        the rest, without a model. What is left out comes from the style preset; the seed is chosen at \
                        random then and reported. The same recipe and seed make the same bytes with them. `@handle` \
                        in the prompt names a character of the project, who is seen then as well.
                        """,
                    permission: .write, hints: .adds,
                    routes: [Route(.post, "/generate"), Route(.post, "/api/anime/generate")], tool: "generate_image",
                    successStatus: 201),
                input: GenerateOutput.self, output: GeneratingOutput.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finishGeneration)
            ) { input, context in try await generate(input, kind: nil, context) },
            Operation(
                .init(
                    "studio.outputs.generate_video", "Make a video of a prompt, with a character in it.",
                    description: """
                        As `studio.outputs.generate` with `kind` "video". Each sentence of the prompt becomes a shot; \
                        `seconds` says how long all of them are.
                        """,
                    permission: .write, hints: .adds, routes: [Route(.post, "/api/anime/video")],
                    tool: "generate_video_segment", successStatus: 201),
                input: GenerateOutput.self, output: GeneratingOutput.self,
                waiting: JobWaiter.waiting(by: waiter, if: \.wait, finish: finishGeneration)
            ) { input, context in
                guard input.kind != .image else {
                    throw HearthError(
                        .invalidRequest, "This makes videos.", hint: "Call `studio.outputs.generate` for pictures.")
                }
                return try await generate(input, kind: .video, context)
            },
        ]
    }

    /// Checks, then writes the outputs and their jobs in one transaction.
    private func generate(
        _ input: GenerateOutput, kind: OutputKind?, _ context: OperationContext
    ) async throws -> GeneratingOutput {
        let plan = try GenerationPlan(
            input, kind: kind, generators: generation.descriptions, defaults: generation.defaults)
        let (tenant, count) = (context.tenant, Int64(input.n ?? 1))
        let digest = try input.digest(kind: plan.kind)
        let seed = input.seed ?? Int64.random(in: 0...0xFFFF_FFFF_FFFF)
        let outputTable = outputTable
        let taken = try await quotas?.take(TenantUsage(unfinishedJobs: count, records: count), for: tenant) { db in
            let isKnown = try input.idempotencyKey.map {
                try !outputTable.outputs(ofRequest: $0, digest: digest, tenant: tenant, in: db).isEmpty
            }
            return isKnown == true ? TenantUsage() : TenantUsage(unfinishedJobs: count, records: count)
        }
        defer { withExtendedLifetime(taken) {} }
        let now = clock.now()
        return try await store.write { db in
            if let key = input.idempotencyKey {
                let known = try outputTable.outputs(ofRequest: key, digest: digest, tenant: tenant, in: db)
                if !known.isEmpty { return GeneratingOutput(known, isNew: false) }
            }
            return try insertOutputs(plan, seed: seed, tenant, in: db, now: now)
        }
    }

    private func insertOutputs(
        _ plan: GenerationPlan, seed: Int64, _ tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> GeneratingOutput {
        let place = try generationPlace(plan.input, of: tenant, in: db, now: now)
        let mentions = try characters(
            mentionedIn: plan.prompt, project: place.project.projectID, tenant: tenant, in: db)
        let cast =
            place.characters + mentions.map(\.characterID).filter { !place.characters.contains($0) }
        let preset = try preset(plan.input.stylePreset ?? place.project.style, tenant: tenant, in: db)
        if let workflow = plan.input.workflow { _ = try StoredWorkflows.require(workflow, of: tenant, in: db) }
        let sent = try (plan.input.pictures ?? []).map { try $0.reference(of: tenant, in: db) }
        let references = sent + (try references(to: cast, of: tenant, in: db))
        let words = plainPrompt(plan.prompt, mentions: mentions)
        let first = try outputTable.nextNumber(inProject: place.project.projectID, in: db)
        let outputs = try (0..<(plan.input.n ?? 1)).map { index -> Output in
            let id = Identifier.make(now: now)
            let shot = ShotNote(
                project: place.project.name, number: first + index, styleName: preset.name, grade: preset.grade)
            let recipe = plan.recipe(
                preset, words: words, references: references, shot: shot, seed: seed, place: index)
            let job = try Self.rendering(plan.generator).request(RenderOutput(outputID: id), tenant: tenant)
            let jobID = try queue.enqueue(job, in: db).jobID
            try outputTable.insert(
                OutputTable.New(
                    id: id, projectID: place.project.projectID, characterID: cast.first,
                    number: first + index, jobID: jobID, recipe: recipe, wantsPreviews: plan.input.preview ?? false,
                    minimumSimilarity: plan.input.minimumSimilarity, maximumTries: plan.tries,
                    requestKey: plan.input.idempotencyKey,
                    requestDigest: try plan.input.idempotencyKey.map { _ in try plan.input.digest(kind: plan.kind) },
                    requestPlace: index),
                tenant: tenant, in: db, now: now)
            return try outputTable.output(id, of: tenant, in: db)
        }
        return GeneratingOutput(outputs, isNew: true)
    }

    /// Where an output belongs.
    private struct Place {
        let project: Project
        /// Identifiers; the first is the main one.
        let characters: [String]
    }

    /// Finds what a call names.
    /// - Throws: ``HearthError`` `not_found`, `invalid_request` for a character of another project.
    private func generationPlace(
        _ input: GenerateOutput, of tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Place {
        guard input.project == nil || input.projectID == nil else {
            throw HearthError(.invalidRequest, "`project` and `project_id` are given.", hint: "Give one of them.")
        }
        guard input.character == nil || input.characterID == nil else {
            throw HearthError(.invalidRequest, "`character` and `character_id` are given.", hint: "Give one of them.")
        }
        let named = input.projectID ?? input.project
        if let id = input.characterID {
            let character = try table.character(id, of: tenant, in: db)
            if let named, try table.requireProjectID(named, of: tenant, in: db) != character.projectID {
                throw HearthError(
                    .invalidRequest, "The character is of another project.",
                    hint: "Leave the project out, or name a character of it.")
            }
            return Place(
                project: try table.project(character.projectID, of: tenant, in: db), characters: [character.characterID]
            )
        }
        let name = try input.character.map { try StudioName($0, field: "character") }
        if named == nil, let found = try onlyCharacter(name, orMentionedIn: input.prompt, of: tenant, in: db) {
            return Place(
                project: try table.project(found.projectID, of: tenant, in: db),
                characters: name == nil ? [] : [found.id]
            )
        }
        // A name that no project has makes none.
        if named == nil, let name { throw try table.missingCharacter(name.text, of: tenant, in: db) }
        let project = try generationProject(named, of: tenant, in: db, now: now)
        let character = try name.map {
            try table.requireCharacterID($0, inProject: project.projectID, of: tenant, in: db)
        }
        return Place(project: project, characters: character.map { [$0] } ?? [])
    }

    /// The character that stands for the project which a call does not name: the one that it names, else the one that
    /// its prompt mentions first, where a single project has it; for a prompt, the project of such calls goes first.
    /// - Throws: ``HearthError`` `invalid_request` that names the projects when several have one.
    private func onlyCharacter(
        _ name: StudioName?, orMentionedIn prompt: String, of tenant: Tenant, in db: any SQLConnection
    ) throws -> NamedCharacter? {
        if let name { return try table.onlyCharacter(called: name, of: tenant, in: db) }
        guard let handle = PromptHandles(prompt).handles.first else { return nil }
        let found = try table.characters(withHandle: handle, of: tenant, in: db)
        if let first = found.first, first.project.lowercased() == defaultProject { return first }
        return try StudioTable.onlyOne(found, called: "@\(handle)")
    }

    /// A project that a call names must be there; that of calls which name none is made.
    private func generationProject(
        _ named: String?, of tenant: Tenant, in db: any SQLConnection, now: Int64
    ) throws -> Project {
        if let named {
            return try table.project(try table.requireProjectID(named, of: tenant, in: db), of: tenant, in: db)
        }
        let key = try ProjectKey(defaultProject)
        let id = try table.projectID(key, of: tenant, in: db) ?? Identifier.make(now: now)
        if try table.projectID(key, of: tenant, in: db) == nil {
            try table.insertProject(id: id, key.name, tenant: tenant, in: db, now: now)
        }
        return try table.project(id, of: tenant, in: db)
    }

    /// The pictures of characters as a recipe keeps them: the first of each, then the others.
    private func references(
        to characters: [String], of tenant: Tenant, in db: any SQLConnection
    ) throws -> [RecipeReference] {
        var (leads, others): ([RecipeReference], [RecipeReference]) = ([], [])
        for id in characters {
            let character = try table.character(id, of: tenant, in: db)
            let anchors = try table.referenceAnchors(
                ofCharacter: id, limit: Limits.recipeReferences, bytes: Limits.recipeReferenceBytes, in: db)
            for (index, anchor) in anchors.enumerated() {
                let reference = RecipeReference(
                    purpose: .character, sha256: anchor.sha256, anchorID: anchor.anchorID, characterID: id,
                    characterName: character.name, role: anchor.role.rawValue)
                if index == 0 { leads.append(reference) } else { others.append(reference) }
            }
        }
        return Array((leads + others).prefix(Limits.recipeReferences))
    }

    /// Waits for the jobs of a call; the answer has the first output.
    private func finishGeneration(
        _ generating: GeneratingOutput, _ wait: JobWait
    ) async throws -> (GeneratingOutput, isUnfinished: Bool) {
        var generating = generating
        var isUnfinished = false
        for job in [generating.jobID] + generating.others.map(\.jobID) {
            let ended = try await wait.end(of: job)
            isUnfinished = isUnfinished || ended?.status.isFinal == false
        }
        let (table, id, tenant) = (outputTable, generating.outputID, wait.tenant)
        let output = try await store.read { db in try table.output(id, of: tenant, in: db) }
        generating.status = output.status
        generating.failure = output.failure
        generating.output = output
        return (generating, isUnfinished)
    }
}

extension StudioTable {
    /// Pictures that show a character best, first: the one that was registered as such, its front, then the others, up
    /// to a number and a sum of bytes.
    func referenceAnchors(
        ofCharacter id: String, limit: Int, bytes: Int, in db: any SQLConnection
    ) throws -> [Anchor] {
        let anchors = try db.rows(
            """
            SELECT \(Anchor.columns) FROM kept_anchors WHERE character_id = \(id)
            ORDER BY CASE role WHEN 'primary' THEN 0 WHEN 'front' THEN 1 WHEN 'face' THEN 2 ELSE 3 END, id
            LIMIT \(limit)
            """, as: Anchor.self)
        var sum = 0
        return Array(
            anchors.prefix { anchor in
                sum += anchor.bytes
                return sum <= bytes
            })
    }
}
