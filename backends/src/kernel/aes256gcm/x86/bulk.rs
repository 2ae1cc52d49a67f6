//! What is encrypted and hashed after the key schedule, written once for vectors of every width.

/// Expands beside `hashing` and `messages` and on the same terms.
macro_rules! bulk {
    ($features:literal) => {
        /// What a long message keeps in memory: wiped at its end.
        struct Scratch {
            round_keys: [X; 15],
            powers: [Factor; CHUNK],
        }

        /// How far ahead memory is asked for: about 600 and 300 ns. Without it a text that lies
        /// outside the caches took a tenth longer on Zen 3, and writing outside them another sixth.
        const READ_AHEAD: usize = 4096;
        const WRITE_AHEAD: usize = 2048;

        /// What is left of a text that stands elsewhere; in place there is nothing to take.
        struct Text<'a, const FROM: usize>(&'a [u8]);

        impl<'a, const FROM: usize> Text<'a, FROM> {
            operations! { $features:
                /// The text of the next vectors, which will stand in `rows`; `None` if it does
                /// already.
                fn next<const N: usize>(
                    &mut self,
                    rows: &[[u8; WIDTH]; N],
                ) -> Option<&'a [[u8; WIDTH]; N]> {
                    if FROM == IN_PLACE {
                        return None;
                    }
                    let (text, rest) = self.0.split_at(N * WIDTH);
                    self.0 = rest;
                    for line in (0..N * WIDTH).step_by(64) {
                        let text = text.as_ptr().wrapping_add(READ_AHEAD + line);
                        let rows = rows.as_ptr().wrapping_byte_add(WRITE_AHEAD + line);
                        // Rust 1.89 takes these calls as unsafe, later compilers do not.
                        #[allow(unused_unsafe)]
                        // SAFETY: these are hints, allowed for any address: they neither read nor
                        // write.
                        unsafe {
                            _mm_prefetch::<_MM_HINT_T0>(text.cast());
                            _mm_prefetch::<_MM_HINT_T0>(rows.cast());
                        }
                    }
                    text.as_chunks().0.first_chunk()
                }

                /// Takes the text over.
                fn take<const N: usize>(&mut self, rows: &mut [[u8; WIDTH]; N]) {
                    if let Some(text) = self.next(rows) {
                        *rows = *text;
                    }
                }

                fn take_end(&mut self, end: &mut [u8]) {
                    if FROM == ELSEWHERE {
                        end.copy_from_slice(self.0);
                    }
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
                fn crypt_chunks<const SEAL: bool, const FROM: usize>(
                    &self,
                    text: &mut Text<'_, FROM>,
                    chunks: &mut [[[u8; WIDTH]; CHUNK]],
                    counter: &mut V,
                    mut hash: X,
                ) -> X {
                    if !SEAL {
                        for chunk in chunks {
                            let text = text.next(chunk);
                            hash = self.crypt_chunk::<SEAL, FROM>(text, text, chunk, counter, hash);
                        }
                        return hash;
                    }
                    let mut chunks = chunks.iter_mut();
                    let Some(mut before) = chunks.next() else {
                        return hash;
                    };
                    text.take(before);
                    let stream = self.key_stream::<CHUNK>(counter);
                    for (row, v) in before.iter_mut().zip(stream) {
                        store(xor(load(row), v), row);
                    }
                    for chunk in chunks {
                        let text = text.next(chunk);
                        hash = self.crypt_chunk::<SEAL, FROM>(Some(before), text, chunk, counter, hash);
                        before = chunk;
                    }
                    self.hash_chunk(before, hash)
                }

                /// Encrypts or decrypts `text`, or a chunk where it stands, and hashes `other` or the
                /// chunk, a vector with each round. The order of instructions is kept as it stands here: in
                /// the compiler's own the vectors do not fit into the registers, and a loop of the rounds
                /// was slower, too. Has one caller for each set of constants, so that it is compiled into
                /// it.
                fn crypt_chunk<const SEAL: bool, const FROM: usize>(
                    &self,
                    other: Option<&[[u8; WIDTH]; CHUNK]>,
                    text: Option<&[[u8; WIDTH]; CHUNK]>,
                    chunk: &mut [[u8; WIDTH]; CHUNK],
                    counter: &mut V,
                    hash: X,
                ) -> X {
                    let mut stream = self.start_of_stream::<CHUNK>(counter);
                    let mut sum = Sum::new();
                    let hashed = other.unwrap_or(chunk);
                    self.round::<1>(&mut stream, hashed, hash, &mut sum);
                    self.round::<2>(&mut stream, hashed, hash, &mut sum);
                    self.round::<3>(&mut stream, hashed, hash, &mut sum);
                    self.round::<4>(&mut stream, hashed, hash, &mut sum);
                    self.round::<5>(&mut stream, hashed, hash, &mut sum);
                    self.round::<6>(&mut stream, hashed, hash, &mut sum);
                    self.round::<7>(&mut stream, hashed, hash, &mut sum);
                    self.round::<8>(&mut stream, hashed, hash, &mut sum);
                    self.round::<9>(&mut stream, hashed, hash, &mut sum);
                    self.round::<10>(&mut stream, hashed, hash, &mut sum);
                    self.round::<11>(&mut stream, hashed, hash, &mut sum);
                    self.round::<12>(&mut stream, hashed, hash, &mut sum);
                    self.round::<13>(&mut stream, hashed, hash, &mut sum);
                    let key = broadcast(self.round_keys[14]);
                    for (index, (row, v)) in chunk.iter_mut().zip(stream).enumerate() {
                        let text = load(text.map_or(&*row, |text| &text[index]));
                        store(xor(text, aes_last_round(v, key)), row);
                    }
                    sum_of_lanes(sum.reduced())
                }

                /// A round for every vector of the key stream, and the product of one that is hashed.
                fn round<const ROUND: usize>(
                    &self,
                    stream: &mut [V; CHUNK],
                    hashed: &[[u8; WIDTH]; CHUNK],
                    hash: X,
                    sum: &mut Sum,
                ) {
                    let key = broadcast(self.round_keys[ROUND]);
                    for v in stream {
                        *v = pinned(aes_round(*v, key));
                    }
                    let Some(power) = CHUNK.checked_sub(ROUND) else { return };
                    let mut blocks = reversed(load(&hashed[ROUND - 1]));
                    if ROUND == 1 {
                        blocks = xor(blocks, in_first_lane(hash));
                    }
                    sum.add(blocks, self.powers[power]);
                    *sum = Sum { high: pinned(sum.high), middle: pinned(sum.middle) };
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
                    let mut hashed = Hashed::<CHUNK>::EMPTY;
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
                    let mut hashed = Hashed::<CHUNK>::EMPTY;
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
