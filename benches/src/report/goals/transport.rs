//! The goals of channels between client and server.

use super::{Add, Limit, MIXED, Rows};

pub(super) fn transport(rows: &Rows<'_>, goal: &mut Add<'_>) {
    for (name, workload) in [
        ("seal", "transport/record/seal"),
        ("open", "transport/record/open"),
    ] {
        let worst = rows.worst_by_floor(|row| row.workload == workload && row.size == Some(16384));
        goal(
            &format!("6. {name} a record of 16 KiB by the bare cipher, the worst backend"),
            Limit::AtMost(1.05),
            worst,
        );
    }
    for pattern in ["NK", "XX", "IK", "KK"] {
        let workload = format!("peers/noise/{pattern}");
        for (backend, limit) in [("rustcrypto", 1.0), (MIXED, 1.5)] {
            let mut found = rows.of(&workload, backend);
            let baseline = found.find_map(|row| row.baseline.as_ref());
            goal(
                &format!("6. handshake {pattern} on {backend}: times as fast as snow"),
                Limit::AtLeast(limit),
                baseline.map(|baseline| baseline.gain.p50),
            );
        }
    }
    for (name, strategy) in [
        ("a ticket", "nnpsk0"),
        ("a ticket and the server's key", "nkpsk0"),
    ] {
        goal(
            &format!("   resuming by {name}: times as fast as IK"),
            Limit::Any,
            rows.gain("transport/resume", None, 1, Some(strategy)),
        );
    }
}
