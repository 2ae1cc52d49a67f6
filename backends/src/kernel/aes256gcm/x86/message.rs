//! A whole message, written once for vectors of every width.
//!
//! [`single_use`] expands in a module that says what a vector `V` of `LANES` blocks is and has the
//! operations on it; every function is compiled for that module's instructions.

/// Gives every function of a block the same instructions.
macro_rules! operations {
    ($features:literal: $(
        $(#[$meta:meta])*
        fn $name:ident $(<$(const $generic:ident: $kind:ty),+>)? ($($arguments:tt)*)
            $(-> $result:ty)? $body:block
    )*) => { $(
        $(#[$meta])*
        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn $name $(<$(const $generic: $kind),+>)? ($($arguments)*) $(-> $result)? $body
    )* };
}

macro_rules! single_use {
    ($features:literal) => {
        /// Vectors whose key stream is made along with the round keys of a long message, and from
        /// which on its end is not cut into whole vectors.
        const RIDING: usize = 4;
        /// Vectors that are hashed under one reduction.
        const CHUNK: usize = 8;

        /// A power of the hash key as a factor.
        #[derive(Clone, Copy)]
        pub(super) struct Factor {
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

        /// What a long message keeps in memory: wiped at its end.
        struct Scratch {
            round_keys: [X; 15],
            powers: [Factor; CHUNK],
        }

        /// What is hashed, as it stands behind one another: associated data, ciphertext, lengths.
        /// It ends where its memory ends and has zeros before it, which do not change the hash.
        #[repr(C, align(64))]
        struct Hashed<const ROWS: usize>([[u8; WIDTH]; ROWS]);

        operations! { $features:
            /// Seals `buffer` and writes `tag`, or checks `tag` and opens `buffer`; says whether
            /// the tag is right. Nothing secret is left in the vector registers.
            fn run<const SEAL: bool>(
                key: &[u8; 32],
                nonce: &[u8; 12],
                aad: &[u8],
                buffer: &mut [u8],
                tag: &mut [u8; 16],
            ) -> bool {
                let blocks = aad.len().div_ceil(16) + buffer.len().div_ceil(16) + 1;
                let done = match (buffer.len(), blocks) {
                    (..=64, ..=12) => {
                        short::<{ 4 / LANES }, { 12 / LANES }, SEAL>(key, nonce, aad, buffer, tag)
                    }
                    (..=128, ..=16) => {
                        short::<{ 8 / LANES }, { 16 / LANES }, SEAL>(key, nonce, aad, buffer, tag)
                    }
                    (..=256, ..=24) if LANES > 1 => {
                        short::<{ 16 / LANES }, { 24 / LANES }, SEAL>(key, nonce, aad, buffer, tag)
                    }
                    _ => long::<SEAL>(key, nonce, aad, buffer, tag),
                };
                clear_registers();
                done
            }

            /// A message of up to `DATA` vectors that is hashed as `ROWS` vectors: everything
            /// secret stays in registers.
            fn short<const DATA: usize, const ROWS: usize, const SEAL: bool>(
                key: &[u8; 32],
                nonce: &[u8; 12],
                aad: &[u8],
                buffer: &mut [u8],
                tag: &mut [u8; 16],
            ) -> bool {
                let nonce = block::nonce_block(nonce);
                let mut first = first_blocks(nonce);
                let mut stream = [zero(); DATA];
                for (index, v) in stream.iter_mut().enumerate() {
                    *v = counters(nonce, (2 + LANES * index) as u32);
                }
                let mut round_keys = [block::zero(); 15];
                expand::<_, _, SEAL>(key, &mut first, &mut stream, &mut round_keys);
                let (encrypted_zero, mask) = of_first_blocks(first);

                let mut hashed = Hashed([[0; WIDTH]; ROWS]);
                hashed.put_all_but_body(aad, buffer.len());
                let place = hashed.body(buffer.len());
                for (index, v) in stream.iter_mut().enumerate() {
                    let start = index * WIDTH;
                    if start >= buffer.len() {
                        break;
                    }
                    let text = &mut buffer[start..];
                    let before = load_up_to(text);
                    *v = truncated(xor(before, *v), text.len());
                    if SEAL {
                        store_up_to(*v, text);
                    }
                    store_up_to(if SEAL { *v } else { before }, &mut place[start..]);
                }

                let hash = hashed.hash(block::hash_key(encrypted_zero));
                let right_tag = block::xor(block::reversed(hash), mask);
                if SEAL {
                    block::store(right_tag, tag);
                    return true;
                }
                if !block::equal(right_tag, block::load(tag)) {
                    buffer.fill(0);
                    return false;
                }
                for (index, v) in stream.iter().enumerate() {
                    let start = index * WIDTH;
                    if start >= buffer.len() {
                        break;
                    }
                    store_up_to(*v, &mut buffer[start..]);
                }
                true
            }

            /// A message of any length.
            fn long<const SEAL: bool>(
                key: &[u8; 32],
                nonce: &[u8; 12],
                aad: &[u8],
                buffer: &mut [u8],
                tag: &mut [u8; 16],
            ) -> bool {
                let nonce = block::nonce_block(nonce);
                let mut first = first_blocks(nonce);
                let mut stream = [zero(); RIDING];
                for (index, v) in stream.iter_mut().enumerate() {
                    *v = counters(nonce, (2 + LANES * index) as u32);
                }
                let mut scratch = Scratch::new();
                expand::<_, _, SEAL>(key, &mut first, &mut stream, &mut scratch.round_keys);
                let (encrypted_zero, mask) = of_first_blocks(first);
                scratch.powers = powers(block::hash_key(encrypted_zero));

                let mut hash = scratch.hash_aad(aad);
                let (rows, _) = buffer.as_chunks_mut::<WIDTH>();
                let mut done = 0;
                if let Some((riding, rest)) = rows.split_first_chunk_mut::<RIDING>() {
                    hash = scratch.crypt::<RIDING, SEAL>(riding, &stream, hash);
                    done = RIDING;
                    let mut counter = reversed(counters(nonce, (2 + LANES * RIDING) as u32));
                    let (chunks, rest) = rest.as_chunks_mut::<CHUNK>();
                    done += chunks.len() * CHUNK;
                    for chunk in chunks {
                        let stream = scratch.key_stream::<CHUNK>(&mut counter);
                        hash = scratch.crypt::<CHUNK, SEAL>(chunk, &stream, hash);
                    }
                    stream = scratch.key_stream(&mut counter);
                    if let Some((chunk, _)) = rest.split_first_chunk_mut::<RIDING>() {
                        hash = scratch.crypt::<RIDING, SEAL>(chunk, &stream, hash);
                        stream = scratch.key_stream(&mut counter);
                        done += RIDING;
                    }
                }
                let lengths = lengths(aad.len(), buffer.len());
                let end = &mut buffer[done * WIDTH..];
                hash = scratch.crypt_end::<SEAL>(end, &stream, lengths, hash);
                scratch.wipe();

                let right_tag = block::xor(block::reversed(hash), mask);
                if SEAL {
                    block::store(right_tag, tag);
                    return true;
                }
                let right = block::equal(right_tag, block::load(tag));
                if !right {
                    buffer.fill(0);
                }
                right
            }

            /// Makes the round keys (FIPS 197 section 5.2) and encrypts with each as it comes. Has one
            /// caller for each set of constants, so that it is compiled into it.
            fn expand<const FIRST: usize, const DATA: usize, const SEAL: bool>(
                key: &[u8; 32],
                first: &mut [V; FIRST],
                stream: &mut [V; DATA],
                round_keys: &mut [X; 15],
            ) {
                let [even, odd] = block::halves(key);
                for v in first.iter_mut() {
                    *v = aes_round(xor(*v, broadcast(even)), broadcast(odd));
                }
                for v in stream.iter_mut() {
                    *v = aes_round(xor(*v, broadcast(even)), broadcast(odd));
                }
                (round_keys[0], round_keys[1]) = (even, odd);
                two_rounds::<1, FIRST, DATA>(first, stream, round_keys);
                two_rounds::<2, FIRST, DATA>(first, stream, round_keys);
                two_rounds::<3, FIRST, DATA>(first, stream, round_keys);
                two_rounds::<4, FIRST, DATA>(first, stream, round_keys);
                two_rounds::<5, FIRST, DATA>(first, stream, round_keys);
                two_rounds::<6, FIRST, DATA>(first, stream, round_keys);
                let last = block::even_round_key(round_keys[12], round_keys[13], 1 << 6);
                round_keys[14] = last;
                for v in first.iter_mut() {
                    *v = aes_last_round(*v, broadcast(last));
                }
                for v in stream.iter_mut() {
                    *v = aes_last_round(*v, broadcast(last));
                }
            }

            fn two_rounds<const PAIR: usize, const FIRST: usize, const DATA: usize>(
                first: &mut [V; FIRST],
                stream: &mut [V; DATA],
                round_keys: &mut [X; 15],
            ) {
                let (even, odd) = (round_keys[2 * PAIR - 2], round_keys[2 * PAIR - 1]);
                let even = block::even_round_key(even, odd, 1 << (PAIR - 1));
                let odd = block::odd_round_key(odd, even);
                (round_keys[2 * PAIR], round_keys[2 * PAIR + 1]) = (even, odd);
                for v in first.iter_mut() {
                    *v = aes_round(aes_round(*v, broadcast(even)), broadcast(odd));
                }
                for v in stream.iter_mut() {
                    *v = aes_round(aes_round(*v, broadcast(even)), broadcast(odd));
                }
            }

            /// The powers of the hash key: factors for the last vector that is hashed under one
            /// reduction, the last but one, and so on.
            fn powers<const N: usize>(key: X) -> [Factor; N] {
                let mut powers = [Factor::new(first_powers(key)); N];
                for index in 1..N {
                    let half = 1 << index.ilog2();
                    let step = powers[half - 1].of_first_lane();
                    powers[index] = Factor::new(product(powers[index - half].power, step));
                }
                powers
            }

            fn product(blocks: V, by: Factor) -> V {
                let mut sum = Sum::new();
                sum.add(blocks, by);
                sum.reduced()
            }

            fn load_up_to(bytes: &[u8]) -> V {
                match bytes.first_chunk() {
                    Some(whole) => load(whole),
                    None => load_partial(bytes),
                }
            }

            fn store_up_to(v: V, bytes: &mut [u8]) {
                match bytes.first_chunk_mut() {
                    Some(whole) => store(v, whole),
                    None => store_partial(v, bytes),
                }
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

        impl Scratch {
            operations! { $features:
                fn new() -> Self {
                    let powers = [Factor { power: zero(), folded: zero() }; CHUNK];
                    Self { round_keys: [block::zero(); 15], powers }
                }

                fn wipe(&mut self) {
                    *self = Self::new();
                    // SAFETY: no instruction; that it may read memory keeps the stores above.
                    unsafe {
                        core::arch::asm!(
                            "/* {} */",
                            in(reg) core::ptr::from_mut(self),
                            options(nostack, preserves_flags)
                        );
                    }
                }

                /// The next vectors of key stream; `counter` has its bytes reversed.
                fn key_stream<const N: usize>(&self, counter: &mut V) -> [V; N] {
                    let mut stream = [zero(); N];
                    let [key, ..] = self.round_keys;
                    for v in &mut stream {
                        *v = xor(reversed(*counter), broadcast(key));
                        *counter = advanced(*counter, LANES as i32);
                    }
                    for key in &self.round_keys[1..14] {
                        let key = broadcast(*key);
                        for v in &mut stream {
                            *v = aes_round(*v, key);
                        }
                    }
                    let key = broadcast(self.round_keys[14]);
                    for v in &mut stream {
                        *v = aes_last_round(*v, key);
                    }
                    stream
                }

                /// Encrypts or decrypts whole vectors and hashes their ciphertext.
                fn crypt<const N: usize, const SEAL: bool>(
                    &self,
                    rows: &mut [[u8; WIDTH]; N],
                    stream: &[V; N],
                    hash: X,
                ) -> X {
                    let mut sum = Sum::new();
                    let mut before = in_first_lane(hash);
                    for index in 0..N {
                        let text = load(&rows[index]);
                        let other = xor(text, stream[index]);
                        store(other, &mut rows[index]);
                        let ciphertext = reversed(if SEAL { other } else { text });
                        sum.add(xor(ciphertext, before), self.powers[N - 1 - index]);
                        before = zero();
                    }
                    sum_of_lanes(sum.reduced())
                }

                /// Encrypts or decrypts what is left and hashes it and the lengths.
                fn crypt_end<const SEAL: bool>(
                    &self,
                    text: &mut [u8],
                    stream: &[V; RIDING],
                    lengths: [u8; 16],
                    hash: X,
                ) -> X {
                    let mut hashed = Hashed::<CHUNK>([[0; WIDTH]; CHUNK]);
                    let blocks = text.len().div_ceil(16) + 1;
                    let place = hashed.last_mut(blocks);
                    for (index, v) in stream.iter().enumerate() {
                        let start = index * WIDTH;
                        if start >= text.len() {
                            break;
                        }
                        let text = &mut text[start..];
                        let before = load_up_to(text);
                        let after = truncated(xor(before, *v), text.len());
                        store_up_to(after, text);
                        let end = place.len() - 16;
                        store_up_to(if SEAL { after } else { before }, &mut place[start..end]);
                    }
                    if let Some(last) = place.last_chunk_mut() {
                        *last = lengths;
                    }
                    self.hash_on(hash, &hashed, blocks)
                }

                /// Hashes associated data of any length.
                fn hash_aad(&self, aad: &[u8]) -> X {
                    let (chunks, _) = aad.as_chunks::<WIDTH>().0.as_chunks::<CHUNK>();
                    let mut hash = block::zero();
                    for chunk in chunks {
                        let mut sum = Sum::new();
                        let mut before = in_first_lane(hash);
                        for (row, power) in chunk.iter().zip(self.powers.iter().rev()) {
                            sum.add(xor(reversed(load(row)), before), *power);
                            before = zero();
                        }
                        hash = sum_of_lanes(sum.reduced());
                    }
                    let end = &aad[chunks.len() * CHUNK * WIDTH..];
                    if end.is_empty() {
                        return hash;
                    }
                    let mut hashed = Hashed::<CHUNK>([[0; WIDTH]; CHUNK]);
                    let blocks = end.len().div_ceil(16);
                    copy(end, hashed.last_mut(blocks));
                    self.hash_on(hash, &hashed, blocks)
                }

                /// Goes on from `hash` with the last `blocks` blocks.
                fn hash_on(&self, hash: X, hashed: &Hashed<CHUNK>, blocks: usize) -> X {
                    let rows = blocks.div_ceil(LANES);
                    let mut before = in_lane(hash, rows * LANES - blocks);
                    let mut sum = Sum::new();
                    let powers = self.powers[..rows].iter().rev();
                    for (row, power) in hashed.0[CHUNK - rows..].iter().zip(powers) {
                        sum.add(xor(reversed(load(row)), before), *power);
                        before = zero();
                    }
                    sum_of_lanes(sum.reduced())
                }
            }
        }

        impl<const ROWS: usize> Hashed<ROWS> {
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
                fn hash(&self, key: X) -> X {
                    const POWERS: usize = if LANES == 4 { 2 } else { 4 };
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
            match (<&[u8; 72]>::try_from(aad), place.first_chunk_mut()) {
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
