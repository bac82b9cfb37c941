import Configuration
import HearthCore

/// Notes which provider each setting was found in.
final class SettingSources: AccessReporter {
    /// Of the last access to each key: how many providers were asked, until one had it or failed.
    private let asked = Locked<[AbsoluteConfigKey: Int]>([:])
    private let sources: [Settings.Source]

    /// - Parameter sources: What the providers are, in their order.
    init(_ sources: [Settings.Source]) { self.sources = sources }

    func report(_ event: AccessEvent) {
        let (key, count) = (event.metadata.key, event.providerResults.count)
        asked.withLock { $0[key] = count }
    }

    /// Where the value of a setting was found, or could not be read.
    func source(of setting: Setting) -> Settings.Source {
        let key = AbsoluteConfigKey([setting.rawValue])
        guard let count = asked.withLock({ $0[key] }), sources.indices.contains(count - 1) else { return .unset }
        return sources[count - 1]
    }
}
