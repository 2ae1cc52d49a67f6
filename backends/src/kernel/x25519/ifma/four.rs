//! Four lanes, in 256-bit vectors.

#[path = "lanes.rs"]
pub(super) mod lanes;

/// What [`lanes`] is made of.
pub(super) mod vector {
    pub(in super::super) use core::arch::x86_64::{
        __m256i as Vector, _mm256_add_epi64 as add, _mm256_and_si256 as and,
        _mm256_madd52hi_epu64 as add_high, _mm256_madd52lo_epu64 as add_low,
        _mm256_mask_blend_epi64 as select, _mm256_mullo_epi64 as multiply,
        _mm256_set1_epi64x as splat, _mm256_setzero_si256 as zero, _mm256_sub_epi64 as subtract,
        _mm256_test_epi64_mask as test,
    };

    pub(in super::super) const LANES: usize = 4;

    use crate::kernel::x25519::encoding::LIMB_BITS;

    /// What stands above the bits of a limb.
    #[target_feature(enable = "avx512f,avx512vl")]
    #[inline]
    pub(in super::super) fn above_limb(limb: Vector) -> Vector {
        core::arch::x86_64::_mm256_srli_epi64::<{ LIMB_BITS as i32 }>(limb)
    }
}
