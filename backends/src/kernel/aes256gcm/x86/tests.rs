//! What the code leaves on the stack, and what it leaves alone there.

use super::*;

/// Clearing behind a batch that sealed or opened nothing, as one has to be whose messages are all
/// too long, must not reach into frames that are in use.
#[test]
fn a_batch_without_a_message_leaves_the_stack_alone() {
    for path in Path::available() {
        // SAFETY: `path` proves that the processor has the instructions.
        unsafe {
            match path.0 {
                Vectors::One => {
                    lanes1::seal_batch(&mut []);
                    lanes1::open_batch(&mut []);
                }
                Vectors::Two => {
                    lanes2::seal_batch(&mut []);
                    lanes2::open_batch(&mut []);
                }
                Vectors::Four => {
                    lanes4::seal_batch(&mut []);
                    lanes4::open_batch(&mut []);
                }
            }
        }
    }
}

/// Bytes of associated data and of message: every branch, with the engine's associated data and with
/// more of it.
const SHAPES: [(usize, usize); 17] = [
    (83, 0),
    (83, 5),
    (83, 64),
    (83, 100),
    (83, 128),
    (83, 177),
    (83, 256),
    (83, 300),
    (83, 512),
    (83, 600),
    (83, 1350),
    (83, 5001),
    (100, 40),
    (150, 120),
    (300, 64),
    (300, 1001),
    (1000, 256),
];

fn messages<'a>(aad: &'a [u8], buffers: &'a mut [Vec<u8>; 2]) -> [Message<'a>; 2] {
    buffers.each_mut().map(|buffer| Message {
        key: &[4; 32],
        nonce: &[5; 12],
        aad,
        buffer,
    })
}

/// A path's name;  the depth in bytes and how many bytes are cleared.
type Found = (&'static str, (usize, usize));

fn depths<const SEAL: bool>(aad_len: usize, len: usize) -> Vec<Found> {
    let (aad, mut buffers) = (vec![1; aad_len], [vec![2; len], vec![3; len]]);
    let small = len <= 64 && blocks(&aad, &[0; 64]) <= 12;
    let mut found = Vec::new();
    for path in Path::available() {
        let [message, _] = messages(&aad, &mut buffers);
        // SAFETY: `path` proves that the processor has the instructions.
        let depth = unsafe {
            match path.0 {
                Vectors::One => lanes1::depth::<SEAL>(message),
                Vectors::Two => lanes2::depth::<SEAL>(message),
                Vectors::Four => lanes4::depth::<SEAL>(message),
            }
        };
        found.push((path.name(), depth));
        let [message, _] = messages(&aad, &mut buffers);
        // SAFETY: likewise.
        let depth = unsafe {
            match path.0 {
                Vectors::One => lanes1::depth_from::<SEAL>(message),
                Vectors::Two => lanes2::depth_from::<SEAL>(message),
                Vectors::Four => lanes4::depth_from::<SEAL>(message),
            }
        };
        found.push(("its text from elsewhere", depth));
        if !small {
            continue;
        }
        // SAFETY: likewise.
        let depth = unsafe {
            match path.0 {
                Vectors::One => lanes1::depth_of_two::<SEAL>(messages(&aad, &mut buffers)),
                Vectors::Two => lanes2::depth_of_two::<SEAL>(messages(&aad, &mut buffers)),
                Vectors::Four => lanes4::depth_of_two::<SEAL>(messages(&aad, &mut buffers)),
            }
        };
        found.push(("two of them", depth));
    }
    found
}

/// Frames are the compiler's choice: this finds whether they still fit what is cleared.
///
/// ```text
/// cargo test --release -p sprag-backends --features mixed kernel::aes256gcm::x86
/// ```
#[test]
#[cfg_attr(debug_assertions, ignore = "frames are larger in builds for debugging")]
fn as_much_of_the_stack_is_cleared_as_messages_reach() {
    let mut beyond = 0;
    for (aad_len, len) in SHAPES {
        let sealed = depths::<true>(aad_len, len)
            .into_iter()
            .map(|found| ("seal", found));
        let opened = depths::<false>(aad_len, len)
            .into_iter()
            .map(|found| ("open", found));
        for (what, (path, (depth, cleared))) in sealed.chain(opened) {
            println!("{path}, {what} {len} bytes, {aad_len} of data: {depth} of {cleared}");
            beyond += usize::from(depth > cleared);
        }
    }
    assert_eq!(beyond, 0, "of the depths above");
}
