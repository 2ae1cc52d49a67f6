//! Keys of stores: devices at rest, wrapped keys, the history, backups.

use sprag::lifecycle::KeyKind;
use sprag::sprag_core::{FileBackend, PqBackend};

use crate::lives::storage::{backup, durable, history, key_ring, objects};
use crate::support::on_every_backend;
use crate::{Tallied, leaves_nothing};

#[test]
fn nothing_is_left_of_what_was_at_rest() {
    on_every_backend!(at_rest);
}

fn at_rest<B: FileBackend + PqBackend>() {
    use KeyKind::{
        ChunkKey, EpochKey, FileKey, KekGeneration, RecordKey, ScopeKey, StoreKey, WrappedKey,
    };
    leaves_nothing(durable::<Tallied<B>>, &[StoreKey, RecordKey]);
    leaves_nothing(objects::<Tallied<B>>, &[KekGeneration, WrappedKey]);
    let kinds = [EpochKey, RecordKey, WrappedKey, KekGeneration];
    leaves_nothing(history::<Tallied<B>>, &kinds);
    leaves_nothing(backup::<Tallied<B>>, &[FileKey, ChunkKey, KekGeneration]);
    leaves_nothing(key_ring::<Tallied<B>>, &[ScopeKey, WrappedKey]);
}
