import Testing

@testable import HearthOpenVINO

/// On which processors quantised graphs may be computed with 8-bit products.
@Suite struct IntegerArithmeticTests {
    @Test(arguments: [
        ("processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512_vnni\n", true),
        ("flags\t\t: fpu avx2 avx_vnni\n", true),
        ("flags\t\t: fpu sse4_2 avx avx2 fma\n", false),
        ("flags\t\t: fpu notavx_vnni2\n", false),
        ("", false),
    ])
    func sumsAreExactWithVNNIOnly(_ cpuInfo: String, _ isExact: Bool) {
        #expect(IntegerArithmetic.isExact(cpuInfo: cpuInfo) == isExact)
    }
}
