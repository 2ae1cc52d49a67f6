//! How far down the stack messages reach, for tests.

/// Expands beside `messages` and on the same terms.
macro_rules! depths {
    ($features:literal) => {
        operations! { $features:
            /// How far down the stack a message reaches, and how far it is cleared behind it.
            pub(super) fn depth<const SEAL: bool>(message: Message<'_>) -> (usize, usize) {
                let mut frame = 0;
                depth::paint();
                one::<SEAL>(&mut [message], &mut [0; 16], &mut frame);
                (depth::below(), frame)
            }

            /// The same of a message whose text stands elsewhere.
            pub(super) fn depth_from<const SEAL: bool>(message: Message<'_>) -> (usize, usize) {
                let text = vec![1; message.buffer.len()];
                depth::paint();
                long::<SEAL, ELSEWHERE>(&mut [message], &text, &mut [0; 16]);
                (depth::below(), LONG_FRAME)
            }

            /// The same of two messages side by side.
            pub(super) fn depth_of_two<const SEAL: bool>(
                mut messages: [Message<'_>; 2],
            ) -> (usize, usize) {
                let mut frame = 0;
                depth::paint();
                two::<SEAL>(&mut messages, &mut [[0; 16]; 2], &mut frame);
                (depth::below(), frame)
            }
        }
    };
}
