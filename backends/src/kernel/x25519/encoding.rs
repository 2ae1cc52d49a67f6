//! Field elements and scalars as bytes (RFC 7748 section 5).

/// Bits of a limb; five limbs hold an element modulo 2^255 − 19.
pub(super) const LIMB_BITS: u32 = 51;
/// The bits of a limb, all set.
pub(super) const LIMB: u64 = (1 << LIMB_BITS) - 1;

/// The limbs of a coordinate, each below 2^51. The top bit is ignored; a value that is not
/// canonical is taken as it is, to be reduced by what follows.
pub(super) fn limbs(coordinate: &[u8; 32]) -> [u64; 5] {
    let [a, b, c, d] = words(coordinate);
    [
        a,
        a >> 51 | b << 13,
        b >> 38 | c << 26,
        c >> 25 | d << 39,
        d >> 12,
    ]
    .map(|limb| limb & LIMB)
}

/// The one canonical spelling of an element whose limbs are below 2^52.
pub(super) fn coordinate(mut limbs: [u64; 5]) -> [u8; 32] {
    // Twice, because the bits that leave the top limb come back at the bottom: after that, every
    // limb is below 2^51 and the value below 2^255, so it exceeds the canonical one by at most p.
    carry(&mut limbs);
    carry(&mut limbs);
    // The carry out of the top of value + 19 tells whether the value is at least p.
    let at_least_p = limbs
        .iter()
        .fold(19, |carried, limb| (limb + carried) >> LIMB_BITS);
    limbs[0] += 19 * at_least_p;
    let top = carry_through(&mut limbs);
    debug_assert_eq!(top, at_least_p);
    let [a, b, c, d, e] = limbs;
    let mut bytes = [0; 32];
    let words = [
        a | b << 51,
        b >> 13 | c << 38,
        c >> 26 | d << 25,
        d >> 39 | e << 12,
    ];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(words) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// The scalar's words, clamped (`decodeScalar25519`).
pub(super) fn clamped(scalar: &[u8; 32]) -> [u64; 4] {
    let [a, b, c, d] = words(scalar);
    [a & !7, b, c, d & !(1 << 63) | 1 << 62]
}

/// Carries once through all limbs and around.
fn carry(limbs: &mut [u64; 5]) {
    limbs[0] += 19 * carry_through(limbs);
}

/// Carries upwards and returns what leaves at the top.
fn carry_through(limbs: &mut [u64; 5]) -> u64 {
    let mut carried = 0;
    for limb in limbs {
        *limb += carried;
        carried = *limb >> LIMB_BITS;
        *limb &= LIMB;
    }
    carried
}

/// The little-endian words.
pub(super) fn words(bytes: &[u8; 32]) -> [u64; 4] {
    let (words, _) = bytes.as_chunks();
    core::array::from_fn(|i| u64::from_le_bytes(words[i]))
}
