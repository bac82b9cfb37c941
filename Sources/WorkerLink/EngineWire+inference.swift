import Foundation
package import HearthCore
package import HearthInference
import HearthJSON

extension EngineWire {
    /// Names the model of a call for tensors.
    private struct InferenceHeader: Codable, Sendable {
        var model: String
        var outputs: [String]
        var tenant: Tenant
        var timeoutMilliseconds: Int64
    }

    /// A tensor, whose little-endian elements are the payload.
    private struct TensorHeader: Codable, Sendable {
        var name: String
        var type: ElementType
        var shape: [Int]
    }

    package static func frames(_ request: InferenceRequest, now: ContinuousClock.Instant) throws -> [Frame] {
        let header = InferenceHeader(
            model: request.model, outputs: request.outputs, tenant: request.tenant,
            timeoutMilliseconds: max(0, (request.deadline - now).nanoseconds / 1_000_000))
        return [Frame(try JSONValueEncoder.encode(header))] + (try request.inputs.map(frame))
    }

    /// - Throws: ``HearthError`` `invalid_request`.
    package static func inference(_ frames: [Frame], now: ContinuousClock.Instant) throws -> InferenceRequest {
        guard let first = frames.first else { throw HearthError(.invalidRequest, "There is no frame.") }
        let header = try JSONValueDecoder.read(InferenceHeader.self, from: first.header)
        return InferenceRequest(
            model: header.model, inputs: try frames.dropFirst().map(tensor), outputs: header.outputs,
            tenant: header.tenant, deadline: now + .milliseconds(header.timeoutMilliseconds))
    }

    package static func frame(_ tensor: NamedTensor) throws -> Frame {
        let header = TensorHeader(
            name: tensor.name, type: tensor.tensor.elements.type, shape: tensor.tensor.shape)
        return Frame(try JSONValueEncoder.encode(header), payload: bytes(of: tensor.tensor.elements))
    }

    /// - Throws: ``HearthError`` `invalid_request` when shape and bytes do not fit.
    package static func tensor(_ frame: Frame) throws -> NamedTensor {
        let header = try JSONValueDecoder.read(TensorHeader.self, from: frame.header)
        var count = 1
        for length in header.shape {
            let (product, isTooLarge) = count.multipliedReportingOverflow(by: length)
            guard length >= 0, !isTooLarge else { throw HearthError(.invalidRequest, "A tensor's shape is wrong.") }
            count = product
        }
        let (bytes, isTooLarge) = count.multipliedReportingOverflow(by: header.type.size)
        guard !isTooLarge, frame.payload.count == bytes else {
            throw HearthError(.invalidRequest, "A tensor's shape does not fit its values.")
        }
        return NamedTensor(
            name: header.name,
            tensor: Tensor(shape: header.shape, elements: elements(frame.payload, of: header.type)))
    }

    // Both ends are on one machine, and both machines that Hearth runs on are little-endian.

    private static func bytes(of elements: Tensor.Elements) -> Data {
        switch elements {
        case .float32(let values): values.withUnsafeBytes { Data($0) }
        case .int64(let values): values.withUnsafeBytes { Data($0) }
        case .int32(let values): values.withUnsafeBytes { Data($0) }
        case .uint8(let values): Data(values)
        }
    }

    private static func elements(_ data: Data, of type: ElementType) -> Tensor.Elements {
        switch type {
        case .float32: .float32(array(data, zero: Float(0)))
        case .int64: .int64(array(data, zero: Int64(0)))
        case .int32: .int32(array(data, zero: Int32(0)))
        case .uint8: .uint8(Array(data))
        }
    }

    private static func array<Element>(_ data: Data, zero: Element) -> [Element] {
        var values = [Element](repeating: zero, count: data.count / MemoryLayout<Element>.size)
        _ = values.withUnsafeMutableBytes { data.copyBytes(to: $0) }
        return values
    }
}
