//! A whole message, written once for vectors of every width.

/// Expands beside `hashing` and on the same terms.
macro_rules! messages {
    ($features:literal) => {
        /// Vectors whose key stream is made along with the round keys of a long message, and from
        /// which on its end is not cut into whole vectors.
        const RIDING: usize = 4;
        /// Vectors that are hashed under one reduction.
        const CHUNK: usize = 8;

        /// The blocks 0 (zeros) and 1 of the counter, encrypted by and by.
        struct First {
            /// Becomes the hash key, in every lane.
            zeros: V,
            /// Becomes what is added to the hash to make the tag.
            mask: X,
        }

        operations! { $features:
            /// Seals `buffer` and writes `tag`, or checks `tag` and opens `buffer`; says whether
            /// the tag is right. Clears what the compiler left on the stack and the vector registers.
            pub(super) fn run<const SEAL: bool>(
                key: &[u8; 32],
                nonce: &[u8; 12],
                aad: &[u8],
                buffer: &mut [u8],
                tag: &mut [u8; 16],
            ) -> bool {
                let blocks = aad.len().div_ceil(16) + buffer.len().div_ceil(16) + 1;
                let mut frame = SHORT_FRAME;
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
                    _ => {
                        frame = LONG_FRAME;
                        long::<SEAL>(key, nonce, aad, buffer, tag)
                    }
                };
                clear_stack(frame);
                clear_registers();
                done
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

        /// A message of up to `DATA` vectors that is hashed as `ROWS` vectors: everything
        /// secret stays in registers.
        #[inline(never)]
        #[target_feature(enable = $features)]
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
        #[inline(never)]
        #[target_feature(enable = $features)]
        fn long<const SEAL: bool>(
            key: &[u8; 32],
            nonce: &[u8; 12],
            aad: &[u8],
            buffer: &mut [u8],
            tag: &mut [u8; 16],
        ) -> bool {
            let mut scratch = Scratch::new();
            let (first, mut stream) = start::<RIDING, 0, SEAL>(key, nonce, &mut scratch.round_keys);
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
    };
}
