import COpenVINO

/// A failed call of OpenVINO's C API; goes to the log as a ``HearthError``'s cause, never to a client.
struct OpenVINOError: Error, CustomStringConvertible {
    /// The status that the library returned, under its C name, so that search engines help.
    struct Status: RawRepresentable, Equatable, CustomStringConvertible {
        let rawValue: Int32

        private static let names: [Int32: String] = [
            -1: "GENERAL_ERROR", -2: "NOT_IMPLEMENTED", -3: "NETWORK_NOT_LOADED", -4: "PARAMETER_MISMATCH",
            -5: "NOT_FOUND", -6: "OUT_OF_BOUNDS", -7: "UNEXPECTED", -8: "REQUEST_BUSY", -9: "RESULT_NOT_READY",
            -10: "NOT_ALLOCATED", -11: "INFER_NOT_STARTED", -12: "NETWORK_NOT_READ", -13: "INFER_CANCELLED",
            -14: "INVALID_C_PARAM", -15: "UNKNOWN_C_ERROR", -16: "NOT_IMPLEMENT_C_METHOD", -17: "UNKNOW_EXCEPTION",
        ]

        var description: String { Self.names[rawValue] ?? "status \(rawValue)" }
    }

    /// The C function that failed.
    let call: String
    let status: Status
    /// OpenVINO's own text.
    let text: String

    /// Takes the error text on the thread that saw the failure.
    ///
    /// OpenVINO keeps one text for the whole process: when two calls fail at the same moment they may read the same.
    /// That is why nothing but the log depends on it.
    init(call: String, status: Status) {
        self.call = call
        self.status = status
        guard let copy = ov_get_last_err_msg() else {
            text = "no text"
            return
        }
        text = String(cString: copy)
        ov_free(copy)
    }

    var description: String { "\(call): \(status): \(text)" }
}

/// Calls OpenVINO and turns its status into an error that names the C function.
func check(_ call: String, _ body: () -> ov_status_e) throws(OpenVINOError) {
    let status = OpenVINOError.Status(rawValue: body().rawValue)
    guard status.rawValue == 0 else { throw OpenVINOError(call: call, status: status) }
}

/// Calls OpenVINO for a handle or string that it makes.
func make<Handle>(
    _ call: String, _ body: (UnsafeMutablePointer<Handle?>) -> ov_status_e
) throws(OpenVINOError) -> Handle {
    var handle: Handle?
    try check(call) { body(&handle) }
    guard let handle else { throw OpenVINOError(call: call, status: .init(rawValue: -7)) }
    return handle
}
