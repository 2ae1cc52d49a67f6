//! Records what only the build knows: compiler, flags, commit, and the libraries' versions.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The crates whose versions decide the numbers.
const MEASURED: [&str; 16] = [
    "aes",
    "aes-gcm",
    "aws-lc-rs",
    "aws-lc-sys",
    "chacha20",
    "chacha20poly1305",
    "curve25519-dalek",
    "ed25519-dalek",
    "graviola",
    "hkdf",
    "hmac",
    "libcrux-ml-kem",
    "polyval",
    "ring",
    "sha2",
    "x25519-dalek",
];

/// Those that are in it only with the feature `peers`.
const PEERS: [&str; 2] = ["snow", "vodozemac"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RUSTFLAGS");
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    emit("RUSTC", &output(Command::new(rustc).arg("--version")));
    for name in ["PROFILE", "OPT_LEVEL", "TARGET", "CARGO_CFG_TARGET_FEATURE"] {
        emit(name, &env::var(name).unwrap_or_default());
    }
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    emit("FLAGS", &flags.replace('\u{1f}', " "));
    emit("COMMIT", &output(git().args(["rev-parse", "HEAD"])));
    for file in ["HEAD", "logs/HEAD"] {
        rerun_if_there(&output(git().args(["rev-parse", "--git-path", file])));
    }
    let lock = Path::new("..").join("Cargo.lock");
    rerun_if_there(&lock.to_string_lossy());
    emit(
        "LIBRARIES",
        &versions(&fs::read_to_string(lock).unwrap_or_default()),
    );
    wrap_malloc();
    find_graviola();
    find_software();
}

/// Sends every `malloc` and `free` of the program's C parts through `c_malloc.rs`, which counts them.
fn wrap_malloc() {
    println!("cargo::rustc-check-cfg=cfg(counts_c)");
    let os = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let abi = env::var("CARGO_CFG_TARGET_ENV").unwrap_or_default();
    if os == "linux" && abi == "gnu" {
        println!("cargo::rustc-cfg=counts_c");
        println!("cargo::rustc-link-arg-bins=-Wl,--wrap=malloc,--wrap=free");
    }
}

/// Says whether the backend is there for this target.
fn find_graviola() {
    println!("cargo::rustc-check-cfg=cfg(graviola)");
    let arch = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    if arch == "x86_64" || arch == "aarch64" {
        println!("cargo::rustc-cfg=graviola");
    }
}

/// Says whether RustCrypto was made to do without the processor's instructions for AES and SHA-256,
/// as `scripts/ladder` does.
fn find_software() {
    println!("cargo::rustc-check-cfg=cfg(software)");
    let backends = ["AES", "POLYVAL", "SHA2"].map(|name| format!("CARGO_CFG_{name}_BACKEND"));
    if backends
        .iter()
        .all(|name| env::var(name).is_ok_and(|value| value == "soft"))
    {
        println!("cargo::rustc-cfg=software");
    }
}

fn emit(name: &str, value: &str) {
    println!("cargo::rustc-env=SPRAG_BUILD_{name}={value}");
}

fn rerun_if_there(path: &str) {
    if Path::new(path).exists() {
        println!("cargo::rerun-if-changed={path}");
    }
}

fn git() -> Command {
    Command::new("git")
}

fn output(command: &mut Command) -> String {
    command
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|text| text.trim().to_owned())
        .unwrap_or_default()
}

/// `name version` of every measured crate in the lock file, separated by commas.
fn versions(lock: &str) -> String {
    let field = |line: &str, key: &str| {
        line.strip_prefix(key)
            .map(|rest| rest.trim_matches([' ', '=', '"']).to_owned())
    };
    let with_peers = env::var_os("CARGO_FEATURE_PEERS").is_some();
    let peers: &[&str] = if with_peers { &PEERS } else { &[] };
    let mut found = Vec::new();
    let mut name = String::new();
    for line in lock.lines() {
        if let Some(value) = field(line, "name") {
            name = value;
        } else if let Some(version) = field(line, "version")
            && (MEASURED.contains(&name.as_str()) || peers.contains(&name.as_str()))
        {
            found.push(format!("{name} {version}"));
        }
    }
    found.join(",")
}
