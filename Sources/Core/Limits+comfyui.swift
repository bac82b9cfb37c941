extension Limits {
    // MARK: Workflows

    /// Bytes of a workflow file …
    package static let workflowBytes = 1 << 20
    /// … nodes of its graph, …
    package static let workflowNodes = 500
    /// … and inputs of a node.
    package static let workflowInputs = 200
    /// Workflows that a tenant may add.
    package static let workflowsOfTenant = 200
    /// Inputs that one slot may be written to.
    package static let workflowTargets = 20

    // MARK: ComfyUI servers

    /// Servers that the settings may name.
    package static let comfyUIServers = 16
    /// How long a connection to a server may take …
    package static let comfyUIConnect: Duration = .seconds(3)
    /// … and how long a server may send nothing while it is asked something. A server that loads a model answers late.
    package static let comfyUIRead: Duration = .seconds(30)
    /// Bytes of an answer in JSON: a queue with the graphs of others, the list of all checkpoints.
    package static let comfyUIAnswerBytes = 16 << 20
    /// Bytes of a message over the WebSocket. Previews are pictures of 512 pixels a side.
    package static let comfyUIMessageBytes = 8 << 20
    /// Frames of a message.
    package static let comfyUIMessageFrames = 1_024
    /// Messages in a row that are no message of ComfyUI; one more ends the connection.
    package static let comfyUIGarbage = 20
    /// Bytes of a picture that is loaded from a server …
    package static let comfyUIPictureBytes = 128 << 20
    /// … and of a video.
    package static let comfyUIVideoBytes = 2 << 30
    /// Bytes of a picture that is loaded up; more is refused by a server that was started without a limit of its own.
    package static let comfyUIUploadBytes = 100 << 20
    /// Files of an output that are looked at.
    package static let comfyUIFiles = 1_000
    /// Prompts that may wait at a server before it counts as full.
    package static let comfyUIQueue = 50
    /// How often the queue and the history of a server are read while its WebSocket is open …
    package static let comfyUIPoll: Duration = .seconds(5)
    /// … and while it is not.
    package static let comfyUISilentPoll: Duration = .seconds(1)
    /// A server says that a prompt has ended before it writes the history: how often that is read again, …
    package static let comfyUIHistoryReads = 20
    /// … and after what pause.
    package static let comfyUIHistoryPause: Duration = .milliseconds(100)
    /// A server that has answered nothing for this long while it has a prompt is away.
    package static let comfyUIAbsence: Duration = .seconds(60)
    /// Pauses before a lost WebSocket is opened again.
    package static let comfyUIReconnect = Backoff(first: .milliseconds(100), longest: .seconds(5))
    /// A prompt of a cancelled job is removed from its server within this.
    package static let comfyUICancel: Duration = .milliseconds(800)
    /// How long one picture or video may take.
    package static let comfyUIRender: Duration = .seconds(3_600)
}
