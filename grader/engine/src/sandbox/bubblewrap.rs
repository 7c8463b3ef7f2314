//! Namespaces of its own for a confined program: what it may not see is not there.

use std::{path::Path, process::Command};

use super::{Paths, Profile};

/// Where systems keep it. It is not looked for along `PATH`: what confines is not for others to choose.
const PROGRAM: &str = "/usr/bin/bwrap";

/// One option for each namespace: `--unshare-all` goes on without those that it cannot have.
const NAMESPACES: [&str; 11] = [
    "--unshare-user",
    "--unshare-pid",
    "--unshare-net",
    "--unshare-ipc",
    "--unshare-uts",
    "--disable-userns",
    "--cap-drop",
    "ALL",
    "--die-with-parent",
    "--proc",
    "/proc",
];

/// Where libraries are found; Landlock says which of them may be read.
pub const LIBRARIES: [&str; 5] = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/alternatives"];

/// The exit code of a program that signal n ended is this plus n, as with shells.
pub const SIGNALLED: i32 = 128;

/// A command that runs `grader` where nothing but these paths can be seen.
pub fn command(grader: &Path, profile: Profile, paths: &Paths) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(NAMESPACES).args(["--dev", "/dev"]);
    let libraries = LIBRARIES.map(Path::new);
    let read = paths.read.iter().map(|path| &**path).filter(|path| !path.starts_with("/proc"));
    for path in libraries.into_iter().chain([grader]).chain(read) {
        command.arg("--ro-bind-try").args([path, path]);
    }
    for path in paths.write.iter().filter(|path| !path.starts_with("/dev")) {
        command.arg("--bind").args([path, path]);
    }
    if profile == Profile::Worker {
        // The folder in which the grader was started is nothing that a worker needs to know.
        command.args(["--chdir", "/"]);
    }
    command.arg("--").arg(grader);
    command
}
