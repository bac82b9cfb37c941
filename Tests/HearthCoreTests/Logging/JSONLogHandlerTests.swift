import Foundation
import HearthCore
import HearthJSON
import HearthTesting
import Logging
import Testing

@Suite struct JSONLogHandlerTests {
    /// A logger and what it has written.
    private final class Lines: Sendable {
        private let written = Locked(Data())

        func logger(level: Logger.Level = .trace, provider: Logger.MetadataProvider? = nil) -> Logger {
            var handler = JSONLogHandler(label: "hearth.test", clock: ManualClock(now: 1_795_949_947_118)) { line in
                self.written.withLock { $0 += line }
            }
            handler.logLevel = level
            handler.metadataProvider = provider
            return Logger(label: "hearth.test") { _ in handler }
        }

        var text: String { String(decoding: written.withLock { $0 }, as: UTF8.self) }
    }

    @Test func anEventIsOneObjectOnALineOfItsOwn() {
        let lines = Lines()
        lines.logger().info("a \"b\"\nc")
        #expect(
            lines.text == """
                {"time":"2026-11-29T10:59:07.118Z","level":"info","logger":"hearth.test","message":"a \\"b\\"\\nc"}

                """)
    }

    @Test func metadataOfTheEventGoesBeforeThatOfTheLoggerAndOfItsProvider() throws {
        let lines = Lines()
        var logger = lines.logger(
            provider: Logger.MetadataProvider { ["a": "provider", "b": "provider", "c": "provider"] })
        logger[metadataKey: "b"] = "logger"
        logger[metadataKey: "c"] = "logger"
        logger.warning("x", metadata: ["c": "event", "list": ["one", "\(2)"], "map": ["k": "v"]])
        let line = try JSONParser.parse(Data(lines.text.utf8))
        #expect(
            line["metadata"] == [
                "a": "provider", "b": "logger", "c": "event", "list": ["one", "2"], "map": ["k": "v"],
            ])
    }

    @Test func anErrorIsTold() throws {
        let lines = Lines()
        lines.logger().error("failed", error: HearthError(.conflict, "It is there already."))
        let line = try JSONParser.parse(Data(lines.text.utf8))
        #expect(line["error"]?.stringValue?.contains("It is there already.") == true)
        #expect(line["metadata"] == nil)
    }

    @Test func eventsBelowTheLevelAreNotWritten() {
        let lines = Lines()
        lines.logger(level: .warning).info("x")
        #expect(lines.text.isEmpty)
    }

    @Test func linesOfManyTasksDoNotMix() async throws {
        let lines = Lines()
        let logger = lines.logger()
        await withTaskGroup { group in
            for task in 0..<8 {
                group.addTask { for round in 0..<100 { logger.info("\(task) \(round)", metadata: ["k": "\(round)"]) } }
            }
        }
        let all = lines.text.split(separator: "\n")
        #expect(all.count == 800)
        for line in all { #expect(throws: Never.self) { try JSONParser.parse(Data(line.utf8)) } }
    }
}
