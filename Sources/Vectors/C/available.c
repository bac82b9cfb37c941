#include "CVectors.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
// Of asm/hwcap.h, which not every system has: dot products of bytes.
enum { hwcap_dot_product = 1 << 20 };
#endif

uint32_t hearth_available(void) {
    uint32_t sets = 1u << hearth_portable;
#if defined(__x86_64__)
    // Reads cpuid once, and is safe to call again.
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) sets |= 1u << hearth_avx2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("avxvnni")) sets |= 1u << hearth_avxvnni;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni"))
        sets |= 1u << hearth_avx512;
#elif defined(__aarch64__) && defined(__linux__)
    if (getauxval(AT_HWCAP) & hwcap_dot_product) sets |= 1u << hearth_neon;
#elif defined(__aarch64__) && defined(__APPLE__)
    // Every Apple processor of 64 bits that runs this has them.
    sets |= 1u << hearth_neon;
#endif
    return sets;
}
