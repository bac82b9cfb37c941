import HearthVectors
import Testing

@Suite struct InstructionSetTests {
    @Test func plainCRunsEverywhere() {
        #expect(InstructionSet.available.first == .portable)
        #expect(InstructionSet.available.contains(InstructionSet.chosen))
    }

    @Test func setsAreOfThisProcessor() {
        #if arch(x86_64)
            #expect(!InstructionSet.available.contains(.neon))
        #else
            #expect(Set(InstructionSet.available).isSubset(of: [.portable, .neon]))
        #endif
    }
}
