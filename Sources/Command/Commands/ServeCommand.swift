import ArgumentParser
import CoreMetrics
import Foundation
import HearthCore
import Logging

/// `hearth serve`
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Start the server; it runs until SIGTERM or Ctrl-C.")

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        var settings = try await options.resolve()
        settings.logFormat.bootstrap(level: Logger.Level(rawValue: settings.logLevel) ?? .info)
        let metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)
        let logger = Logger(label: "hearth")
        let choice = settings.usesBestModels ? try ModelChoice(settings) : nil
        if let choice { settings = settings.taking(choice) }
        let (url, data) = (settings.url(at:), settings.folder.path)
        try await Assembly(settings: settings, metrics: metrics, logger: logger).run { port in
            Terminal.line("Hearth \(Hearth.version) listens at \(url(port)), data in \(data)")
            if let choice { Terminal.line(choice.line) }
        }
    }
}
