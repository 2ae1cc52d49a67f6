//! What stands around the rounds, as assembly text: the frame of a function, the blocks that HMAC
//! is made of, and moving keys and digests in and out.

/// A function in assembly with the table's address in rcx and its fields as operands.
macro_rules! with_table {
    ($($code:expr),* $(,)?) => {
        naked_asm!(
            leads_to_the_caller!(begin),
            concat!(
                clear_upper_halves!(),
                "lea rcx, [rip + {table}]\n",
                $($code,)*
                // Not every function reads every field, but each operand must stand somewhere.
                "\n/* {k} {first} {second} {initial} {inner_pad} {outer_pad} {tail} {swap_words} \
                 {reverse} {chain_key} {message_key} {next} */",
            ),
            leads_to_the_caller!(end),
            table = sym TABLE,
            k = const offset_of!(Table, k),
            first = const offset_of!(Table, first),
            second = const offset_of!(Table, second),
            initial = const offset_of!(Table, initial),
            inner_pad = const offset_of!(Table, inner_pad),
            outer_pad = const offset_of!(Table, outer_pad),
            tail = const offset_of!(Table, tail),
            swap_words = const offset_of!(Table, swap_words),
            reverse = const offset_of!(Table, reverse),
            chain_key = const offset_of!(ChainStepJob<'static>, chain_key),
            message_key = const offset_of!(ChainStepJob<'static>, message_key),
            next = const offset_of!(ChainStepJob<'static>, next),
        )
    };
}

/// Tells profilers and debuggers that the caller's address is where a call puts it: none of the
/// functions moves the stack pointer.
#[cfg(target_os = "linux")]
macro_rules! leads_to_the_caller {
    (begin) => {
        ".cfi_startproc"
    };
    (end) => {
        ".cfi_endproc"
    };
}
#[cfg(not(target_os = "linux"))]
macro_rules! leads_to_the_caller {
    ($place:ident) => {
        ""
    };
}

/// `vzeroupper` where callers may have used AVX: cheap, and makes certain what the ABI only asks
/// of them.
#[cfg(target_feature = "avx")]
macro_rules! clear_upper_halves {
    () => {
        "vzeroupper\n"
    };
}
#[cfg(not(target_feature = "avx"))]
macro_rules! clear_upper_halves {
    () => {
        ""
    };
}

/// Clears every register that held something secret.
macro_rules! clear_registers {
    () => {
        lines!(
            "pxor xmm0, xmm0",
            "pxor xmm1, xmm1",
            "pxor xmm2, xmm2",
            "pxor xmm3, xmm3",
            "pxor xmm4, xmm4",
            "pxor xmm5, xmm5",
            "pxor xmm6, xmm6",
            "pxor xmm7, xmm7",
            "pxor xmm8, xmm8",
            "pxor xmm9, xmm9",
            "pxor xmm10, xmm10",
            "pxor xmm11, xmm11",
            "pxor xmm12, xmm12",
            "pxor xmm13, xmm13",
            "pxor xmm14, xmm14",
            "pxor xmm15, xmm15",
        )
    };
}

/// Clears the scratch memory at rdx, by a register that was cleared.
macro_rules! clear_scratch {
    ($($at:literal)*) => {
        lines!($(concat!("movdqa [rdx + ", $at, "], xmm0")),*)
    };
}

/// Compresses the key blocks of HMAC, from the key's words in xmm3 and xmm4. Leaves the inner
/// chaining value in xmm1 and xmm2, the outer one in xmm7 and xmm8.
macro_rules! key_blocks {
    () => {
        concat!(
            lines!(
                "movdqa xmm9, xmm3",
                "movdqa xmm10, xmm4",
                "movdqa xmm5, [rcx + {inner_pad}]",
                "movdqa xmm11, [rcx + {outer_pad}]",
                "movdqa xmm6, xmm5",
                "movdqa xmm12, xmm11",
                "pxor xmm3, xmm5",
                "pxor xmm4, xmm5",
                "pxor xmm9, xmm11",
                "pxor xmm10, xmm11",
            ),
            compress_padded!(),
        )
    };
}

/// As [`key_blocks`], for a key that fills the block in xmm3 to xmm6.
macro_rules! long_key_blocks {
    () => {
        concat!(
            lines!(
                "movdqa xmm13, [rcx + {inner_pad}]",
                "movdqa xmm14, [rcx + {outer_pad}]",
                "movdqa xmm9, xmm3",
                "movdqa xmm10, xmm4",
                "movdqa xmm11, xmm5",
                "movdqa xmm12, xmm6",
                "pxor xmm3, xmm13",
                "pxor xmm4, xmm13",
                "pxor xmm5, xmm13",
                "pxor xmm6, xmm13",
                "pxor xmm9, xmm14",
                "pxor xmm10, xmm14",
                "pxor xmm11, xmm14",
                "pxor xmm12, xmm14",
            ),
            compress_padded!(),
        )
    };
}

/// Compresses the blocks in xmm3 to xmm6 and in xmm9 to xmm12, each from the initial chaining
/// value.
macro_rules! compress_padded {
    () => {
        concat!(
            lines!(
                "movdqa xmm1, [rcx + {initial}]",
                "movdqa xmm2, [rcx + {initial} + 16]",
                "movdqa xmm7, xmm1",
                "movdqa xmm8, xmm2",
            ),
            compress!(
                ["xmm1" "xmm2" "xmm3" "xmm4" "xmm5" "xmm6"]
                ["xmm7" "xmm8" "xmm9" "xmm10" "xmm11" "xmm12"]
            ),
            lines!(
                "paddd xmm1, [rcx + {initial}]",
                "paddd xmm2, [rcx + {initial} + 16]",
                "paddd xmm7, [rcx + {initial}]",
                "paddd xmm8, [rcx + {initial} + 16]",
            )
        )
    };
}

/// Reads the eight words of a chaining value at rdi into xmm1 and xmm2.
macro_rules! load_state {
    () => {
        lines!(
            "movdqu xmm3, [rdi]",
            "movdqu xmm2, [rdi + 16]",
            "pshufd xmm3, xmm3, 0x1b",
            "pshufd xmm2, xmm2, 0x1b",
            "movdqa xmm1, xmm2",
            "punpckhqdq xmm1, xmm3",
            "punpcklqdq xmm2, xmm3",
        )
    };
}

/// Writes the chaining value in the two registers as eight words.
macro_rules! store_state {
    ($abef:literal $cdgh:literal, $to:literal) => {
        concat!(
            digest_words!($abef $cdgh, "xmm13" "xmm14"),
            lines!(
                concat!("movdqu [", $to, "], xmm13"),
                concat!("movdqu [", $to, " + 16], xmm14"),
            )
        )
    };
}

/// Reads the 64 bytes of a block into xmm3 to xmm6.
macro_rules! load_block {
    ($from:literal) => {
        lines!(
            concat!("movdqu xmm3, [", $from, "]"),
            concat!("movdqu xmm4, [", $from, " + 16]"),
            concat!("movdqu xmm5, [", $from, " + 32]"),
            concat!("movdqu xmm6, [", $from, " + 48]"),
            "pshufb xmm3, [rcx + {swap_words}]",
            "pshufb xmm4, [rcx + {swap_words}]",
            "pshufb xmm5, [rcx + {swap_words}]",
            "pshufb xmm6, [rcx + {swap_words}]",
        )
    };
}

/// The chaining value in the first two registers becomes the eight words of the digest in the last
/// two. Spoils the second.
macro_rules! digest_words {
    ($abef:literal $cdgh:literal, $w0:literal $w1:literal) => {
        lines!(
            concat!("movdqa ", $w0, ", ", $cdgh),
            concat!("punpckhqdq ", $w0, ", ", $abef),
            concat!("punpcklqdq ", $cdgh, ", ", $abef),
            concat!("pshufd ", $w0, ", ", $w0, ", 0x1b"),
            concat!("pshufd ", $w1, ", ", $cdgh, ", 0x1b"),
        )
    };
}

/// Writes the chaining value in the two registers as the 32 bytes of a digest.
macro_rules! store_digest {
    ($abef:literal $cdgh:literal, $to:literal) => {
        lines!(
            concat!("movdqa xmm13, ", $cdgh),
            concat!("punpckhqdq xmm13, ", $abef),
            concat!("punpcklqdq ", $cdgh, ", ", $abef),
            "pshufb xmm13, [rcx + {reverse}]",
            concat!("pshufb ", $cdgh, ", [rcx + {reverse}]"),
            concat!("movdqu [", $to, "], xmm13"),
            concat!("movdqu [", $to, " + 16], ", $cdgh),
        )
    };
}

/// Reads the 32 bytes at rdi as words into xmm3 and xmm4.
macro_rules! load_key {
    () => {
        lines!(
            "movdqu xmm3, [rdi]",
            "movdqu xmm4, [rdi + 16]",
            "pshufb xmm3, [rcx + {swap_words}]",
            "pshufb xmm4, [rcx + {swap_words}]",
        )
    };
}

/// Puts the words in xmm3 and xmm4 under the two pads into two lanes of the scratch memory.
macro_rules! store_key_blocks {
    ($inner:literal $outer:literal) => {
        lines!(
            "movdqa xmm5, [rcx + {inner_pad}]",
            "movdqa xmm6, [rcx + {outer_pad}]",
            concat!("movdqa [rdx + ", $inner, " + 32], xmm5"),
            concat!("movdqa [rdx + ", $inner, " + 48], xmm5"),
            concat!("movdqa [rdx + ", $outer, " + 32], xmm6"),
            concat!("movdqa [rdx + ", $outer, " + 48], xmm6"),
            "movdqa xmm7, xmm3",
            "movdqa xmm8, xmm4",
            "pxor xmm3, xmm5",
            "pxor xmm4, xmm5",
            "pxor xmm7, xmm6",
            "pxor xmm8, xmm6",
            concat!("movdqa [rdx + ", $inner, "], xmm3"),
            concat!("movdqa [rdx + ", $inner, " + 16], xmm4"),
            concat!("movdqa [rdx + ", $outer, "], xmm7"),
            concat!("movdqa [rdx + ", $outer, " + 16], xmm8"),
        )
    };
}

/// Puts an inner digest into a lane of the scratch memory as the last block of HMAC.
macro_rules! store_last_block {
    ($abef:literal $cdgh:literal $lane:literal) => {
        concat!(
            digest_words!($abef $cdgh, "xmm13" "xmm14"),
            lines!(
                concat!("movdqa [rdx + ", $lane, "], xmm13"),
                concat!("movdqa [rdx + ", $lane, " + 16], xmm14"),
                "movdqa xmm13, [rcx + {tail}]",
                "movdqa xmm14, [rcx + {tail} + 16]",
                concat!("movdqa [rdx + ", $lane, " + 32], xmm13"),
                concat!("movdqa [rdx + ", $lane, " + 48], xmm14"),
            )
        )
    };
}

/// Adds one vector in memory to both registers of each lane.
macro_rules! add_state {
    ($($abef:literal $cdgh:literal, $from:literal);*) => {
        concat!($(lines!(
            concat!("paddd ", $abef, ", [", $from, "]"),
            concat!("paddd ", $cdgh, ", [", $from, " + 16]"),
        )),*)
    };
}
