//! Argon2id over the crate `argon2`: none of the other libraries has it, so every backend takes it
//! from here.

extern crate alloc;

use alloc::vec::Vec;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use sprag_core::primitives::{PasswordCost, PasswordHash, PrimitiveError};
use zeroize::Zeroize;

use crate::provenance::{Row, Wipes};

/// Argon2id version 0x13 (RFC 9106) from `argon2`, its lanes one after the other. The memory is
/// wiped.
#[derive(Clone, Copy, Debug)]
pub struct Argon2id;

impl PasswordHash for Argon2id {
    fn argon2id(
        password: &[u8],
        salt: &[u8; 16],
        cost: &PasswordCost,
        hash: &mut [u8; 32],
    ) -> Result<(), PrimitiveError> {
        hash.fill(0);
        let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(hash.len()))
            .map_err(|_| PrimitiveError::InvalidLength)?;
        let count = params.block_count();
        let mut memory = Vec::new();
        memory
            .try_reserve_exact(count)
            .map_err(|_| PrimitiveError::Library)?;
        memory.resize(count, Block::default());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let outcome = argon2.hash_password_into_with_memory(password, salt, hash, &mut memory[..]);
        memory.iter_mut().for_each(Zeroize::zeroize);
        outcome.map_err(|_| {
            hash.zeroize();
            PrimitiveError::InvalidLength
        })
    }
}

/// The row of every backend.
pub const PROVENANCE: Row = Row {
    primitive: "Argon2id",
    library: "argon2",
    wipes: Wipes::Yes,
    note: "portable code, one thread whatever the lanes",
};
