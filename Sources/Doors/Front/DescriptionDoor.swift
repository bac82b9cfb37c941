import HearthCore
import HearthHTTP
import HearthJSON
import Hummingbird

/// `/openapi.json`: what every route takes and gives, itself among them.
struct DescriptionDoor: Door {
    private let others: [DoorRoute]
    /// Made when it is asked for first: few servers ever are.
    private let document = Locked<JSONValue?>(nil)

    /// - Parameter others: the routes of all other doors.
    init(_ others: [DoorRoute]) {
        self.others = others
    }

    var routes: [DoorRoute] {
        [
            DoorRoute(
                .get, "/openapi.json",
                describe: OpenAPIEntry("system.openapi", "This description.", answer: BodyRule.anyObject)
            ) { _ in JSONReply(json).response }
        ]
    }

    private var json: JSONValue {
        document.withLock { document in
            let json = document ?? OpenAPIDocument(others + routes).json
            document = json
            return json
        }
    }
}
