//! From a revision to a library: a worktree under the target folder, built as the head is.
//!
//! Libraries of commits are kept, under a name of everything that they depend on; the worktrees
//! are kept too, one for each side, so that the next build has little to do.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fmt};

use serde_json::Value;

use super::error::{Error, file};

/// The name of the target that exports workloads, whatever the project.
pub const TARGET: &str = "gate-workloads";

/// A project in a git repository.
#[derive(Debug)]
pub struct Project {
    /// The repository's folder.
    root: PathBuf,
    /// The manifest within.
    manifest: PathBuf,
    /// Cargo's target folder.
    target: PathBuf,
    /// The cargo profile.
    profile: String,
}

/// What is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// A commit, by its full name.
    Commit(String),
    /// The files as they are.
    WorkingTree,
}

/// Which side of the comparison: each has its worktree.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// What is compared with.
    Base,
    /// What is under test.
    Head,
}

impl Project {
    /// The project of the manifest at `manifest`, to be built under `profile`.
    ///
    /// # Errors
    /// [`Error`]: there is no such manifest, or it is in no repository.
    pub fn find(manifest: &Path, profile: &str) -> Result<Self, Error> {
        let manifest = fs::canonicalize(manifest)
            .map_err(|error| Error::NoManifest(manifest.to_owned(), error))?;
        let folder = manifest.parent().unwrap_or(Path::new("/"));
        let root = git(folder, &["rev-parse", "--show-toplevel"])
            .map_err(|why| Error::NoRevision("HEAD".into(), why))?;
        let root = fs::canonicalize(&root).map_err(file(Path::new(&root)))?;
        let within = manifest.strip_prefix(&root).unwrap_or(&manifest).to_owned();
        let metadata = metadata(&manifest)?;
        let target = metadata["target_directory"].as_str().unwrap_or("target");
        Ok(Self {
            target: PathBuf::from(target),
            root,
            manifest: within,
            profile: profile.to_owned(),
        })
    }

    /// The commit that `name` stands for.
    ///
    /// # Errors
    /// [`Error::NoRevision`].
    pub fn commit(&self, name: &str) -> Result<Revision, Error> {
        let spec = format!("{name}^{{commit}}");
        let commit = git(
            &self.root,
            &["rev-parse", "--verify", "--end-of-options", &spec],
        );
        commit
            .map(Revision::Commit)
            .map_err(|why| Error::NoRevision(name.to_owned(), why))
    }

    /// The repository's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where libraries and worktrees are.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.target.join("gate")
    }

    /// Builds the library of `revision`, or finds it built.
    ///
    /// # Errors
    /// [`Error`]: it does not build, or has no gate.
    pub fn library(&self, revision: &Revision, side: Side) -> Result<PathBuf, Error> {
        let folder = self.folder();
        fs::create_dir_all(&folder).map_err(file(&folder))?;
        let Revision::Commit(commit) = revision else {
            let built = self.build(&self.root, &self.target, revision)?;
            return copied(&built, &folder.join("working-tree.so"));
        };
        let kept = folder.join(format!("{}-{:016x}.so", &commit[..12], self.fingerprint()?));
        if kept.exists() {
            return Ok(kept);
        }
        if self.is_checked_out(commit) {
            return copied(&self.build(&self.root, &self.target, revision)?, &kept);
        }
        let tree = folder.join(side.name());
        self.check_out(&tree, commit)?;
        // Each side has a target folder of its own: cargo tells packages from each other by their
        // paths within the workspace, and would take what it built of one side for the other's.
        let target = folder.join(format!("{}-target", side.name()));
        copied(&self.build(&tree, &target, revision)?, &kept)
    }

    /// Are the files as they are those of this commit?
    fn is_checked_out(&self, commit: &str) -> bool {
        let changed = git(
            &self.root,
            &["status", "--porcelain", "--untracked-files=no"],
        );
        git(&self.root, &["rev-parse", "HEAD"]).is_ok_and(|head| head == commit)
            && changed.is_ok_and(|changed| changed.is_empty())
    }

    /// Everything but the commit that a library depends on.
    fn fingerprint(&self) -> Result<u64, Error> {
        let mut hasher = DefaultHasher::new();
        run(Command::new("rustc").arg("-vV").current_dir(&self.root))?.hash(&mut hasher);
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
            env::var_os(name).hash(&mut hasher);
        }
        (&self.profile, &self.manifest).hash(&mut hasher);
        Ok(hasher.finish())
    }

    fn check_out(&self, tree: &Path, commit: &str) -> Result<(), Error> {
        let path = tree.to_string_lossy();
        // `.git` is a file there that says where the repository is.
        let failed = |what: String| Error::Command(format!("git worktree at {path}"), what);
        if tree.join(".git").exists() {
            git(
                tree,
                &["checkout", "--quiet", "--force", "--detach", commit],
            )
            .map_err(failed)?;
            return git(tree, &["clean", "--quiet", "-fd"])
                .map(drop)
                .map_err(failed);
        }
        git(&self.root, &["worktree", "prune"]).map_err(failed)?;
        let add = [
            "worktree", "add", "--quiet", "--force", "--detach", &path, commit,
        ];
        git(&self.root, &add).map(drop).map_err(failed)
    }

    fn build(&self, tree: &Path, target: &Path, revision: &Revision) -> Result<PathBuf, Error> {
        let manifest = tree.join(&self.manifest);
        let no_gate = || Error::NoGate(format!("{} of {revision}", self.manifest.display()));
        if !manifest.exists() {
            return Err(no_gate());
        }
        let gate = find_target(&metadata(&manifest)?).ok_or_else(no_gate)?;
        // Progress is a courtesy: a closed standard error must not stop the gate.
        let _ = writeln!(std::io::stderr(), "building the workloads of {revision}");
        let mut cargo = cargo();
        cargo
            .args(["build", "--message-format", "json-render-diagnostics"])
            .args(["--profile", &self.profile, "--package", &gate.package])
            .args(&gate.selected)
            .arg("--manifest-path")
            .arg(&manifest)
            .arg("--target-dir")
            .arg(target)
            .current_dir(tree);
        let messages = run(&mut cargo)?;
        messages.lines().find_map(artifact).ok_or_else(|| {
            Error::Command("cargo build".into(), format!("it made no library {TARGET}"))
        })
    }
}

impl Side {
    const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Head => "head",
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commit(commit) => f.write_str(commit.get(..10).unwrap_or(commit)),
            Self::WorkingTree => f.write_str("the working tree"),
        }
    }
}

/// How cargo is told to build the target.
struct Target {
    package: String,
    selected: Vec<String>,
}

fn find_target(metadata: &Value) -> Option<Target> {
    let packages = metadata["packages"].as_array()?;
    packages.iter().find_map(|package| {
        let targets = package["targets"].as_array()?;
        let target = targets.iter().find(|target| is_gate(target))?;
        let is_example = target["kind"].as_array()?.contains(&"example".into());
        let name = target["name"].as_str()?;
        let selected = if is_example {
            vec!["--example".to_owned(), name.to_owned()]
        } else {
            vec!["--lib".to_owned()]
        };
        Some(Target {
            package: package["name"].as_str()?.to_owned(),
            selected,
        })
    })
}

fn is_gate(target: &Value) -> bool {
    let types = target["crate_types"].as_array();
    let name = target["name"].as_str().unwrap_or_default();
    name.replace('_', "-") == TARGET && types.is_some_and(|types| types.contains(&"cdylib".into()))
}

/// The library that a message of cargo tells of.
fn artifact(message: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["reason"] != "compiler-artifact" || !is_gate(&message["target"]) {
        return None;
    }
    let files = message["filenames"].as_array()?.iter();
    let library = |file: &&str| {
        [".so", ".dylib", ".dll"]
            .iter()
            .any(|end| file.ends_with(end))
    };
    files
        .filter_map(Value::as_str)
        .find(library)
        .map(Into::into)
}

fn metadata(manifest: &Path) -> Result<Value, Error> {
    let mut cargo = cargo();
    cargo
        .args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(manifest);
    let text = run(&mut cargo)?;
    serde_json::from_str(&text)
        .map_err(|error| Error::Command("cargo metadata".into(), error.to_string()))
}

/// The cargo that runs this, if one does.
fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A copy at `to`, put there whole: whoever has the old one loaded keeps it.
fn copied(from: &Path, to: &Path) -> Result<PathBuf, Error> {
    let part = to.with_extension(format!("{}.part", std::process::id()));
    fs::copy(from, &part).map_err(file(from))?;
    fs::rename(&part, to).map_err(file(&part))?;
    Ok(to.to_owned())
}

/// Another file with the same content beside `library`: the loader takes it for another library.
///
/// # Errors
/// [`Error::File`].
pub fn second_copy(library: &Path) -> Result<PathBuf, Error> {
    copied(library, &library.with_extension("copy.so"))
}

/// What git says, without the end of the line; what it complains about if it fails.
///
/// # Errors
/// Its complaint.
pub fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| format!("git: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// What a command writes; its standard error is ours.
fn run(command: &mut Command) -> Result<String, Error> {
    let name = format!("{command:?}");
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Error::Command(name.clone(), error.to_string()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Error::Command(name, output.status.to_string()))
    }
}
