//! The Merkle tree over a batch of one-time prekeys, so that one signature serves them all.
//!
//! The hashing of RFC 9162 section 2.1: a leaf is `SHA-256(0x00 || data)`, a node is
//! `SHA-256(0x01 || left || right)`, and the last node of a level of odd length moves up as it is.
//! The length of a path follows from index and leaf count, so it is not encoded.

use alloc::vec;
use alloc::vec::Vec;

use crate::primitives::Hmac;

pub(super) type Node = [u8; 32];

/// All nodes of a tree, leaves first.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    levels: Vec<Vec<Node>>,
}

impl Tree {
    pub(super) fn new<H: Hmac>(leaves: Vec<Node>) -> Self {
        let mut levels = vec![leaves];
        while let Some(level) = levels.last().filter(|level| level.len() > 1) {
            let above = level
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => node::<H>(left, right),
                    // An odd one out moves up as it is.
                    odd => odd.first().copied().unwrap_or_default(),
                })
                .collect();
            levels.push(above);
        }
        Self { levels }
    }

    pub(super) fn root(&self) -> Node {
        self.levels
            .last()
            .and_then(|level| level.first())
            .copied()
            .unwrap_or_default()
    }

    /// The siblings from the leaf at `index` up to the root.
    pub(super) fn path(&self, index: u32) -> Vec<Node> {
        let mut path = Vec::new();
        let mut index = usize::try_from(index).unwrap_or(usize::MAX);
        for level in &self.levels {
            path.extend(level.get(index ^ 1));
            index >>= 1;
        }
        path
    }
}

pub(super) fn leaf<H: Hmac>(data: &[&[u8]]) -> Node {
    let mut parts: Vec<&[u8]> = vec![&[0x00]];
    parts.extend_from_slice(data);
    H::sha256(&parts)
}

/// How many nodes the path of leaf `index` of `count` has.
pub(super) fn path_len(index: u32, count: u32) -> usize {
    Climb { index, count }
        .filter(|step| *step != Step::Alone)
        .count()
}

/// The root that a path of the right length leads to.
pub(super) fn root_of<H: Hmac>(leaf: Node, index: u32, count: u32, path: &[Node]) -> Node {
    let mut siblings = path.iter();
    Climb { index, count }.fold(leaf, |current, step| match step {
        Step::Alone => current,
        Step::Left => siblings
            .next()
            .map_or(current, |right| node::<H>(&current, right)),
        Step::Right => siblings
            .next()
            .map_or(current, |left| node::<H>(left, &current)),
    })
}

fn node<H: Hmac>(left: &Node, right: &Node) -> Node {
    H::sha256(&[&[0x01], left, right])
}

/// Where a node stands within its pair.
#[derive(PartialEq, Eq)]
enum Step {
    Left,
    Right,
    Alone,
}

/// The way from a leaf to the root, level by level.
struct Climb {
    index: u32,
    count: u32,
}

impl Iterator for Climb {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        if self.count <= 1 {
            return None;
        }
        let step = match (self.index & 1, self.index ^ 1) {
            (1, _) => Step::Right,
            (_, sibling) if sibling < self.count => Step::Left,
            _ => Step::Alone,
        };
        self.index >>= 1;
        self.count = self.count.div_ceil(2);
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

    use super::*;
    use crate::primitives::PrimitiveError;

    /// Not a hash, but different for different short inputs: enough to see who is combined with
    /// whom.
    struct Toy;

    impl Hmac for Toy {
        fn sha256(parts: &[&[u8]]) -> [u8; 32] {
            let mut out = [0_u8; 32];
            let mut state = 0x9e37_79b9_u32;
            for byte in parts.concat() {
                state = (state ^ u32::from(byte))
                    .wrapping_mul(0x0100_0193)
                    .rotate_left(5);
            }
            for chunk in out.chunks_mut(4) {
                state = state.wrapping_mul(0x85eb_ca6b).rotate_left(13);
                chunk.copy_from_slice(&state.to_be_bytes());
            }
            out
        }
        fn hmac(_: &[u8], _: &[&[u8]], _: &mut [u8; 32]) {}
        fn hkdf_expand(_: &[u8; 32], _: &[u8], _: &mut [u8]) -> Result<(), PrimitiveError> {
            Ok(())
        }
    }

    /// The recursive definition of RFC 9162 section 2.1.1.
    fn reference(leaves: &[Node]) -> Node {
        match leaves {
            [] => [0; 32],
            [leaf] => *leaf,
            _ => {
                let mut split = 1;
                while split * 2 < leaves.len() {
                    split *= 2;
                }
                node::<Toy>(&reference(&leaves[..split]), &reference(&leaves[split..]))
            }
        }
    }

    #[test]
    fn every_path_leads_to_the_root_of_the_rfc() {
        for count in 1..=33_u32 {
            let leaves: Vec<Node> = (0..count)
                .map(|i| leaf::<Toy>(&[&i.to_be_bytes()]))
                .collect();
            let tree = Tree::new::<Toy>(leaves.clone());
            assert_eq!(tree.root(), reference(&leaves));
            for (index, leaf) in (0..count).zip(&leaves) {
                let path = tree.path(index);
                assert_eq!(path.len(), path_len(index, count));
                assert_eq!(root_of::<Toy>(*leaf, index, count, &path), tree.root());
                if count > 1 {
                    let other = (index + 1) % count;
                    assert_ne!(root_of::<Toy>(*leaf, other, count, &path), tree.root());
                }
            }
        }
    }
}
