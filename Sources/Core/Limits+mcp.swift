extension Limits {
    // MARK: MCP

    /// Messages of one batch, which only the revision 2025-03-26 of the protocol has.
    package static let mcpBatch = 32
    /// Seconds that a caller waits for a job when it does not say how long: less than any client waits for a tool …
    package static let jobWaitSeconds = 25
    /// … and the most that it may ask for.
    package static let longestJobWaitSeconds = 50
    /// Bytes of a picture that is shown within the result of a tool: 700,000 characters of base64. Clients refuse
    /// results and events above 1,048,576.
    package static let mcpPreviewBytes = 525_000
    /// Bytes of a file that is read as a resource.
    package static let mcpResourceBytes = 3_000_000
    /// Resources that one subscription follows.
    package static let mcpFollowedResources = 32
    /// Subscriptions at once …
    package static let mcpSubscriptions = 256
    /// … and those of one tenant, so that none keeps all others out.
    package static let tenantMCPSubscriptions = 64
    /// How often a subscription looks whether a resource has changed.
    package static let mcpFollowInterval: Duration = .seconds(2)
    /// Two notifications about the progress of one call are at least this far apart.
    package static let mcpProgressInterval: Duration = .milliseconds(100)
    /// Values of one completion.
    package static let mcpCompletions = 100
    /// How long the answer to a question of the server is accepted.
    package static let mcpQuestionLife: Duration = .seconds(600)

    /// Bytes of a picture that is uploaded by a link …
    package static let uploadBytes = 50_000_000
    /// … and of all that were uploaded and not used yet.
    package static let uploadedBytes = 256 << 20
    /// How long a link is accepted, and then the picture that came by it.
    package static let uploadLife: Duration = .seconds(300)
    /// Links and uploaded pictures at once …
    package static let uploads = 256
    /// … and those of one tenant.
    package static let tenantUploads = 32
    /// How often links that are too old are looked for.
    package static let uploadUpkeep: Duration = .seconds(30)
    /// Files of the inbox folder that are listed; the newest ones.
    package static let inboxFiles = 100
    /// Entries of the inbox folder that are looked at for that.
    package static let inboxEntries = 10_000

    /// Bytes of one message that `hearth mcp` reads: a picture of ``bodyBytes`` in base64.
    package static let mcpLineBytes = 68 << 20
    /// Bytes of one answer that it passes on.
    package static let mcpAnswerBytes = 32 << 20
    /// Messages that it works on at once.
    package static let mcpBridgedRequests = 256
    /// How long it waits for a server that it has started.
    package static let mcpServerStart: Duration = .seconds(20)
    /// How often it looks meanwhile whether the server answers.
    package static let mcpServerPoll: Duration = .milliseconds(10)
}
