//! A whole message, written once for vectors of every width.

/// Expands beside `hashing` and on the same terms.
macro_rules! messages {
    ($features:literal) => {
        /// Vectors whose key stream is made along with the round keys of a long message, and from
        /// which on its end is not cut into whole vectors.
        const RIDING: usize = 4;
        /// Vectors that are hashed under one reduction.
        const CHUNK: usize = 8;

        /// Where the text of a long message stands: where what becomes of it will stand,
        const IN_PLACE: usize = 0;
        /// or somewhere else.
        const ELSEWHERE: usize = 1;

        /// A key's first blocks, encrypted by and by.
        struct Started<const DATA: usize> {
            /// The block 0 of the counter (zeros) in every lane: becomes the hash key.
            zeros: V,
            /// The block 1: becomes what is added to the hash to make the tag.
            mask: X,
            /// The blocks of the counter from 2 on: they become key stream.
            stream: [V; DATA],
        }

        operations! { $features:
            /// Seals `buffer` and writes `tag`, or checks `tag` and opens `buffer`; says whether
            /// the tag is right. Clears what the compiler left on the stack and the vector registers.
            pub(super) fn run<const SEAL: bool>(
                message: &mut [Message<'_>; 1],
                tag: &mut [u8; 16],
            ) -> bool {
                let mut frame = 0;
                let done = one::<SEAL>(message, tag, &mut frame);
                clear(frame);
                done
            }

            /// As [`run`], of `text` from elsewhere: as many bytes as the buffer has.
            pub(super) fn run_from<const SEAL: bool>(
                text: &[u8],
                message: &mut [Message<'_>; 1],
                tag: &mut [u8; 16],
            ) -> bool {
                let done = long::<SEAL, ELSEWHERE>(message, text, tag);
                clear(LONG_FRAME);
                done
            }

            /// As [`run`] for many messages, with the clearing once behind them all.
            pub(super) fn seal_batch(jobs: &mut [SealJob<'_>]) {
                let mut frame = 0;
                let mut rest = jobs;
                while !rest.is_empty() {
                    let pair = rest.iter().take(2).filter(|job| is_small(job.buffer, job.aad));
                    let pair = pair.count() == 2;
                    let (now, behind) = rest.split_at_mut(if pair { 2 } else { 1 });
                    match now {
                        [first, second] => {
                            let mut tags = [[0; 16]; 2];
                            let mut messages = [Message::to_seal(first), Message::to_seal(second)];
                            two::<true>(&mut messages, &mut tags, &mut frame);
                            (first.outcome, second.outcome) = (Ok(tags[0]), Ok(tags[1]));
                        }
                        others => for job in others {
                            let allowed = aead_limit::check(job.buffer.len(), aead_limit::AES_GCM);
                            job.outcome = match allowed {
                                Ok(()) => {
                                    let mut tag = [0; 16];
                                    one::<true>(&mut [Message::to_seal(job)], &mut tag, &mut frame);
                                    Ok(tag)
                                }
                                Err(error) => Err(error),
                            };
                        }
                    }
                    rest = behind;
                }
                clear(frame);
            }

            /// Likewise for opening.
            pub(super) fn open_batch(jobs: &mut [OpenJob<'_>]) {
                let mut frame = 0;
                let mut rest = jobs;
                while !rest.is_empty() {
                    let pair = rest.iter().take(2).filter(|job| is_small(job.buffer, job.aad));
                    let pair = pair.count() == 2;
                    let (now, behind) = rest.split_at_mut(if pair { 2 } else { 1 });
                    match now {
                        [first, second] => {
                            let mut tags = [*first.tag, *second.tag];
                            let mut messages = [Message::to_open(first), Message::to_open(second)];
                            let right = two::<false>(&mut messages, &mut tags, &mut frame);
                            (first.outcome, second.outcome) = (opened(right[0]), opened(right[1]));
                        }
                        others => for job in others {
                            let mut tag = *job.tag;
                            let message = &mut [Message::to_open(job)];
                            let right = one::<false>(message, &mut tag, &mut frame);
                            job.outcome = opened(right);
                        }
                    }
                    rest = behind;
                }
                clear(frame);
            }

            /// Whether two of these go side by side: longer ones fill the processor by themselves.
            fn is_small(buffer: &[u8], aad: &[u8]) -> bool {
                LANES < 4 && buffer.len() <= 64 && blocks(aad, buffer) <= 12
            }

            fn two<const SEAL: bool>(
                messages: &mut [Message<'_>; 2],
                tags: &mut [[u8; 16]; 2],
                frame: &mut usize,
            ) -> [bool; 2] {
                *frame = SHORT_FRAME.max(*frame);
                short::<2, { 4_usize.div_ceil(LANES) }, { 12 / LANES }, 4, SEAL>(messages, tags)
            }

            fn one<const SEAL: bool>(
                message: &mut [Message<'_>; 1],
                tag: &mut [u8; 16],
                frame: &mut usize,
            ) -> bool {
                let blocks = blocks(message[0].aad, message[0].buffer);
                let tag = core::array::from_mut(tag);
                let mut reached = SHORT_FRAME;
                let [done] = match (message[0].buffer.len(), blocks) {
                    (..=64, ..=12) if LANES < 4 => {
                        reached = SMALL_FRAME;
                        short::<1, { 4_usize.div_ceil(LANES) }, { 12 / LANES }, 4, SEAL>(message, tag)
                    }
                    (..=128, ..=16) if LANES < 4 => {
                        short::<1, { 8 / LANES }, { 16 / LANES }, 4, SEAL>(message, tag)
                    }
                    (..=256, ..=24) if LANES > 1 => {
                        reached = MIDDLE_FRAME;
                        short::<1, { 16 / LANES }, { 24 / LANES }, { 12 / LANES }, SEAL>(message, tag)
                    }
                    (..=512, ..=40) if LANES > 2 => {
                        reached = MIDDLE_FRAME;
                        short::<1, { 32 / LANES }, { 40 / LANES }, { 20 / LANES }, SEAL>(message, tag)
                    }
                    _ => {
                        reached = LONG_FRAME;
                        [long::<SEAL, IN_PLACE>(message, &[], &mut tag[0])]
                    }
                };
                *frame = reached.max(*frame);
                done
            }

            fn clear(frame: usize) {
                clear_stack(frame);
                clear_registers();
            }

            /// The first blocks of the counter and `DATA` vectors of key stream of each message,
            /// encrypted with each round key (FIPS 197 section 5.2) as it comes. Has one caller for
            /// each set of constants, so that it is compiled into it.
            fn start<const N: usize, const DATA: usize, const CALLER: usize, const SEAL: bool>(
                messages: &[Message<'_>; N],
                round_keys: &mut [[X; 15]; N],
            ) -> [Started<DATA>; N] {
                let mut started = [const { Started::UNSET }; N];
                for n in 0..N {
                    let [even, odd] = block::halves(messages[n].key);
                    (round_keys[n][0], round_keys[n][1]) = (even, odd);
                    let nonce = block::nonce_block(messages[n].nonce);
                    started[n].mask = block::counter(nonce, 1);
                    for (index, v) in started[n].stream.iter_mut().enumerate() {
                        *v = counters(nonce, (2 + LANES * index) as u32);
                    }
                    started[n].add(even);
                    started[n].round(odd);
                }
                two_rounds::<1, N, DATA>(&mut started, round_keys);
                two_rounds::<2, N, DATA>(&mut started, round_keys);
                two_rounds::<3, N, DATA>(&mut started, round_keys);
                two_rounds::<4, N, DATA>(&mut started, round_keys);
                two_rounds::<5, N, DATA>(&mut started, round_keys);
                two_rounds::<6, N, DATA>(&mut started, round_keys);
                for n in 0..N {
                    let (even, odd) = (round_keys[n][12], round_keys[n][13]);
                    round_keys[n][14] = block::even_round_key(even, odd, 1 << 6);
                    started[n].last_round(round_keys[n][14]);
                }
                started
            }

            fn two_rounds<const PAIR: usize, const N: usize, const DATA: usize>(
                started: &mut [Started<DATA>; N],
                round_keys: &mut [[X; 15]; N],
            ) {
                for n in 0..N {
                    let (even, odd) = (round_keys[n][2 * PAIR - 2], round_keys[n][2 * PAIR - 1]);
                    let even = block::even_round_key(even, odd, 1 << (PAIR - 1));
                    let odd = block::odd_round_key(odd, even);
                    (round_keys[n][2 * PAIR], round_keys[n][2 * PAIR + 1]) = (even, odd);
                    started[n].round(even);
                    started[n].round(odd);
                }
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

        impl<const DATA: usize> Started<DATA> {
            const UNSET: Self = Self { zeros: ZERO, mask: ZERO_BLOCK, stream: [ZERO; DATA] };

            operations! { $features:
                fn add(&mut self, key: X) {
                    self.mask = block::xor(self.mask, key);
                    self.zeros = broadcast(key);
                    for v in &mut self.stream {
                        *v = xor(*v, broadcast(key));
                    }
                }

                fn round(&mut self, key: X) {
                    self.zeros = pinned(aes_round(self.zeros, broadcast(key)));
                    for v in &mut self.stream {
                        *v = pinned(aes_round(*v, broadcast(key)));
                    }
                    self.mask = block::pinned(block::aes_round(self.mask, key));
                }

                fn last_round(&mut self, key: X) {
                    self.zeros = pinned(aes_last_round(self.zeros, broadcast(key)));
                    for v in &mut self.stream {
                        *v = pinned(aes_last_round(*v, broadcast(key)));
                    }
                    self.mask = block::pinned(block::aes_last_round(self.mask, key));
                }
            }
        }

        /// Messages of up to `DATA` vectors each that are hashed as `ROWS` vectors: everything
        /// secret stays in registers, as far as there are enough.
        #[inline(never)]
        #[target_feature(enable = $features)]
        fn short<
            const N: usize,
            const DATA: usize,
            const ROWS: usize,
            const POWERS: usize,
            const SEAL: bool,
        >(
            messages: &mut [Message<'_>; N],
            tags: &mut [[u8; 16]; N],
        ) -> [bool; N] {
            let mut round_keys = [[ZERO_BLOCK; 15]; N];
            let mut started = start::<N, DATA, ROWS, SEAL>(messages, &mut round_keys);
            let mut hashed = [const { Hashed::<ROWS>::EMPTY }; N];
            for n in 0..N {
                hashed[n].put_all_but_body(messages[n].aad, messages[n].buffer.len());
                let place = hashed[n].body(messages[n].buffer.len());
                started[n].crypt::<SEAL>(&mut *messages[n].buffer, place);
            }
            let mut right = [true; N];
            for n in 0..N {
                let hash = hashed[n].hash::<POWERS>(hash_key(started[n].zeros));
                let right_tag = block::xor(block::reversed(hash), started[n].mask);
                if SEAL {
                    block::store(right_tag, &mut tags[n]);
                } else {
                    right[n] = block::equal(right_tag, block::load(&tags[n]));
                }
            }
            if !SEAL {
                for n in 0..N {
                    if right[n] {
                        started[n].write(messages[n].buffer);
                    } else {
                        messages[n].buffer.fill(0);
                    }
                }
            }
            right
        }

        impl<const DATA: usize> Started<DATA> {
            operations! { $features:
                /// Turns the key stream into what becomes of `text`, and puts the ciphertext to be
                /// hashed into `place`. A plaintext is not written yet.
                fn crypt<const SEAL: bool>(&mut self, text: &mut [u8], place: &mut [u8]) {
                    for (index, v) in self.stream.iter_mut().enumerate() {
                        let start = index * WIDTH;
                        if start >= text.len() {
                            break;
                        }
                        let text = &mut text[start..];
                        let before = load_up_to(text);
                        *v = truncated(xor(before, *v), text.len());
                        if SEAL {
                            store_up_to(*v, text);
                        }
                        store_up_to(if SEAL { *v } else { before }, &mut place[start..]);
                    }
                }

                fn write(&self, text: &mut [u8]) {
                    for (index, v) in self.stream.iter().enumerate() {
                        let start = index * WIDTH;
                        if start >= text.len() {
                            break;
                        }
                        store_up_to(*v, &mut text[start..]);
                    }
                }
            }
        }

        /// A message of any length. A text from elsewhere is taken over part by part, just before
        /// its part of the key stream is ready: so memory and cipher work at the same time.
        #[inline(never)]
        #[target_feature(enable = $features)]
        fn long<const SEAL: bool, const FROM: usize>(
            messages: &mut [Message<'_>; 1],
            text: &[u8],
            tag: &mut [u8; 16],
        ) -> bool {
            let mut text = Text::<FROM>(text);
            let mut scratch = Scratch::new();
            let round_keys = core::array::from_mut(&mut scratch.round_keys);
            let [Started { zeros, mask, mut stream }] = start::<1, RIDING, FROM, SEAL>(messages, round_keys);
            let [Message { nonce, aad, buffer, .. }] = messages;
            scratch.powers = powers(hash_key(zeros));

            let mut hash = scratch.hash_aad(aad);
            let (rows, _) = buffer.as_chunks_mut::<WIDTH>();
            let mut done = 0;
            if let Some((riding, rest)) = rows.split_first_chunk_mut::<RIDING>() {
                text.take(riding);
                hash = scratch.crypt::<RIDING, SEAL>(riding, &stream, hash);
                done = RIDING;
                let nonce = block::nonce_block(nonce);
                let mut counter = reversed(counters(nonce, (2 + LANES * RIDING) as u32));
                let (chunks, rest) = rest.as_chunks_mut();
                done += chunks.len() * CHUNK;
                hash = scratch.crypt_chunks::<SEAL, FROM>(&mut text, chunks, &mut counter, hash);
                stream = scratch.key_stream(&mut counter);
                if let Some((chunk, _)) = rest.split_first_chunk_mut::<RIDING>() {
                    text.take(chunk);
                    hash = scratch.crypt::<RIDING, SEAL>(chunk, &stream, hash);
                    stream = scratch.key_stream(&mut counter);
                    done += RIDING;
                }
            }
            let lengths = lengths(aad.len(), buffer.len());
            let end = &mut buffer[done * WIDTH..];
            text.take_end(end);
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
    };
}
