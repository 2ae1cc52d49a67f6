//! Nonces that count: a base that is derived with the key, and the number of the message in it.

/// `base` XOR `number`, which stands at the end.
#[inline]
pub(crate) fn numbered(base: &[u8; 12], number: u64) -> [u8; 12] {
    let mut nonce = *base;
    let end = nonce.iter_mut().skip(4);
    end.zip(number.to_be_bytes())
        .for_each(|(to, from)| *to ^= from);
    nonce
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_stands_at_the_end() {
        let nonce = numbered(&[1; 12], 0x0102);
        assert_eq!(nonce, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 3]);
        let nonce = numbered(&[0; 12], 0x0102_0304_0506_0708);
        assert_eq!(nonce, [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    }
}
