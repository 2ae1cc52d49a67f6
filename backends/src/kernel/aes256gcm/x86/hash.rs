//! GHASH (SP 800-38D section 6.4), written once for vectors of every width.
//!
//! A block times a power of the hash key is four carryless multiplications of halves. The power
//! comes with a second form of it, times x^64 and reduced, so that their sum has only 192 bits, and
//! one more multiplication reduces any number of such products. Powers are counted in vectors: the
//! last vector under one reduction is multiplied by the lowest ones.

/// Gives every function of a block the same instructions.
macro_rules! operations {
    ($features:literal: $(
        $(#[$meta:meta])*
        $vis:vis fn $name:ident $(<$(const $generic:ident: $kind:ty),+>)? ($($arguments:tt)*)
            $(-> $result:ty)? $body:block
    )*) => { $(
        $(#[$meta])*
        #[inline]
        #[target_feature(enable = $features)]
        $vis fn $name $(<$(const $generic: $kind),+>)? ($($arguments)*) $(-> $result)? $body
    )* };
}

/// Expands in a module that says what a vector `V` of `LANES` blocks and `WIDTH` bytes is and has the
/// operations on it; every function is compiled for that module's instructions.
macro_rules! hashing {
    ($features:literal) => {
        /// A power of the hash key as a factor.
        #[derive(Clone, Copy)]
        struct Factor {
            power: V,
            /// The power times x^64, reduced: what the lower halves of blocks are multiplied by,
            /// so that a product is half reduced from the start.
            folded: V,
        }

        /// A sum of products, reduced but for one step.
        struct Sum {
            high: V,
            middle: V,
        }

        /// What is hashed, as it stands behind one another: associated data, ciphertext, lengths.
        /// It ends where its memory ends and has zeros before it, which do not change the hash.
        #[repr(C, align(64))]
        struct Hashed<const ROWS: usize>([[u8; WIDTH]; ROWS]);

        operations! { $features:
            /// The powers of the hash key, which is in every lane: factors for the last vector that
            /// is hashed under one reduction, the last but one, and so on.
            fn powers<const N: usize>(key: V) -> [Factor; N] {
                let (first, mut step) = first_powers(key);
                let mut powers = [Factor::new(first); N];
                for index in 1..N {
                    let half = 1 << index.ilog2();
                    if index == half && half > 1 {
                        step = powers[half - 1].of_first_lane();
                    }
                    powers[index] = Factor::new(product(powers[index - half].power, step));
                }
                powers
            }

            fn product(blocks: V, by: Factor) -> V {
                let mut sum = Sum::new();
                sum.add(blocks, by);
                sum.reduced()
            }
        }

        impl Factor {
            operations! { $features:
                fn new(power: V) -> Self {
                    let folded = xor(halves_swapped(power), low_low(power, polynomial()));
                    Self { power, folded }
                }

                /// The power of the first lane in every lane.
                fn of_first_lane(self) -> Self {
                    Self {
                        power: broadcast_first(self.power),
                        folded: broadcast_first(self.folded),
                    }
                }
            }
        }

        impl Sum {
            operations! { $features:
                fn new() -> Self {
                    Self { high: zero(), middle: zero() }
                }

                fn add(&mut self, blocks: V, by: Factor) {
                    let high = (low_high(blocks, by.folded), high_high(blocks, by.power));
                    let middle = (low_low(blocks, by.folded), high_low(blocks, by.power));
                    self.high = xor3(self.high, high.0, high.1);
                    self.middle = xor3(self.middle, middle.0, middle.1);
                }

                fn reduced(self) -> V {
                    let rest = low_low(self.middle, polynomial());
                    xor3(self.high, halves_swapped(self.middle), rest)
                }
            }
        }

        impl<const ROWS: usize> Hashed<ROWS> {
            const EMPTY: Self = Self([[0; WIDTH]; ROWS]);

            operations! { $features:
                /// All but the ciphertext.
                fn put_all_but_body(&mut self, aad: &[u8], len: usize) {
                    let blocks = aad.len().div_ceil(16) + len.div_ceil(16) + 1;
                    let place = self.last_mut(blocks);
                    copy(aad, place);
                    if let Some(last) = place.last_chunk_mut() {
                        *last = lengths(aad.len(), len);
                    }
                }

                /// Where a ciphertext of `len` bytes stands.
                fn body(&mut self, len: usize) -> &mut [u8] {
                    let blocks = len.div_ceil(16);
                    &mut self.last_mut(blocks + 1)[..16 * blocks]
                }

                fn last_mut(&mut self, blocks: usize) -> &mut [u8] {
                    let bytes = self.0.as_flattened_mut();
                    let start = bytes.len() - 16 * blocks;
                    &mut bytes[start..]
                }

                /// GHASH (SP 800-38D section 6.4) of everything.
                fn hash<const POWERS: usize>(&self, key: V) -> X {
                    let powers = powers::<POWERS>(key);
                    let mut sum = Sum::new();
                    for (index, row) in self.0.iter().enumerate() {
                        let left = ROWS - index;
                        let mut blocks = reversed(load(row));
                        if index > 0 && left % POWERS == 0 {
                            blocks = xor(blocks, in_first_lane(sum_of_lanes(sum.reduced())));
                            sum = Sum::new();
                        }
                        sum.add(blocks, powers[(left - 1) % POWERS]);
                    }
                    sum_of_lanes(sum.reduced())
                }
            }
        }

        /// The last block that is hashed: both lengths in bits.
        #[inline]
        fn lengths(aad: usize, message: usize) -> [u8; 16] {
            let bits = (aad as u128 * 8) << 64 | message as u128 * 8;
            bits.to_be_bytes()
        }

        /// Copies associated data; the engine's length is known to the compiler.
        #[inline]
        fn copy(aad: &[u8], place: &mut [u8]) {
            match (<&[u8; USUAL_AAD]>::try_from(aad), place.first_chunk_mut()) {
                (Ok(aad), Some(place)) => *place = *aad,
                _ => copy_any(aad, place),
            }
        }

        #[cold]
        #[inline(never)]
        fn copy_any(aad: &[u8], place: &mut [u8]) {
            place[..aad.len()].copy_from_slice(aad);
        }
    };
}
