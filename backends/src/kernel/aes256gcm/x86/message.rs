//! A whole message, written once for vectors of every width.

/// Expands beside `hashing` and on the same terms.
macro_rules! messages {
    ($features:literal) => {
        /// Vectors whose key stream is made along with the round keys of a long message, and from
        /// which on its end is not cut into whole vectors.
        const RIDING: usize = 4;
        /// Vectors that are hashed under one reduction.
        const CHUNK: usize = 8;

        /// What a long message keeps in memory: wiped at its end.
        struct Scratch {
            round_keys: [X; 15],
            powers: [Factor; CHUNK],
        }

        /// The blocks 0 (zeros) and 1 of the counter, encrypted by and by.
        struct First {
            /// Becomes the hash key, in every lane.
            zeros: V,
            /// Becomes what is added to the hash to make the tag.
            mask: X,
        }

        operations! { $features:
            /// Seals `buffer` and writes `tag`, or checks `tag` and opens `buffer`; says whether
            /// the tag is right. Nothing secret is left in the vector registers.
            pub(super) fn run<const SEAL: bool>(
                key: &[u8; 32],
                nonce: &[u8; 12],
                aad: &[u8],
                buffer: &mut [u8],
                tag: &mut [u8; 16],
            ) -> bool {
                let blocks = aad.len().div_ceil(16) + buffer.len().div_ceil(16) + 1;
                let done = match (buffer.len(), blocks) {
                    (..=64, ..=12) if LANES < 4 => short::<{ 4 / LANES }, { 12 / LANES }, 4, SEAL>(
                        key, nonce, aad, buffer, tag,
                    ),
                    (..=128, ..=16) if LANES < 4 => short::<{ 8 / LANES }, { 16 / LANES }, 4, SEAL>(
                        key, nonce, aad, buffer, tag,
                    ),
                    (..=256, ..=24) if LANES > 1 => {
                        short::<{ 16 / LANES }, { 24 / LANES }, { 12 / LANES }, SEAL>(
                            key, nonce, aad, buffer, tag,
                        )
                    }
                    (..=512, ..=40) if LANES > 2 => {
                        short::<{ 32 / LANES }, { 40 / LANES }, { 20 / LANES }, SEAL>(
                            key, nonce, aad, buffer, tag,
                        )
                    }
                    _ => long::<SEAL>(key, nonce, aad, buffer, tag),
                };
                clear_registers();
                done
            }

            /// A message of up to `DATA` vectors that is hashed as `ROWS` vectors: everything
            /// secret stays in registers.
            fn short<const DATA: usize, const ROWS: usize, const POWERS: usize, const SEAL: bool>(
                key: &[u8; 32],
                nonce: &[u8; 12],
                aad: &[u8],
                buffer: &mut [u8],
                tag: &mut [u8; 16],
            ) -> bool {
                let mut round_keys = [block::zero(); 15];
                let (first, mut stream) = start::<DATA, ROWS, SEAL>(key, nonce, &mut round_keys);

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

                let hash = hashed.hash::<POWERS>(hash_key(first.zeros));
                let right_tag = block::xor(block::reversed(hash), first.mask);
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
                let mut scratch = Scratch::new();
                let (first, mut stream) =
                    start::<RIDING, 0, SEAL>(key, nonce, &mut scratch.round_keys);
                scratch.powers = powers(hash_key(first.zeros));

                let mut hash = scratch.hash_aad(aad);
                let (rows, _) = buffer.as_chunks_mut::<WIDTH>();
                let mut done = 0;
                if let Some((riding, rest)) = rows.split_first_chunk_mut::<RIDING>() {
                    hash = scratch.crypt::<RIDING, SEAL>(riding, &stream, hash);
                    done = RIDING;
                    let nonce = block::nonce_block(nonce);
                    let mut counter = reversed(counters(nonce, (2 + LANES * RIDING) as u32));
                    let (chunks, rest) = rest.as_chunks_mut();
                    done += chunks.len() * CHUNK;
                    hash = scratch.crypt_chunks::<SEAL>(chunks, &mut counter, hash);
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

                let right_tag = block::xor(block::reversed(hash), first.mask);
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

            /// The first blocks of the counter and `DATA` vectors of key stream, encrypted with each
            /// round key (FIPS 197 section 5.2) as it comes. Has one caller for each set of
            /// constants, so that it is compiled into it.
            fn start<const DATA: usize, const CALLER: usize, const SEAL: bool>(
                key: &[u8; 32],
                nonce: &[u8; 12],
                round_keys: &mut [X; 15],
            ) -> (First, [V; DATA]) {
                let [even, odd] = block::halves(key);
                (round_keys[0], round_keys[1]) = (even, odd);
                let nonce = block::nonce_block(nonce);
                let mut first = First { zeros: zero(), mask: block::counter(nonce, 1) };
                let mut stream = [zero(); DATA];
                for (index, v) in stream.iter_mut().enumerate() {
                    *v = counters(nonce, (2 + LANES * index) as u32);
                    *v = aes_round(xor(*v, broadcast(even)), broadcast(odd));
                }
                first.zeros = aes_round(broadcast(even), broadcast(odd));
                first.mask = block::aes_round(block::xor(first.mask, even), odd);
                two_rounds::<1, DATA>(&mut first, &mut stream, round_keys);
                two_rounds::<2, DATA>(&mut first, &mut stream, round_keys);
                two_rounds::<3, DATA>(&mut first, &mut stream, round_keys);
                two_rounds::<4, DATA>(&mut first, &mut stream, round_keys);
                two_rounds::<5, DATA>(&mut first, &mut stream, round_keys);
                two_rounds::<6, DATA>(&mut first, &mut stream, round_keys);
                let last = block::even_round_key(round_keys[12], round_keys[13], 1 << 6);
                round_keys[14] = last;
                first.zeros = pinned(aes_last_round(first.zeros, broadcast(last)));
                for v in stream.iter_mut() {
                    *v = pinned(aes_last_round(*v, broadcast(last)));
                }
                first.mask = block::aes_last_round(first.mask, last);
                (first, stream)
            }

            fn two_rounds<const PAIR: usize, const DATA: usize>(
                first: &mut First,
                stream: &mut [V; DATA],
                round_keys: &mut [X; 15],
            ) {
                let (even, odd) = (round_keys[2 * PAIR - 2], round_keys[2 * PAIR - 1]);
                let even = block::even_round_key(even, odd, 1 << (PAIR - 1));
                let odd = block::odd_round_key(odd, even);
                (round_keys[2 * PAIR], round_keys[2 * PAIR + 1]) = (even, odd);
                let both = (broadcast(even), broadcast(odd));
                first.zeros = pinned(aes_round(aes_round(first.zeros, both.0), both.1));
                for v in stream.iter_mut() {
                    *v = pinned(aes_round(aes_round(*v, both.0), both.1));
                }
                first.mask = block::aes_round(block::aes_round(first.mask, even), odd);
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

                /// The next vectors of the counter, which has its bytes reversed, before round 1.
                fn start_of_stream<const N: usize>(&self, counter: &mut V) -> [V; N] {
                    let mut stream = [zero(); N];
                    let key = broadcast(self.round_keys[0]);
                    for v in &mut stream {
                        *v = xor(reversed(*counter), key);
                        *counter = advanced(*counter, LANES as i32);
                    }
                    stream
                }

                /// The next vectors of key stream.
                fn key_stream<const N: usize>(&self, counter: &mut V) -> [V; N] {
                    let mut stream = self.start_of_stream::<N>(counter);
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

                /// Encrypts or decrypts chunk after chunk. While one is encrypted, the one before is
                /// hashed; one that is decrypted is hashed itself.
                fn crypt_chunks<const SEAL: bool>(
                    &self,
                    chunks: &mut [[[u8; WIDTH]; CHUNK]],
                    counter: &mut V,
                    mut hash: X,
                ) -> X {
                    if !SEAL {
                        for chunk in chunks {
                            hash = self.crypt_chunk(None, chunk, counter, hash);
                        }
                        return hash;
                    }
                    let mut chunks = chunks.iter_mut();
                    let Some(mut before) = chunks.next() else {
                        return hash;
                    };
                    let stream = self.key_stream::<CHUNK>(counter);
                    for (row, v) in before.iter_mut().zip(stream) {
                        store(xor(load(row), v), row);
                    }
                    for chunk in chunks {
                        hash = self.crypt_chunk(Some(before), chunk, counter, hash);
                        before = chunk;
                    }
                    self.hash_chunk(before, hash)
                }

                /// Encrypts or decrypts a chunk and hashes `other` or itself, a vector with each
                /// round.
                fn crypt_chunk(
                    &self,
                    other: Option<&[[u8; WIDTH]; CHUNK]>,
                    chunk: &mut [[u8; WIDTH]; CHUNK],
                    counter: &mut V,
                    hash: X,
                ) -> X {
                    let mut stream = self.start_of_stream::<CHUNK>(counter);
                    let mut sum = Sum::new();
                    let mut before = in_first_lane(hash);
                    for round in 1..14 {
                        let key = broadcast(self.round_keys[round]);
                        for v in &mut stream {
                            *v = aes_round(*v, key);
                        }
                        if let Some(power) = CHUNK.checked_sub(round) {
                            let row = load(&other.unwrap_or(chunk)[round - 1]);
                            sum.add(xor(reversed(row), before), self.powers[power]);
                            before = zero();
                        }
                    }
                    let key = broadcast(self.round_keys[14]);
                    for (row, v) in chunk.iter_mut().zip(stream) {
                        store(xor(load(row), aes_last_round(v, key)), row);
                    }
                    sum_of_lanes(sum.reduced())
                }

                fn hash_chunk(&self, chunk: &[[u8; WIDTH]; CHUNK], hash: X) -> X {
                    let mut sum = Sum::new();
                    let mut before = in_first_lane(hash);
                    for (row, power) in chunk.iter().zip(self.powers.iter().rev()) {
                        sum.add(xor(reversed(load(row)), before), *power);
                        before = zero();
                    }
                    sum_of_lanes(sum.reduced())
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
                        hash = self.hash_chunk(chunk, hash);
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
    };
}
