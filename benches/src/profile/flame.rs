//! Draws a flame graph: one SVG, no script, legible on a light and on a dark page.
//!
//! The width of a box is the share of samples in which its function was on the stack; callers
//! stand below what they called. Tool tips tell the whole name and the share.

use std::fmt::Write as _;

use super::stacks::Stacks;

const WIDTH: f64 = 1200.0;
const ROW: f64 = 17.0;
const MARGIN: f64 = 10.0;
const HEADER: f64 = 44.0;
/// Of the font below, about.
const CHARACTER: f64 = 6.6;
/// Narrower boxes are not drawn; what they stand for still widens their callers.
const NARROWEST: f64 = 0.6;

const STYLE: &str = "\
text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#1b1b1b}\
.t{font-size:14px;font-weight:bold}.n,.t{fill:#222}rect{stroke:#fff;stroke-width:.5}\
.b{fill:#fff;stroke:none}\
@media(prefers-color-scheme:dark){.b{fill:#161616}.n,.t{fill:#ddd}rect{stroke:#161616}}";

/// The flame graph of `stacks`, with a title.
pub(super) fn draw(stacks: &Stacks, title: &str) -> String {
    let height = HEADER + ROW * stacks.depth().max(1) as f64 + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\"><title>{0}</title><style>{STYLE}</style>\
         <rect class=\"b\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"t\" x=\"{MARGIN}\" y=\"18\">{0}</text>\
         <text class=\"n\" x=\"{MARGIN}\" y=\"34\">{1} samples; width is the share of time, callers \
         below what they call; inlined functions count to their callers</text>\n",
        escaped(title),
        stacks.samples(),
    );
    let scale = (WIDTH - 2.0 * MARGIN) / stacks.samples().max(1) as f64;
    let mut pen = Pen {
        svg: &mut svg,
        scale,
        all: stacks.samples(),
    };
    pen.boxes(stacks, MARGIN, height - MARGIN - ROW);
    svg.push_str("</svg>\n");
    svg
}

struct Pen<'a> {
    svg: &'a mut String,
    /// Width of one sample.
    scale: f64,
    all: u64,
}

impl Pen<'_> {
    /// Draws everything that was called from `node`, from `x` on with its lowest row at `y`.
    fn boxes(&mut self, node: &Stacks, mut x: f64, y: f64) {
        for (name, called) in node.called() {
            let width = called.samples() as f64 * self.scale;
            if width >= NARROWEST {
                self.one(name, called.samples(), [x, y, width]);
                self.boxes(called, x, y - ROW);
            }
            x += width;
        }
    }

    fn one(&mut self, name: &str, samples: u64, [x, y, width]: [f64; 3]) {
        let share = 100.0 * samples as f64 / self.all as f64;
        // Writing to a string cannot fail.
        let _ = write!(
            self.svg,
            "<g><title>{} {share:.1} %</title><rect x=\"{x:.1}\" y=\"{y:.0}\" width=\"{width:.1}\" \
             height=\"{ROW}\" rx=\"2\" fill=\"{}\"/>",
            escaped(name),
            colour(name),
        );
        let room = ((width - 6.0) / CHARACTER).max(0.0) as usize;
        if room >= 3 {
            let _ = write!(
                self.svg,
                "<text x=\"{:.1}\" y=\"{:.0}\">{}</text>",
                x + 3.0,
                y + 12.0,
                escaped(&fitted(&short(name), room)),
            );
        }
        self.svg.push_str("</g>\n");
    }
}

/// A colour that depends on the library only, so that libraries can be told apart.
fn colour(name: &str) -> String {
    let hash = library(name).bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    format!("hsl({},70%,70%)", 10 + hash % 190)
}

/// The crate that a function belongs to; for functions in C what their names begin with, if that
/// tells.
fn library(name: &str) -> &str {
    let path = name.trim_start_matches(['<', '&', '(']);
    match path.split_once("::") {
        Some((library, _)) => library,
        None if path.starts_with("aws_lc_") => "aws_lc",
        None if path.starts_with("ring_core_") => "ring",
        None => "C",
    }
}

/// The last two parts of a path, without what it is generic over.
fn short(name: &str) -> String {
    let mut depth = 0_usize;
    let mut plain = String::new();
    for character in name.chars() {
        match character {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    let parts: Vec<&str> = plain.split("::").filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [] => name.into(),
        [.., owner, last] if depth == 0 => format!("{owner}::{last}"),
        [.., last] => last.into(),
    }
}

fn fitted(name: &str, room: usize) -> String {
    if name.chars().count() <= room {
        return name.into();
    }
    let mut fitted: String = name.chars().take(room.saturating_sub(1)).collect();
    fitted.push('…');
    fitted
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_as_wide_as_their_share_and_stand_on_their_callers() {
        let mut stacks = Stacks::default();
        stacks.add(&["a::turn".into(), "<b::X as T<u8>>::agree".into()], 3);
        stacks.add(&["a::turn".into()], 1);
        let svg = draw(&stacks, "turn & more");
        assert!(svg.contains("<title>turn &amp; more</title>"));
        assert!(svg.contains("&lt;b::X as T&lt;u8&gt;&gt;::agree 75.0 %"));
        let boxes: Vec<&str> = svg.lines().filter(|line| line.starts_with("<g>")).collect();
        assert!(boxes[0].contains("width=\"1180.0\"") && boxes[0].contains("y=\"61\""));
        assert!(boxes[1].contains("width=\"885.0\"") && boxes[1].contains("y=\"44\""));
        assert!(!svg.contains("<script"));
    }

    #[test]
    fn a_library_has_one_colour_in_rust_and_in_c() {
        assert_eq!(
            library("ring_core_0_17_14__gcm_init"),
            library("ring::aead::seal")
        );
        assert_eq!(library("<sprag_core::A as B>::c"), "sprag_core");
        assert_eq!(
            library("aws_lc_0_47_0_X25519"),
            library("aws_lc_0_47_0_AES_encrypt")
        );
        assert_eq!(library("malloc"), library("pkey_x25519_derive"));
    }

    #[test]
    fn long_names_are_shortened_to_what_tells_them_apart() {
        assert_eq!(
            short("core::ops::FnOnce<u8>::call_once"),
            "FnOnce::call_once"
        );
        assert_eq!(short("<b::X as T<u8>>::agree"), "agree");
        assert_eq!(
            short("aesni_ctr32_encrypt_blocks"),
            "aesni_ctr32_encrypt_blocks"
        );
        assert_eq!(fitted("abcdefgh", 4), "abc…");
    }
}
