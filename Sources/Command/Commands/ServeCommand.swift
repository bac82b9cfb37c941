import ArgumentParser
import CoreMetrics
import Foundation
import HearthCore
import Logging

/// `hearth serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start the server; it runs until SIGTERM or Ctrl-C.",
        discussion: """
            Each flag can be set by its variable too: --anchor-model is HEARTH_ANCHOR_MODEL. Secrets are set by \
            variables alone, because other users of the machine can read the flags of a process:

            \(secrets)

            `hearth config` lists all settings with their values, `hearth doctor` checks them.
            """)

    @OptionGroup var options: SettingsOptions

    /// The settings that have no flag, each with its variable.
    private static var secrets: String {
        Setting.allCases.filter { !$0.hasFlag }.map { "  \($0.variable.padded(to: 22))\($0.definition.help)" }
            .joined(separator: "\n")
    }

    func run() async throws {
        let start = ContinuousClock.now
        var settings = try await options.resolve()
        settings.logFormat.bootstrap(level: Logger.Level(rawValue: settings.logLevel) ?? .info)
        let metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)
        let logger = Logger(label: "hearth")
        let choice = settings.usesBestModels ? try ModelChoice(settings) : nil
        if let choice { settings = settings.taking(choice) }
        let (final, data) = (settings, settings.folder.path)
        try await Assembly(settings: settings, metrics: metrics, logger: logger).run(
            onListening: { port in
                Terminal.line("Hearth \(Hearth.version) listens at \(final.url(at: port)), data in \(data)")
                if let line = OpenAddresses.line(final, port: port) { Terminal.line(line) }
                if let choice { Terminal.line(choice.line) }
            },
            onReady: {
                let seconds = Double((ContinuousClock.now - start).milliseconds) / 1_000
                Terminal.line(Self.invitation(final, after: seconds))
            })
    }

    /// What a person does next, in a line.
    static func invitation(_ settings: Settings, after seconds: Double) -> String {
        let program = CommandLine.arguments.first ?? "hearth"
        let isDefault = settings.folder.path == DataFolder(Setting.data.definition.value?.text ?? "").path
        let data = isDefault ? "" : " --data \(settings.folder.path)"
        return
            "Ready after \(Wording.number(seconds)) s. In another terminal: `\(program) register PICTURE\(data)`, then "
            + "`\(program) recall ANOTHER\(data)`; `\(program) --help` lists the rest. Ctrl-C ends the server."
    }
}
