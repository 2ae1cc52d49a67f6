//! The checks that make every library accept exactly the same Ed25519 signatures.
//!
//! The libraries agree on the equation (RFC 8032 section 5.1.7 without the cofactor), on
//! `s < L`, and compare the recomputed `R` byte by byte, which refuses a non-canonical one. They
//! differ in whether the public key may be a non-canonical encoding and in whether the key and
//! `R` may have small order; here both are refused before the library is asked. All inputs are
//! public, so nothing here runs in constant time.

use sprag_core::primitives::PrimitiveError;

/// Refuses a public key that is not canonical or of small order, and an `R` of small order.
///
/// # Errors
/// [`PrimitiveError::InvalidSignature`].
pub(crate) fn check(public: &[u8; 32], signature: &[u8; 64]) -> Result<(), PrimitiveError> {
    let (commitment, _) = signature
        .split_first_chunk::<32>()
        .expect("64 bytes hold 32");
    if !is_canonical(public) || is_small_order(public) || is_small_order(commitment) {
        return Err(PrimitiveError::InvalidSignature);
    }
    Ok(())
}

/// The field prime 2^255 − 19, little endian.
const P: [u8; 32] = {
    let mut p = [0xff; 32];
    p[0] = 0xed;
    p[31] = 0x7f;
    p
};

/// The `y` coordinates of the eight points of small order, canonical and little endian: orders 1,
/// 2, 4 (two points), and twice 8 (two points each).
const SMALL_ORDER: [[u8; 32]; 5] = {
    let mut zero = [0; 32];
    let mut one = [0; 32];
    let mut minus_one = P;
    zero[0] = 0;
    one[0] = 1;
    minus_one[0] = 0xec;
    [
        one,
        minus_one,
        zero,
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ]
};

/// Whether the `y` coordinate is below the field prime. (The other non-canonical spelling, a sign
/// bit on `x = 0`, belongs to the points of order 1 and 2 and falls to [`is_small_order`].)
fn is_canonical(encoded: &[u8; 32]) -> bool {
    without_sign(encoded).iter().rev().lt(P.iter().rev())
}

/// Whether an encoded point has small order. A non-canonical encoding never does, by this
/// function; none equals a recomputed `R`, and [`is_canonical`] refuses them as keys.
fn is_small_order(encoded: &[u8; 32]) -> bool {
    SMALL_ORDER.contains(&without_sign(encoded))
}

fn without_sign(encoded: &[u8; 32]) -> [u8; 32] {
    let mut y = *encoded;
    y[31] &= 0x7f;
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_is_below_the_prime_whatever_the_sign() {
        for (low, canonical) in [(0xec, true), (0xed, false), (0xee, false), (0xff, false)] {
            let mut encoded = P;
            encoded[0] = low;
            assert_eq!(is_canonical(&encoded), canonical, "{low:x}");
            encoded[31] |= 0x80;
            assert_eq!(is_canonical(&encoded), canonical, "{low:x} with sign");
        }
        assert!(is_canonical(&[0; 32]));
    }

    #[test]
    fn the_small_order_list_is_exactly_the_torsion_subgroup() {
        use curve25519_dalek::constants::EIGHT_TORSION;
        for point in EIGHT_TORSION {
            assert!(is_small_order(&point.compress().to_bytes()));
        }
        let mut distinct = std::collections::BTreeSet::new();
        for y in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut encoded = y;
                encoded[31] |= sign;
                let point = curve25519_dalek::edwards::CompressedEdwardsY(encoded).decompress();
                if let Some(point) = point {
                    assert!(point.is_small_order());
                    distinct.insert(point.compress().to_bytes());
                }
            }
        }
        assert_eq!(distinct.len(), 8);
    }
}
