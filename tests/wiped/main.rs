//! The memory of secrets is wiped: after everything that held them is dropped, this process searches its
//! own memory for them, on every backend.
//!
//! Each part runs in a process of its own, this program again, so that one part's memory is not
//! another's. What is left on the heap is held to [`EXCEPTIONS`], both ways: a new leak fails, and so does
//! an exception that is none any more. What is left on the stack is printed and not held to anything: it
//! differs with the compiler and its optimisation.

#[cfg(target_os = "linux")]
mod engine;
#[cfg(target_os = "linux")]
#[path = "../support/lives/mod.rs"]
mod lives;
#[cfg(target_os = "linux")]
mod measured;
#[path = "../support/mod.rs"]
mod support;

/// What libraries leave on the heap, by backend and case. README.md lists the same.
#[cfg(target_os = "linux")]
const EXCEPTIONS: &[(&str, &str)] = &[
    // `LessSafeKey` is not wiped.
    ("ring", "AES-256-GCM, prepared"),
    ("ring", "ChaCha20-Poly1305, prepared"),
    ("ring", "engine: channels"),
    ("ring", "engine: datagrams"),
    ("mixed", "AES-256-GCM, prepared"),
    ("mixed", "ChaCha20-Poly1305, prepared"),
    ("mixed", "engine: channels"),
    ("mixed", "engine: datagrams"),
];

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--measure", backend, part] => measured::measure(backend, part),
        // Asked for tests by name, or for a list of them: this one has no name.
        ["--list", ..] => {}
        [first, ..] if !first.starts_with('-') => {}
        _ => return measured::judge(EXCEPTIONS),
    }
    std::process::ExitCode::SUCCESS
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("NOT RUN: memory is read on Linux only");
}
