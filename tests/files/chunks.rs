//! Chunked files: every way of sealing gives files that every way of opening takes, and nothing else
//! is taken.

use sprag::Secret;
use sprag::history::chunked::{
    CHUNK_LEN, ChunkedError, HEADER_LEN, InOrder, MAX_CHUNKS, Opener, Pieces, Reencryptor, Sealer,
    Spread,
};
use sprag::rand_core::TryCryptoRng;
use sprag::sprag_core::FileBackend;

use crate::support::on_every_backend;

pub(crate) const LENGTHS: [usize; 8] = [
    0,
    1,
    CHUNK_LEN - 1,
    CHUNK_LEN,
    CHUNK_LEN + 1,
    2 * CHUNK_LEN - 1,
    2 * CHUNK_LEN,
    3 * CHUNK_LEN + 77,
];

pub(crate) fn text(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 7 + at / 251) as u8).collect()
}

pub(crate) fn seal_on<B: FileBackend>(
    key: &Secret<32>,
    text: &[u8],
    step: usize,
    spread: impl Spread,
    rng: &mut impl TryCryptoRng,
) -> Vec<u8> {
    let (sealer, header) = Sealer::<B>::new(key, b"context", rng).unwrap();
    let (mut sealer, mut file) = (sealer.on(spread), header.to_vec());
    for part in text.chunks(step) {
        sealer.update(part, &mut file).unwrap();
    }
    sealer.finish(&mut file).unwrap();
    file
}

/// What was given out beside the outcome.
pub(crate) fn open_on<B: FileBackend>(
    key: &Secret<32>,
    file: &[u8],
    step: usize,
    spread: impl Spread,
) -> (Result<(), ChunkedError>, Vec<u8>) {
    let mut text = Vec::new();
    let all = || {
        let (header, body) = file.split_first_chunk().ok_or(ChunkedError::Incomplete)?;
        let mut opener = Opener::<B>::new(key, b"context", header)?.on(spread);
        for part in body.chunks(step) {
            opener.update(part, &mut text)?;
        }
        opener.finish(&mut text)
    };
    (all(), text)
}

fn seal<B: FileBackend>(key: &Secret<32>, text: &[u8], step: usize) -> Vec<u8> {
    seal_on::<B>(key, text, step, InOrder, &mut sprag::entropy::system())
}

fn open<B: FileBackend>(
    key: &Secret<32>,
    file: &[u8],
    step: usize,
) -> Result<Vec<u8>, ChunkedError> {
    let (opened, text) = open_on::<B>(key, file, step, InOrder);
    opened.map(|()| text)
}

#[test]
fn what_was_sealed_opens_however_it_is_cut() {
    on_every_backend!(round_trips);
}

fn round_trips<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = Secret::random(rng).unwrap();
    for len in LENGTHS {
        let text = text(len);
        for step in [1000, CHUNK_LEN, 1 << 20] {
            let file = seal::<B>(&key, &text, step);
            let chunks = len / CHUNK_LEN + 1;
            assert_eq!(file.len(), HEADER_LEN + len + 16 * chunks);
            assert_eq!(open::<B>(&key, &file, step + 1).unwrap(), text);
            let (header, _) = file.split_first_chunk().unwrap();
            let pieces = Pieces::<B>::open(&key, b"context", header, file.len() as u64).unwrap();
            assert_eq!(
                (pieces.text_len(), pieces.last()),
                (len as u64, chunks as u64 - 1)
            );
            for chunk in (0..chunks as u64).rev() {
                let place = pieces.place(chunk).unwrap();
                let mut sealed = file[place.start as usize..place.end as usize].to_vec();
                let start = chunk as usize * CHUNK_LEN;
                let opened = pieces.open_chunk(chunk, &mut sealed).unwrap();
                assert_eq!(opened, &text[start..start + opened.len()]);
            }
            assert_eq!(pieces.place(chunks as u64), None);
        }
    }
}

#[test]
fn a_changed_file_is_refused() {
    on_every_backend!(changed_files);
}

fn changed_files<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = Secret::random(rng).unwrap();
    let file = seal::<B>(&key, &text(2 * CHUNK_LEN + 5), 5000);
    let open = |file: &[u8]| open::<B>(&key, file, 5000).err();
    let sealed = CHUNK_LEN + 16;
    let (one, two) = (HEADER_LEN + sealed, HEADER_LEN + 2 * sealed);

    for (at, error) in [
        (0, ChunkedError::WrongKey),
        (HEADER_LEN - 1, ChunkedError::WrongKey),
        (HEADER_LEN, ChunkedError::Damaged { chunk: 0 }),
        (one - 1, ChunkedError::Damaged { chunk: 0 }),
        (one, ChunkedError::Damaged { chunk: 1 }),
        (two, ChunkedError::Incomplete),
        (file.len() - 1, ChunkedError::Incomplete),
    ] {
        let mut changed = file.clone();
        changed[at] ^= 1;
        assert_eq!(open(&changed), Some(error), "byte {at}");
    }
    for end in [
        two + 20,
        two + 10,
        two,
        two - 1,
        one + 1,
        one,
        one - 1,
        HEADER_LEN,
        3,
    ] {
        assert_eq!(
            open(&file[..end]),
            Some(ChunkedError::Incomplete),
            "cut off at {end}"
        );
    }
    let trailing = |tail: &[u8]| open(&[&file[..], tail].concat());
    assert_eq!(trailing(b"x"), Some(ChunkedError::Incomplete));
    assert_eq!(trailing(&file[two..]), Some(ChunkedError::Incomplete));
    let long = trailing(&[0; CHUNK_LEN + 16]);
    assert_eq!(long, Some(ChunkedError::Damaged { chunk: 2 }));
    let swapped = [
        &file[..HEADER_LEN],
        &file[one..two],
        &file[HEADER_LEN..one],
        &file[two..],
    ];
    assert_eq!(
        open(&swapped.concat()),
        Some(ChunkedError::Damaged { chunk: 0 })
    );
    let doubled = [&file[..one], &file[HEADER_LEN..one], &file[two..]];
    assert_eq!(
        open(&doubled.concat()),
        Some(ChunkedError::Damaged { chunk: 1 })
    );
    let left_out = [&file[..HEADER_LEN], &file[one..]];
    assert_eq!(
        open(&left_out.concat()),
        Some(ChunkedError::Damaged { chunk: 0 })
    );

    let header = file.first_chunk().unwrap();
    let mut changed = file[HEADER_LEN..].to_vec();
    changed[sealed] ^= 1;
    let mut opener = Opener::<B>::new(&key, b"context", header).unwrap();
    let mut opened = b"before".to_vec();
    let refused = opener.update(&changed, &mut opened);
    assert_eq!(refused, Err(ChunkedError::Damaged { chunk: 1 }));
    let genuine = text(CHUNK_LEN);
    assert_eq!(opened, [b"before", &genuine[..]].concat());
    // Neither what completes a chunk nor what completes none is taken afterwards.
    for later in [&file[HEADER_LEN..one], b"x", b""] {
        let refused = opener.update(later, &mut opened);
        assert_eq!(refused, Err(ChunkedError::Refused));
    }
    let refused = opener.finish(&mut opened);
    assert_eq!(refused, Err(ChunkedError::Refused));

    for other in [&b"Context"[..], b"", b"context\0"] {
        let refused = Opener::<B>::new(&key, other, header).err();
        assert_eq!(refused, Some(ChunkedError::WrongKey));
    }
}

#[test]
fn the_counter_ends_where_the_format_says() {
    on_every_backend!(counter);
}

fn counter<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let key = Secret::random(rng).unwrap();
    let most = MAX_CHUNKS * CHUNK_LEN as u64;
    let create = |len, rng: &mut _| Pieces::<B>::create(&key, b"", len, rng);
    assert_eq!(create(most, rng).err(), Some(ChunkedError::TooLong));
    let (pieces, header) = create(most - 1, rng).unwrap();
    assert_eq!(pieces.last(), MAX_CHUNKS - 1);
    // Chunks whose numbers differ in one byte of the counter each.
    let file_len = most - 1 + 16 * MAX_CHUNKS + HEADER_LEN as u64;
    let opener = Pieces::<B>::open(&key, b"", &header, file_len).unwrap();
    for chunk in [0, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000] {
        let mut sealed = vec![9; CHUNK_LEN];
        let tag = pieces.seal_chunk(chunk, &mut sealed).unwrap();
        sealed.extend_from_slice(&tag);
        for other in [chunk ^ 1, chunk ^ 0x100, chunk ^ 0x1_0000_0000] {
            let refused = opener.open_chunk(other, &mut sealed.clone()).err();
            assert_eq!(refused, Some(ChunkedError::Damaged { chunk: other }));
        }
        assert_eq!(
            opener.open_chunk(chunk, &mut sealed).unwrap(),
            [9; CHUNK_LEN]
        );
    }
    let refused = pieces.seal_chunk(MAX_CHUNKS, &mut []).err();
    assert_eq!(refused, Some(ChunkedError::NoSuchChunk));
    let short = pieces.seal_chunk(0, &mut [0; 100]).err();
    assert_eq!(short, Some(ChunkedError::NoSuchChunk));
}

#[test]
fn a_file_is_taken_to_another_key_as_it_comes() {
    on_every_backend!(encrypts_anew);
}

fn encrypts_anew<B: FileBackend>() {
    let rng = &mut sprag::entropy::system();
    let [old, new] = [(); 2].map(|()| Secret::random(rng).unwrap());
    for len in LENGTHS {
        let file = seal::<B>(&old, &text(len), 5000);
        let anew = |body: &[u8], step: usize, rng: &mut _| {
            let header = file.first_chunk().unwrap();
            let (from, to) = ((&old, &b"context"[..]), (&new, &b"context"[..]));
            let (mut between, header) = Reencryptor::<B>::new(from, header, to, rng)?;
            let mut out = header.to_vec();
            for part in body.chunks(step) {
                between.update(part, &mut out)?;
            }
            between.finish(&mut out)?;
            Ok::<_, ChunkedError>(out)
        };
        for step in [999, 40_000] {
            let out = anew(&file[HEADER_LEN..], step, rng).unwrap();
            assert_eq!(open::<B>(&new, &out, 7000).unwrap(), text(len));
            assert_eq!(open::<B>(&old, &out, 7000), Err(ChunkedError::WrongKey));
            let cut = anew(&file[HEADER_LEN..file.len() - 1], step, rng);
            assert_eq!(cut, Err(ChunkedError::Incomplete));
        }
    }
}
