//! Hexadecimal digits of known answers.

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    let digits = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal digits");
    (0..hex.len()).step_by(2).map(digits).collect()
}

pub(crate) fn fixed<const N: usize>(hex: &str) -> [u8; N] {
    unhex(hex).try_into().expect("as many bytes")
}
