//! A program whose instructions are counted by `count.c`, beside this folder's `src`: it does one
//! operation so often as it is told, after a set-up that does not depend on how often.
//!
//! Two runs that differ by one operation differ by its instructions and nothing else. The paths are
//! those of the kernel, or portable where a processor without the instructions is emulated. What
//! does not live here: any clock.

mod talk;

use std::env;
use std::hint::black_box;
use std::process::ExitCode;

use sprag_backends::kernel::{self, Aes256Gcm, HmacSha256};
use sprag_core::primitives::{Aead, Hmac};

use talk::Talk;

const USAGE: &str = "usage: sprag-counted step|seal-64|seal-1350|open-64|open-1350|message-64 COUNT
       sprag-counted paths";
/// As often as an operation can be done: inputs are made beforehand.
const MOST: usize = 32;
/// Length of the associated data of a message in bytes: session identifier and header.
const AAD: [u8; 72] = [3; 72];
const NONCE: [u8; 12] = [2; 12];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["paths"] => {
            for path in kernel::paths() {
                println!("{}: {}", path.primitive, path.instructions);
            }
            Ok(())
        }
        [operation, count] => match count.parse() {
            Ok(count) if count <= MOST => run(operation, count),
            _ => Err(format!("COUNT is a number up to {MOST}, not {count:?}")),
        },
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("sprag-counted: {wrong}");
            ExitCode::from(2)
        }
    }
}

fn run(operation: &str, count: usize) -> Result<(), String> {
    match operation {
        "step" => {
            steps(count);
            Ok(())
        }
        "seal-64" => sealed(64, count),
        "seal-1350" => sealed(1350, count),
        "open-64" => opened(64, count),
        "open-1350" => opened(1350, count),
        "message-64" => Talk::begin()?.encrypt(64, count),
        _ => Err(USAGE.into()),
    }
}

fn steps(count: usize) {
    let mut chain_key = [1; 32];
    let mut message_key = [0; 32];
    for _ in 0..count {
        let mut next = [0; 32];
        HmacSha256::chain_step(black_box(&chain_key), &mut message_key, &mut next);
        chain_key = next;
    }
    black_box((chain_key, message_key));
}

/// A message under a key of its own.
struct Letter {
    key: [u8; 32],
    text: Vec<u8>,
    tag: [u8; 16],
}

impl Letter {
    fn seal(&mut self) -> Result<(), String> {
        let key = black_box(&self.key);
        self.tag = Aes256Gcm::seal_once(key, &NONCE, &AAD, &mut self.text)
            .map_err(|error| format!("seal_once: {error}"))?;
        Ok(())
    }

    fn open(&mut self) -> Result<(), String> {
        let key = black_box(&self.key);
        Aes256Gcm::open_once(key, &NONCE, &AAD, &mut self.text, &self.tag)
            .map_err(|error| format!("open_once: {error}"))
    }
}

fn letters(size: usize) -> Vec<Letter> {
    let letter = |number: usize| Letter {
        key: [number as u8; 32],
        text: vec![7; size],
        tag: [0; 16],
    };
    (0..=MOST).map(letter).collect()
}

fn sealed(size: usize, count: usize) -> Result<(), String> {
    let mut letters = letters(size);
    // Detects the processor and fills what is filled once.
    letters.iter_mut().try_for_each(Letter::seal)?;
    letters.iter_mut().take(count).try_for_each(Letter::seal)?;
    black_box(letters);
    Ok(())
}

fn opened(size: usize, count: usize) -> Result<(), String> {
    let mut letters = letters(size);
    letters.iter_mut().try_for_each(Letter::seal)?;
    let mut first = letters.pop().ok_or("no letters")?;
    first.open()?;
    letters.iter_mut().take(count).try_for_each(Letter::open)?;
    let opened = letters.iter().take(count).chain([&first]);
    for letter in opened {
        if letter.text.len() != size {
            return Err("an opened message is not the sealed one".into());
        }
    }
    black_box(letters);
    Ok(())
}
