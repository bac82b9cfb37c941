package import HearthCore

/// How long a generator waits for its servers; tests wait shorter.
package struct ComfyTimes: Sendable {
    package var connect = Limits.comfyUIConnect
    package var read = Limits.comfyUIRead
    package var poll = Limits.comfyUIPoll
    package var silentPoll = Limits.comfyUISilentPoll
    package var historyPause = Limits.comfyUIHistoryPause
    package var absence = Limits.comfyUIAbsence
    package var reconnect = Limits.comfyUIReconnect

    package init() {}
}
