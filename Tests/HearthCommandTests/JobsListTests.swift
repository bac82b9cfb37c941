import HearthCore
import HearthJSON
import Testing

@testable import HearthCommand

/// What `hearth jobs` prints.
@Suite struct JobsListTests {
    private static let now: Int64 = 1_764_540_000_000

    @Test func aFailedJobSaysWhyAndAnEndedOneWhatItWasAbout() {
        let id = "0193a5f0-7c1e-7000-8000-0123456789ab"
        let page: JSONValue = [
            "items": [
                [
                    "job_id": "j1", "kind": "studio.anchors.extract", "status": "completed", "subject": .string(id),
                    "created_at": .int(Self.now - 5_000), "result": ["character": "Mira", "project": "Woods"],
                ],
                [
                    "job_id": "j2", "kind": "products.import", "status": "failed", "subject": .string(id),
                    "created_at": .int(Self.now - 6_000), "error_message": "The file is no table.",
                ],
                ["job_id": "j3", "kind": "k", "status": "in_progress", "progress": 0.5, "created_at": .int(Self.now)],
            ], "next_cursor": "j3",
        ]
        #expect(
            JobsCommand.List.lines(page, now: Self.now) == [
                "JOB  KIND                    STATUS            CREATED  ABOUT",
                "j1   studio.anchors.extract  completed         5 s ago  Mira, Woods",
                "j2   products.import         failed            6 s ago  …456789ab",
                "  failed: The file is no table.",
                "j3   k                       in_progress 50 %  0 s ago  -", "More: --cursor j3",
            ])
        #expect(JobsCommand.List.lines(["items": []]).first?.contains("--all") == true)
    }
}
