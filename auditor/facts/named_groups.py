"""What the number of a group for key exchange stands for. IANA's TLS registry "Supported Groups". Judges nothing."""

from __future__ import annotations

# Curves of RFC 8422 and before, by number from 1; the bits are those of the field.
OLD_CURVES = (
    *("sect163k1", "sect163r1", "sect163r2", "sect193r1", "sect193r2", "sect233k1", "sect233r1", "sect239k1"),
    *("sect283k1", "sect283r1", "sect409k1", "sect409r1", "sect571k1", "sect571r1", "secp160k1", "secp160r1"),
    *("secp160r2", "secp192k1", "secp192r1", "secp224k1", "secp224r1", "secp256k1", "secp256r1", "secp384r1"),
    *("secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1", "x25519", "x448"),
)
NAMES = dict(enumerate(OLD_CURVES, 1)) | {
    31: "brainpoolP256r1tls13",
    32: "brainpoolP384r1tls13",
    33: "brainpoolP512r1tls13",
    41: "curveSM2",
    256: "ffdhe2048",
    257: "ffdhe3072",
    258: "ffdhe4096",
    259: "ffdhe6144",
    260: "ffdhe8192",
    0x0200: "MLKEM512",
    0x0201: "MLKEM768",
    0x0202: "MLKEM1024",
    0x11EB: "SecP256r1MLKEM768",
    0x11EC: "X25519MLKEM768",
    0x11ED: "SecP384r1MLKEM1024",
    0x6399: "X25519Kyber768Draft00",
    0x639A: "SecP256r1Kyber768Draft00",
}
# Those that rest on the final ML-KEM (FIPS 203), alone or beside a curve. The drafts with Kyber do not count.
POST_QUANTUM = frozenset({0x11EB, 0x11EC, 0x11ED, 0x0200, 0x0201, 0x0202})


def group_name(number: int) -> str:
    """The registered name; one that nobody registered is named by its number."""
    return NAMES.get(number, f"group {number:#06x}")


def curve_bits(number: int) -> int | None:
    """Bits of the field of an old curve; None for every other group. X25519 counts as 256: 128 bits of security."""
    name = NAMES.get(number, "")
    if number > len(OLD_CURVES) or name in ("x25519", "x448"):
        return None
    digits = "".join(letter for letter in name.removeprefix("brainpoolP")[:7] if letter.isdigit())
    return int(digits[:3]) if digits else None
