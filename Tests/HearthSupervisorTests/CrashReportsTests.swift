import Testing

@testable import HearthSupervisor

/// A worker that has crashed must be gone at once: its report is short, and names are looked up later.
@Suite struct CrashReportsTests {
    @Test func workersAreToldToReportWithoutLookingUpNames() throws {
        let variables = CrashReports.added(to: ["PATH": "/bin"])
        #expect(variables["PATH"] == "/bin")
        let settings = try #require(variables["SWIFT_BACKTRACE"]).split(separator: ",")
        for setting in ["symbolicate=off", "threads=crashed", "images=mentioned", "interactive=no"] {
            #expect(settings.contains(Substring(setting)), "\(setting)")
        }
    }

    @Test func whatAnOperatorHasChosenStays() {
        let variables = CrashReports.added(to: ["SWIFT_BACKTRACE": "enable=no"])
        #expect(variables["SWIFT_BACKTRACE"] == "enable=no")
    }
}
