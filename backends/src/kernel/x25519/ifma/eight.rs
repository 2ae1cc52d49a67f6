//! Eight lanes, in 512-bit vectors.

#[path = "lanes.rs"]
pub(super) mod lanes;

/// What [`lanes`] is made of.
pub(super) mod vector {
    pub(in super::super) use core::arch::x86_64::{
        __m512i as Vector, _mm512_add_epi64 as add, _mm512_and_si512 as and,
        _mm512_madd52hi_epu64 as add_high, _mm512_madd52lo_epu64 as add_low,
        _mm512_mask_blend_epi64 as select, _mm512_mullo_epi64 as multiply,
        _mm512_set1_epi64 as splat, _mm512_setzero_si512 as zero, _mm512_sub_epi64 as subtract,
        _mm512_test_epi64_mask as test,
    };

    pub(in super::super) const LANES: usize = 8;

    use crate::kernel::x25519::encoding::LIMB_BITS;

    /// What stands above the bits of a limb.
    #[target_feature(enable = "avx512f,avx512vl")]
    #[inline]
    pub(in super::super) fn above_limb(limb: Vector) -> Vector {
        core::arch::x86_64::_mm512_srli_epi64::<LIMB_BITS>(limb)
    }
}
