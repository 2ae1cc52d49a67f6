//! The field's arithmetic at the ends of its bounds, against plain integers.

use super::*;
use crate::kernel::x25519::avx2::Avx2;
use crate::kernel::x25519::avx2::products::square;

const CARRIED: i64 = (1 << 42) + (1 << 15);
const LOOSE: i64 = (1 << 43) + (1 << 25);

/// Limbs with signs, in integers that hold every column of a product.
type Plain = [i128; 6];

fn times(f: Plain, g: Plain) -> Plain {
    let mut h = [0; 6];
    for (i, f) in f.iter().enumerate() {
        for (j, g) in g.iter().enumerate() {
            h[(i + j) % 6] += f * g * if i + j < 6 { 1 } else { 152 };
        }
    }
    h
}

/// The one value modulo p, in limbs of 43 bits.
fn canonical(mut f: Plain) -> Plain {
    for _ in 0..8 {
        let mut carried = 0;
        for (limb, bits) in f.iter_mut().zip([43, 43, 43, 43, 43, 40]) {
            *limb += carried;
            carried = *limb >> bits;
            *limb &= (1 << bits) - 1;
        }
        f[0] += 19 * carried;
    }
    let full = (1 << 43) - 1;
    if f[1..] == [full, full, full, full, (1 << 40) - 1] && f[0] >= full - 18 {
        f = [f[0] - (full - 18), 0, 0, 0, 0, 0];
    }
    f
}

/// Every combination of the extremes, of one, and of nought.
fn extremes(bound: i64) -> Vec<[i64; 6]> {
    let values = [bound, -bound, 0, 1];
    (0..4096)
        .map(|n| core::array::from_fn(|limb| values[n >> (2 * limb) & 3]))
        .collect()
}

fn plain(limbs: [i64; 6]) -> Plain {
    limbs.map(i128::from)
}

#[target_feature(enable = "avx2,fma")]
fn element(limbs: [i64; 6]) -> Element {
    let mut vectors = [_mm256_setzero_pd(); 6];
    for (vector, limb) in vectors.iter_mut().zip(limbs) {
        *vector = _mm256_set1_pd(limb as f64);
    }
    Element(vectors)
}

/// The value that all lanes have, whose limbs have to be integers within the bound.
#[target_feature(enable = "avx2,fma")]
fn value(element: Element, bound: i64) -> Plain {
    canonical(element.0.map(|vector| {
        let mut lanes = [0.0; 4];
        // SAFETY: four lanes are written where there are four.
        unsafe { _mm256_storeu_pd(lanes.as_mut_ptr(), vector) };
        let limb = lanes[0] as i64;
        assert!(lanes.iter().all(|lane| *lane == limb as f64), "{lanes:?}");
        assert!(limb.abs() <= bound, "{limb:x}");
        i128::from(limb)
    }))
}

#[target_feature(enable = "avx2,fma")]
fn check_products() {
    let factors = extremes(LOOSE);
    let mut others = factors.iter().step_by(7).cycle();
    for limbs in &factors {
        let (f, f_plain) = (element(*limbs), plain(*limbs));
        let squared = canonical(times(f_plain, f_plain));
        assert_eq!(value(square(&f), CARRIED), squared, "{limbs:x?}");
        for limbs in others.by_ref().take(64).chain([limbs]) {
            let (g, g_plain) = (element(*limbs), plain(*limbs));
            let product = canonical(times(f_plain, g_plain));
            assert_eq!(value(multiply(&f, &g), CARRIED), product, "{limbs:x?}");
        }
    }
}

#[target_feature(enable = "avx2,fma")]
fn check_sums() {
    let terms = extremes(CARRIED);
    let mut others = extremes(LOOSE).into_iter().step_by(7).cycle();
    for (limbs, other) in terms.iter().zip(terms.iter().rev()) {
        let (f, f_plain) = (element(*limbs), plain(*limbs));
        let (g, g_plain) = (element(*other), plain(*other));
        let added = core::array::from_fn(|i| f_plain[i] + g_plain[i]);
        let subtracted = core::array::from_fn(|i| f_plain[i] - g_plain[i]);
        assert_eq!(value(sum(&f, &g), LOOSE), canonical(added));
        assert_eq!(value(difference(&f, &g), LOOSE), canonical(subtracted));
        assert_eq!(value(carry(f.0), CARRIED), canonical(f_plain));
        for limbs in others.by_ref().take(16) {
            let (g, g_plain) = (element(limbs), plain(limbs));
            let multiple = core::array::from_fn(|i| f_plain[i] + 121_665 * g_plain[i]);
            assert_eq!(
                value(add_small_multiple(&f, &g), LOOSE),
                canonical(multiple)
            );
        }
    }
}

#[test]
fn the_bounds_hold_and_extreme_limbs_give_right_answers() {
    if Avx2::detect().is_none() {
        eprintln!("not checked: this processor has no AVX2 or no FMA");
        return;
    }
    // SAFETY: the processor has the instructions, as was just found.
    unsafe {
        check_products();
        check_sums();
    }
}
