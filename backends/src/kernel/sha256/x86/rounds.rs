//! The rounds of SHA-256 as assembly text: any number of lanes side by side, in registers, in
//! memory, or with a block that the table holds scheduled.
//!
//! rcx holds the table's address; xmm0 is what `sha256rnds2` reads its words from; xmm13 and xmm14
//! are spoiled where said.

/// One instruction after another.
macro_rules! lines {
    ($($line:expr),* $(,)?) => { concat!($($line, "\n"),*) };
}

/// Four rounds in each lane, with the message words in `w0`. Of a lane's two state registers the
/// first holds the words a, b, e, f, the second c, d, g, h.
macro_rules! rounds {
    ($at:literal $([$abef:literal $cdgh:literal $w0:literal $w1:literal $w2:literal $w3:literal])*) => {
        concat!($(lines!(
            concat!("movdqa xmm0, [rcx + {k} + ", $at, "]"),
            concat!("paddd xmm0, ", $w0),
            concat!("sha256rnds2 ", $cdgh, ", ", $abef),
            "pshufd xmm0, xmm0, 0x0e",
            concat!("sha256rnds2 ", $abef, ", ", $cdgh),
        )),*)
    };
}

/// In each lane the four message words after `w3`, in place of `w0`; then four rounds with them.
macro_rules! scheduled_rounds {
    ($at:literal $([$abef:literal $cdgh:literal $w0:literal $w1:literal $w2:literal $w3:literal])*) => {
        concat!(
            $(lines!(
                concat!("sha256msg1 ", $w0, ", ", $w1),
                concat!("movdqa xmm13, ", $w3),
                concat!("palignr xmm13, ", $w2, ", 4"),
                concat!("paddd ", $w0, ", xmm13"),
                concat!("sha256msg2 ", $w0, ", ", $w3),
            ),)*
            rounds!($at $([$abef $cdgh $w0 $w1 $w2 $w3])*)
        )
    };
}

/// The 64 rounds in each lane, without the addition of the chaining value.
macro_rules! compress {
    ($([$s0:literal $s1:literal $w0:literal $w1:literal $w2:literal $w3:literal])*) => {
        concat!(
            rounds!("0" $([$s0 $s1 $w0 $w1 $w2 $w3])*),
            rounds!("16" $([$s0 $s1 $w1 $w2 $w3 $w0])*),
            rounds!("32" $([$s0 $s1 $w2 $w3 $w0 $w1])*),
            rounds!("48" $([$s0 $s1 $w3 $w0 $w1 $w2])*),
            scheduled_rounds!("64" $([$s0 $s1 $w0 $w1 $w2 $w3])*),
            scheduled_rounds!("80" $([$s0 $s1 $w1 $w2 $w3 $w0])*),
            scheduled_rounds!("96" $([$s0 $s1 $w2 $w3 $w0 $w1])*),
            scheduled_rounds!("112" $([$s0 $s1 $w3 $w0 $w1 $w2])*),
            scheduled_rounds!("128" $([$s0 $s1 $w0 $w1 $w2 $w3])*),
            scheduled_rounds!("144" $([$s0 $s1 $w1 $w2 $w3 $w0])*),
            scheduled_rounds!("160" $([$s0 $s1 $w2 $w3 $w0 $w1])*),
            scheduled_rounds!("176" $([$s0 $s1 $w3 $w0 $w1 $w2])*),
            scheduled_rounds!("192" $([$s0 $s1 $w0 $w1 $w2 $w3])*),
            scheduled_rounds!("208" $([$s0 $s1 $w1 $w2 $w3 $w0])*),
            scheduled_rounds!("224" $([$s0 $s1 $w2 $w3 $w0 $w1])*),
            scheduled_rounds!("240" $([$s0 $s1 $w3 $w0 $w1 $w2])*),
        )
    };
}

/// Four rounds in each lane with a block that the table holds scheduled.
macro_rules! constant_rounds {
    ($at:literal $([$abef:literal $cdgh:literal $block:literal])*) => {
        concat!($(lines!(
            concat!("movdqa xmm0, [rcx + {", $block, "} + ", $at, "]"),
            concat!("sha256rnds2 ", $cdgh, ", ", $abef),
            "pshufd xmm0, xmm0, 0x0e",
            concat!("sha256rnds2 ", $abef, ", ", $cdgh),
        )),*)
    };
}

/// As [`compress`], with blocks that the table holds scheduled.
macro_rules! compress_constant {
    ($([$s0:literal $s1:literal $block:literal])*) => {
        concat!(
            constant_rounds!("0" $([$s0 $s1 $block])*),
            constant_rounds!("16" $([$s0 $s1 $block])*),
            constant_rounds!("32" $([$s0 $s1 $block])*),
            constant_rounds!("48" $([$s0 $s1 $block])*),
            constant_rounds!("64" $([$s0 $s1 $block])*),
            constant_rounds!("80" $([$s0 $s1 $block])*),
            constant_rounds!("96" $([$s0 $s1 $block])*),
            constant_rounds!("112" $([$s0 $s1 $block])*),
            constant_rounds!("128" $([$s0 $s1 $block])*),
            constant_rounds!("144" $([$s0 $s1 $block])*),
            constant_rounds!("160" $([$s0 $s1 $block])*),
            constant_rounds!("176" $([$s0 $s1 $block])*),
            constant_rounds!("192" $([$s0 $s1 $block])*),
            constant_rounds!("208" $([$s0 $s1 $block])*),
            constant_rounds!("224" $([$s0 $s1 $block])*),
            constant_rounds!("240" $([$s0 $s1 $block])*),
        )
    };
}

/// Four rounds in each lane of [`compress_in_memory`], with the message words at `w0`. Leaves
/// these words in the lane's own register.
macro_rules! rounds_from_memory {
    ($at:literal $([$abef:literal $cdgh:literal $last:literal $lane:literal])* $w0:literal) => {
        concat!($(lines!(
            concat!("movdqa ", $last, ", [rdx + ", $lane, " + ", $w0, "]"),
            concat!("movdqa xmm0, [rcx + {k} + ", $at, "]"),
            concat!("paddd xmm0, ", $last),
            concat!("sha256rnds2 ", $cdgh, ", ", $abef),
            "pshufd xmm0, xmm0, 0x0e",
            concat!("sha256rnds2 ", $abef, ", ", $cdgh),
        )),*)
    };
}

/// As [`rounds_from_memory`], after scheduling the words.
macro_rules! scheduled_rounds_in_memory {
    (
        $at:literal $([$abef:literal $cdgh:literal $last:literal $lane:literal])*
        $w0:literal $w1:literal $w2:literal
    ) => {
        concat!($(lines!(
            concat!("movdqa xmm13, ", $last),
            concat!("movdqa xmm14, ", $last),
            concat!("movdqa ", $last, ", [rdx + ", $lane, " + ", $w0, "]"),
            concat!("sha256msg1 ", $last, ", [rdx + ", $lane, " + ", $w1, "]"),
            concat!("palignr xmm13, [rdx + ", $lane, " + ", $w2, "], 4"),
            concat!("paddd ", $last, ", xmm13"),
            concat!("sha256msg2 ", $last, ", xmm14"),
            concat!("movdqa [rdx + ", $lane, " + ", $w0, "], ", $last),
            concat!("movdqa xmm0, [rcx + {k} + ", $at, "]"),
            concat!("paddd xmm0, ", $last),
            concat!("sha256rnds2 ", $cdgh, ", ", $abef),
            "pshufd xmm0, xmm0, 0x0e",
            concat!("sha256rnds2 ", $abef, ", ", $cdgh),
        )),*)
    };
}

/// As [`compress`], for more lanes than fit the registers: a lane is its two state registers, the
/// register of its newest message words, and where its words stand in the scratch memory at rdx.
macro_rules! compress_in_memory {
    ($([$s0:literal $s1:literal $last:literal $lane:literal])*) => {
        concat!(
            rounds_from_memory!("0" $([$s0 $s1 $last $lane])* "0"),
            rounds_from_memory!("16" $([$s0 $s1 $last $lane])* "16"),
            rounds_from_memory!("32" $([$s0 $s1 $last $lane])* "32"),
            rounds_from_memory!("48" $([$s0 $s1 $last $lane])* "48"),
            scheduled_rounds_in_memory!("64" $([$s0 $s1 $last $lane])* "0" "16" "32"),
            scheduled_rounds_in_memory!("80" $([$s0 $s1 $last $lane])* "16" "32" "48"),
            scheduled_rounds_in_memory!("96" $([$s0 $s1 $last $lane])* "32" "48" "0"),
            scheduled_rounds_in_memory!("112" $([$s0 $s1 $last $lane])* "48" "0" "16"),
            scheduled_rounds_in_memory!("128" $([$s0 $s1 $last $lane])* "0" "16" "32"),
            scheduled_rounds_in_memory!("144" $([$s0 $s1 $last $lane])* "16" "32" "48"),
            scheduled_rounds_in_memory!("160" $([$s0 $s1 $last $lane])* "32" "48" "0"),
            scheduled_rounds_in_memory!("176" $([$s0 $s1 $last $lane])* "48" "0" "16"),
            scheduled_rounds_in_memory!("192" $([$s0 $s1 $last $lane])* "0" "16" "32"),
            scheduled_rounds_in_memory!("208" $([$s0 $s1 $last $lane])* "16" "32" "48"),
            scheduled_rounds_in_memory!("224" $([$s0 $s1 $last $lane])* "32" "48" "0"),
            scheduled_rounds_in_memory!("240" $([$s0 $s1 $last $lane])* "48" "0" "16"),
        )
    };
}
