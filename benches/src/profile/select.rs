//! Which workload is meant, and on which backend.

use super::ProfileError;
use crate::backend::Backend;
use crate::workload::table::{self, Workload};

/// The workload with this identifier, or the only one whose identifier begins like this.
pub(super) fn select(asked: &str) -> Result<Workload, ProfileError> {
    let table = table::all();
    let workload = match table.iter().find(|row| row.id() == asked) {
        Some(workload) => *workload,
        None => the_only_one(&table, asked)?,
    };
    if workload.is_timed() {
        Ok(workload)
    } else {
        Err(ProfileError::NotTimed(workload.id()))
    }
}

fn the_only_one(table: &[Workload], asked: &str) -> Result<Workload, ProfileError> {
    let begin: Vec<&Workload> = table
        .iter()
        .filter(|row| row.id().starts_with(asked))
        .collect();
    match begin[..] {
        [workload] => Ok(*workload),
        [] => Err(ProfileError::NoSuchWorkload {
            asked: asked.into(),
            near: ids(table.iter().filter(|row| row.id().contains(asked))),
        }),
        _ => Err(ProfileError::Ambiguous {
            asked: asked.into(),
            candidates: ids(begin.into_iter()),
        }),
    }
}

fn ids<'a>(rows: impl Iterator<Item = &'a Workload>) -> Vec<String> {
    rows.map(Workload::id).collect()
}

/// The backend that measures best of those that `workload` is measured on, if it runs here.
pub(super) fn backend(workload: &Workload) -> Backend {
    let own = Backend::supported(workload.backends);
    if own.contains(&Backend::Mixed) {
        return Backend::Mixed;
    }
    own.first().copied().unwrap_or(Backend::REFERENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_wins_over_those_that_it_begins() {
        // `…/256` begins nothing else, `…/64` may.
        let id = "primitive/sha256/64";
        assert_eq!(select(id).unwrap().id(), id);
        assert_eq!(
            select("primitive/chain_step").unwrap().id(),
            "primitive/chain_step"
        );
    }

    #[test]
    fn a_beginning_that_fits_several_names_them_all() {
        let Err(ProfileError::Ambiguous { candidates, .. }) = select("session/turn") else {
            panic!("session/turn has two suites");
        };
        assert_eq!(candidates.len(), 2);
        assert!(candidates[0].starts_with("session/turn/SPRAG1_"));
    }

    #[test]
    fn what_fits_nothing_names_what_comes_near() {
        let Err(ProfileError::NoSuchWorkload { near, .. }) = select("hkdf") else {
            panic!("no group is called hkdf");
        };
        assert_eq!(near, ["primitive/hkdf64"]);
    }

    #[test]
    fn what_is_only_counted_is_refused() {
        let id = table::all()
            .iter()
            .find(|row| !row.is_timed())
            .unwrap()
            .id();
        assert_eq!(select(&id), Err(ProfileError::NotTimed(id.clone())));
    }
}
