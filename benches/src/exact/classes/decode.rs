//! Which class an x86-64 instruction is of, by its encoding: prefixes, VEX, EVEX and opcode.
//!
//! It is no disassembler: operands are not looked at, and instructions of no class are not told
//! from each other.
//!
//! Invariant: no byte beyond the opcode is asked for, so none past the end of the instruction is.

use super::Class;

/// What an instruction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exact) enum Kind {
    /// An instruction of no class.
    Plain,
    /// An instruction that goes on at the same place until it is done, such as `rep movsb`.
    Repeated,
    /// An instruction of a class.
    Of(Class),
}

/// The kind of the instruction whose bytes are `code`; asks for the bytes up to its opcode only.
pub(in crate::exact) fn kind(mut code: impl Iterator<Item = u8>) -> Kind {
    // Bytes that cannot be executed are of no class.
    decoded(&mut code).unwrap_or(Kind::Plain)
}

/// The maps of opcodes as VEX and EVEX number them: those after 0F, 0F 38, 0F 3A.
const MAP_0F: u8 = 1;
const MAP_0F38: u8 = 2;
const MAP_0F3A: u8 = 3;

fn decoded(code: &mut impl Iterator<Item = u8>) -> Option<Kind> {
    let (mut operand_size, mut repeat) = (false, false);
    let opcode = loop {
        match code.next()? {
            0x66 => operand_size = true,
            0xf2 | 0xf3 => repeat = true,
            // Segments, address size, lock, REX.
            0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 | 0x67 | 0xf0 | 0x40..=0x4f => {}
            opcode => break opcode,
        }
    };
    Some(match opcode {
        // In 64-bit code these three are nothing else.
        0xc5 => {
            let last = code.next()?;
            vex(MAP_0F, last, code.next()?)
        }
        0xc4 => {
            let map = code.next()? & 0x1f;
            let last = code.next()?;
            vex(map, last, code.next()?)
        }
        0x62 => {
            let map = code.next()? & 7;
            let last = code.nth(1)?;
            evex(map, last, code.next()?)
        }
        0x0f => legacy(code, operand_size, repeat)?,
        0x6c..=0x6f | 0xa4..=0xa7 | 0xaa..=0xaf if repeat => Kind::Repeated,
        _ => Kind::Plain,
    })
}

fn legacy(code: &mut impl Iterator<Item = u8>, operand_size: bool, repeat: bool) -> Option<Kind> {
    let map = match code.next()? {
        0x38 => MAP_0F38,
        0x3a => MAP_0F3A,
        _ => return Some(Kind::Plain),
    };
    Some(match (map, code.next()?) {
        (MAP_0F38, 0xcb) => Kind::Of(Class::ShaRounds),
        (MAP_0F38, 0xcc | 0xcd) => Kind::Of(Class::ShaMessage),
        (MAP_0F38, 0xf6) if operand_size || repeat => Kind::Of(Class::Adx),
        (map, opcode) if operand_size => cipher(map, opcode, Length::L128),
        _ => Kind::Plain,
    })
}

/// Length of vectors in bits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    L128,
    L256,
    L512,
}

/// AES and carry-less products, which are the same opcodes in every encoding.
fn cipher(map: u8, opcode: u8, length: Length) -> Kind {
    let class = match (map, opcode) {
        (MAP_0F38, 0xdc..=0xdf) => match length {
            Length::L128 => Class::Aes,
            Length::L256 => Class::Vaes256,
            Length::L512 => Class::Vaes512,
        },
        (MAP_0F38, 0xdb) | (MAP_0F3A, 0xdf) => Class::AesKey,
        (MAP_0F3A, 0x44) => match length {
            Length::L128 => Class::Pclmul,
            Length::L256 => Class::Vpclmul256,
            Length::L512 => Class::Vpclmul512,
        },
        _ => return Kind::Plain,
    };
    Kind::Of(class)
}

/// `last` is the last byte of the prefix: length in bit 2, then the implied legacy prefix.
fn vex(map: u8, last: u8, opcode: u8) -> Kind {
    const IMPLIED_66: u8 = 1;
    const IMPLIED_F2: u8 = 3;
    let long = last & 4 != 0;
    let implied = last & 3;
    let length = if long { Length::L256 } else { Length::L128 };
    if implied == IMPLIED_66
        && let Kind::Of(class) = cipher(map, opcode, length)
    {
        return Kind::Of(class);
    }
    match (map, opcode) {
        (MAP_0F38, 0xf6) if implied == IMPLIED_F2 => Kind::Of(Class::Mulx),
        // Mask registers: AVX-512, though encoded as AVX.
        (MAP_0F, 0x41..=0x4b | 0x90..=0x93 | 0x98 | 0x99) | (MAP_0F3A, 0x30..=0x33) => {
            Kind::Of(Class::Avx512)
        }
        _ if long => Kind::Of(Class::Ymm),
        _ => Kind::Plain,
    }
}

/// `last` is the last byte of the prefix, which has the length in bits 5 and 6.
fn evex(map: u8, last: u8, opcode: u8) -> Kind {
    let length = match last >> 5 & 3 {
        0 => Length::L128,
        1 => Length::L256,
        _ => Length::L512,
    };
    match cipher(map, opcode, length) {
        Kind::Of(class) => Kind::Of(class),
        _ => Kind::Of(Class::Avx512),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Listings by the disassembler of what GNU `as` 2.40 made of the instructions.
    const LISTINGS: [(Kind, &str); 15] = [
        (
            Kind::Of(Class::Aes),
            "
66 0f 38 dc ca             aesenc xmm1,xmm2
66 44 0f 38 dd 4c c8 40    aesenclast xmm9,[rax+rcx*8+0x40]
66 45 0f 38 de d3          aesdec xmm10,xmm11
66 0f 38 df ca             aesdeclast xmm1,xmm2
c4 e2 69 dc cb             vaesenc xmm1,xmm2,xmm3
c4 62 69 df 0f             vaesdeclast xmm9,xmm2,[rdi]
62 f2 6d 08 dc cb          {evex} vaesenc xmm1,xmm2,xmm3
",
        ),
        (
            Kind::Of(Class::Vaes256),
            "
c4 e2 6d dc cb             vaesenc ymm1,ymm2,ymm3
62 e2 6d 28 dd 0f          vaesenclast ymm17,ymm2,[rdi]
",
        ),
        (
            Kind::Of(Class::Vaes512),
            "
62 f2 6d 48 dc cb          vaesenc zmm1,zmm2,zmm3
62 f2 6d 48 de cb          vaesdec zmm1,zmm2,zmm3
",
        ),
        (
            Kind::Of(Class::AesKey),
            "
66 0f 3a df ca 01          aeskeygenassist xmm1,xmm2,0x1
c4 e3 79 df ca 01          vaeskeygenassist xmm1,xmm2,0x1
66 0f 38 db ca             aesimc xmm1,xmm2
c4 c2 79 db cc             vaesimc xmm1,xmm12
",
        ),
        (
            Kind::Of(Class::Pclmul),
            "
66 0f 3a 44 ca 11          pclmulhqhqdq xmm1,xmm2
66 45 0f 3a 44 cc 00       pclmullqlqdq xmm9,xmm12
c4 e3 69 44 cb 10          vpclmullqhqdq xmm1,xmm2,xmm3
",
        ),
        (
            Kind::Of(Class::Vpclmul256),
            "
c4 e3 6d 44 cb 10          vpclmullqhqdq ymm1,ymm2,ymm3
62 f3 6d 28 44 cb 10       {evex} vpclmullqhqdq ymm1,ymm2,ymm3
",
        ),
        (
            Kind::Of(Class::Vpclmul512),
            "
62 f3 6d 48 44 cb 10       vpclmullqhqdq zmm1,zmm2,zmm3
",
        ),
        (
            Kind::Of(Class::ShaRounds),
            "
0f 38 cb ca                sha256rnds2 xmm1,xmm2,xmm0
44 0f 38 cb 08             sha256rnds2 xmm9,[rax],xmm0
",
        ),
        (
            Kind::Of(Class::ShaMessage),
            "
0f 38 cc ca                sha256msg1 xmm1,xmm2
45 0f 38 cd cc             sha256msg2 xmm9,xmm12
",
        ),
        (
            Kind::Of(Class::Adx),
            "
66 48 0f 38 f6 c3          adcx rax,rbx
f3 4c 0f 38 f6 46 08       adox r8,[rsi+0x8]
66 0f 38 f6 c3             adcx eax,ebx
",
        ),
        (
            Kind::Of(Class::Mulx),
            "
c4 e2 e3 f6 c1             mulx rax,rbx,rcx
c4 62 b3 f6 06             mulx r8,r9,[rsi]
",
        ),
        (
            Kind::Of(Class::Ymm),
            "
c5 ed fe cb                vpaddd ymm1,ymm2,ymm3
c5 7e 6f 08                vmovdqu ymm9,[rax]
c4 e2 6d 00 cb             vpshufb ymm1,ymm2,ymm3
c4 e3 fd 00 ca 4e          vpermq ymm1,ymm2,0x4e
",
        ),
        (
            Kind::Of(Class::Avx512),
            "
62 f3 6d 08 25 cb 96       vpternlogd xmm1,xmm2,xmm3,0x96
62 f1 fe 48 6f 0f          vmovdqu64 zmm1,[rdi]
c5 f8 92 c8                kmovw k1,eax
c4 e1 fb 92 c8             kmovq k1,rax
c5 ec 41 cb                kandw k1,k2,k3
c5 f8 99 ca                ktestw k1,k2
62 f1 6d 48 76 cb          vpcmpeqd k1,zmm2,zmm3
",
        ),
        (
            Kind::Plain,
            "
c5 f8 77                   vzeroupper
c5 e9 fe cb                vpaddd xmm1,xmm2,xmm3
c5 7a 6f 08                vmovdqu xmm9,[rax]
c4 e2 69 00 cb             vpshufb xmm1,xmm2,xmm3
c4 e2 f1 f7 c3             shlx rax,rbx,rcx
c4 e2 e0 f2 c1             andn rax,rbx,rcx
c4 e2 e3 f5 c1             pdep rax,rbx,rcx
c4 e3 fb f0 c3 05          rorx rax,rbx,0x5
66 0f 38 00 ca             pshufb xmm1,xmm2
66 0f 3a 0f ca 08          palignr xmm1,xmm2,0x8
0f 38 c9 ca                sha1msg1 xmm1,xmm2
f3 48 0f b8 c3             popcnt rax,rbx
f2 48 0f 38 f1 c3          crc32 rax,rbx
48 0f 38 f0 03             movbe rax,[rbx]
f0 48 0f b1 18             lock cmpxchg [rax],rbx
64 48 8b 04 25 28 00 00 00 mov rax,fs:0x28
90                         nop
48 01 d8                   add rax,rbx
f3 0f 1e fa                endbr64
a4                         movs es:[rdi],ds:[rsi]
f2 c3                      bnd ret
f3 c3                      repz ret
66 0f 6f ca                movdqa xmm1,xmm2
f3 90                      pause
f3 0f 10 ca                movss xmm1,xmm2
f3 48 0f bc c3             tzcnt rax,rbx
66 0f fe ca                paddd xmm1,xmm2
",
        ),
        (
            Kind::Repeated,
            "
f3 a4                      rep movs es:[rdi],ds:[rsi]
f3 48 ab                   rep stos es:[rdi],rax
f3 a6                      repz cmps ds:[rsi],es:[rdi]
f2 ae                      repnz scas al,es:[rdi]
f3 48 a5                   rep movs es:[rdi],ds:[rsi]
",
        ),
    ];

    fn bytes(line: &str) -> Vec<u8> {
        let bytes = line.split(' ').take_while(|word| word.len() == 2);
        bytes
            .map_while(|byte| u8::from_str_radix(byte, 16).ok())
            .collect()
    }

    #[test]
    fn every_encoding_is_what_the_assembler_meant() {
        let mut checked = 0;
        for (expected, listing) in LISTINGS {
            for line in listing.lines().filter(|line| !line.is_empty()) {
                assert_eq!(kind(bytes(line).into_iter()), expected, "{line}");
                checked += 1;
            }
        }
        assert_eq!(checked, 73);
    }

    #[test]
    fn no_byte_after_the_opcode_is_asked_for() {
        // The longest of each encoding that is told by its opcode.
        for (bytes, opcode_at) in [
            (&[0x66, 0x44, 0x0f, 0x38, 0xdd, 0x4c][..], 4),
            (&[0xc4, 0xe3, 0x69, 0x44, 0xcb], 3),
            (&[0xc5, 0xed, 0xfe, 0xcb], 2),
            (&[0x62, 0xf3, 0x6d, 0x28, 0x44, 0xcb], 4),
            (&[0x0f, 0xb1, 0x18], 1),
            (&[0x48, 0x01, 0xd8], 1),
        ] {
            let mut asked = 0;
            kind(bytes.iter().copied().inspect(|_| asked += 1));
            assert_eq!(asked, opcode_at + 1, "{bytes:x?}");
        }
    }

    #[test]
    fn bytes_that_end_early_are_of_no_class() {
        for bytes in [
            &[][..],
            &[0x66],
            &[0x0f],
            &[0x0f, 0x38],
            &[0xc4, 0xe2],
            &[0x62, 0xf2, 0x6d],
        ] {
            assert_eq!(kind(bytes.iter().copied()), Kind::Plain);
        }
    }
}
