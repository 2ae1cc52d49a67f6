//! The verb `gate`: what it refuses, and with which exit code.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A repository with a project that has nothing under the gate, and its manifest.
struct Project {
    folder: PathBuf,
}

impl Project {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        // A former run may have left it.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = "[package]\nname = \"bare\"\nedition = \"2024\"\n\n[workspace]\n";
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        let project = Self { folder };
        project.git(&["init", "--quiet"]);
        project.git(&["add", "Cargo.toml", "src"]);
        let author = ["-c", "user.name=gate", "-c", "user.email=gate@invalid"];
        project.git(&[&author[..], &["commit", "--quiet", "-m", "Begin"]].concat());
        project
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        let status = git.args(arguments).current_dir(&self.folder).status();
        assert!(status.unwrap().success(), "git {arguments:?}");
    }

    /// Runs the gate; gives its exit code and what it complains about.
    fn gate(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_sprag-bench"))
            .arg("gate")
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), complaint)
    }
}

#[test]
fn bad_usage_is_told_with_exit_code_2() {
    let project = Project::new("gate-usage");
    fs::write(project.folder.join("intended.txt"), "\ntime x +5%\n").unwrap();
    for (arguments, complaint) in [
        (&[][..], "--base"),
        (
            &["--base", "HEAD", "--layers", "speed"],
            "unknown layer \"speed\"",
        ),
        (&["--base", "HEAD", "--filter", "("], "regex parse error"),
        (&["--base", "nowhere"], "there is no revision nowhere"),
        (&["--base", "--all"], "--base"),
        (
            &["--base", "HEAD", "--head", "nowhere"],
            "there is no revision nowhere",
        ),
        (
            &["--base", "HEAD", "--manifest", "no/Cargo.toml"],
            "there is no project",
        ),
        (
            &["--base", "HEAD", "--intended", "intended.txt"],
            "line 2: a reason is missing",
        ),
    ] {
        let (code, complained) = project.gate(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {complained}");
        assert!(
            complained.contains(complaint),
            "{arguments:?}: {complained}"
        );
    }
}

#[test]
fn a_base_without_a_gate_is_inconclusive() {
    let project = Project::new("gate-none");
    let (code, complained) = project.gate(&["--base", "HEAD"]);
    assert_eq!(code, Some(4), "{complained}");
    assert!(
        complained.contains("has no target gate-workloads"),
        "{complained}"
    );
}
