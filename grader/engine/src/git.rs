//! The git repository that a course lies in.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where the branches of the course are looked for, the likeliest first: a fork has the course as `upstream`.
const COURSE: [&str; 5] =
    ["upstream/HEAD", "upstream/main", "@{upstream}", "origin/HEAD", "origin/main"];

/// Git did not do what it was asked.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum GitError {
    #[error("failed to run git")]
    #[diagnostic(help("install git, and see that it is on the PATH"))]
    Run(#[source] io::Error),
    #[error("failed to run `git {command}` in {root}: {messages}")]
    Failed { command: String, root: PathBuf, messages: String },
}

/// The git repository of a folder.
#[derive(Debug)]
pub struct Git {
    root: PathBuf,
}

impl Git {
    /// The repository that the folder lies in, if any.
    pub fn of(root: &Path) -> Option<Self> {
        let git = Self { root: root.to_owned() };
        git.output(&["rev-parse", "--is-inside-work-tree"]).ok().map(|_| git)
    }

    /// What a command writes to standard output.
    ///
    /// # Errors
    /// When git cannot be run, or the command fails.
    pub fn output(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        self.output_with(arguments, &[])
    }

    /// The same, with variables of the environment.
    pub fn output_with(
        &self,
        arguments: &[&str],
        variables: &[(&str, &OsStr)],
    ) -> Result<Vec<u8>, GitError> {
        let mut git = Command::new("git");
        git.current_dir(&self.root).args(arguments).stdin(Stdio::null());
        let output = git.envs(variables.iter().copied()).output().map_err(GitError::Run)?;
        if !output.status.success() {
            return Err(GitError::Failed {
                command: arguments.join(" "),
                root: self.root.clone(),
                messages: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            });
        }
        Ok(output.stdout)
    }

    /// The first line that a command writes.
    pub fn line(&self, arguments: &[&str]) -> Result<String, GitError> {
        let output = self.output(arguments)?;
        Ok(String::from_utf8_lossy(&output).lines().next().unwrap_or_default().to_owned())
    }

    /// What a file holds in a commit; its path is relative to the course's folder.
    pub fn file(&self, commit: &str, path: &str) -> Result<Vec<u8>, GitError> {
        self.output(&["show", &format!("{commit}:./{path}")])
    }

    /// The branch that the course is taken from, if one is known.
    pub fn course_branch(&self) -> Option<&'static str> {
        let exists = |name: &&&str| {
            self.output(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")])
                .is_ok()
        };
        COURSE.iter().find(exists).copied()
    }
}
