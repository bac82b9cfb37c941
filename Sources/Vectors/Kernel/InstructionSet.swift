import CVectors

/// A family of vector instructions that the kernels are written for.
///
/// All of them give the same bits, so a search has one answer on every machine.
package enum InstructionSet: String, Sendable, CaseIterable {
    /// Plain C, on every processor.
    case portable
    /// x86-64 with AVX2: 16-bit products, so that no sum saturates.
    case avx2
    /// x86-64 with AVX2 and its dot products of bytes (AVX-VNNI).
    case avxvnni
    /// x86-64 with AVX-512 and its dot products of bytes (VNNI).
    case avx512vnni
    /// arm64 with dot products of bytes.
    case neon

    /// What this processor can run, the plain one first.
    package static let available: [InstructionSet] = {
        let sets = hearth_available()
        return allCases.filter { sets & (1 << $0.instructions.rawValue) != 0 }
    }()

    /// What searches use unless told otherwise: the widest that this processor has.
    package static let chosen: InstructionSet = available.last ?? .portable

    /// As the C kernels call it.
    var instructions: hearth_instructions {
        switch self {
        case .portable: hearth_portable
        case .avx2: hearth_avx2
        case .avxvnni: hearth_avxvnni
        case .avx512vnni: hearth_avx512
        case .neon: hearth_neon
        }
    }
}
