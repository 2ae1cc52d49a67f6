//! Which instructions every library takes here: a few seconds' witness, for records and `doctor`.

use sprag_backends::kernel;

use super::executed::Executed;
use super::subject::{primitive, sized};
use crate::backend::Backend;
use crate::host::PathTaken;
use crate::workload::primitive::PrimitiveWork as P;
use crate::workload::table::Workload;

/// Stops for each: the accelerated loop of every one of them has begun by then.
const LIMIT: u64 = 6_000;

fn subjects() -> [(&'static str, Workload); 5] {
    [
        (
            "AES-256-GCM",
            sized(
                1024,
                primitive("primitive/aes256gcm_seal_fresh", P::Aes256GcmSealFresh),
            ),
        ),
        (
            "ChaCha20-Poly1305",
            sized(
                1024,
                primitive(
                    "primitive/chacha20poly1305_seal_fresh",
                    P::ChaCha20Poly1305SealFresh,
                ),
            ),
        ),
        (
            "SHA-256",
            sized(1024, primitive("primitive/sha256", P::Sha256)),
        ),
        (
            "HMAC chain step",
            primitive("primitive/chain_step", P::ChainStep),
        ),
        (
            "X25519",
            primitive("primitive/x25519_agree", P::X25519Agree),
        ),
    ]
}

/// What each of `backends` executes, of the primitives that processors have instructions for; takes
/// some seconds. Where instructions cannot be seen, what our own kernel says of itself.
#[must_use]
pub fn taken(backends: &[Backend]) -> Vec<PathTaken> {
    seen(backends).unwrap_or_else(derived)
}

/// `None` where instructions cannot be counted, or a result is wrong.
fn seen(backends: &[Backend]) -> Option<Vec<PathTaken>> {
    let mut paths = Vec::new();
    for (name, workload) in subjects() {
        for &backend in backends {
            let executed = Executed::of(&workload, backend, LIMIT).ok()?;
            let classes = executed.classes.present();
            let classes: Vec<&str> = classes.map(|(class, _)| class.name()).collect();
            paths.push(PathTaken {
                backend: backend.name().into(),
                primitive: name.into(),
                path: if classes.is_empty() {
                    "none of the accelerated ones".into()
                } else {
                    classes.join(", ")
                },
                known: "measured".into(),
            });
        }
    }
    Some(paths)
}

fn derived() -> Vec<PathTaken> {
    let paths = kernel::paths().into_iter();
    let paths = paths.map(|path| PathTaken {
        backend: Backend::Mixed.name().into(),
        primitive: path.primitive.into(),
        path: path.instructions.into(),
        known: "derived".into(),
    });
    paths.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_seen_to_take_the_path_that_it_names() {
        let paths = taken(&[Backend::Mixed]);
        let aes = paths.iter().find(|path| path.primitive == "AES-256-GCM");
        let aes = aes.unwrap();
        let named = kernel::paths().into_iter();
        let named = named.map(|path| path.instructions).collect::<Vec<_>>();
        if aes.known == "measured" {
            let says_vaes = named.iter().any(|name| name.contains("VAES"));
            assert_eq!(aes.path.contains("vaes"), says_vaes, "{aes:?} {named:?}");
        } else {
            assert!(named.contains(&aes.path.as_str()));
        }
    }
}
