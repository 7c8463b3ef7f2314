//! The gradebook on a PostgreSQL server, where several machines write.

use std::{
    fs,
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    class::{Class, read, said},
    support::aloud,
};

/// Nobody: PostgreSQL refuses to run as root.
const USER: u32 = 65_534;

/// How often the server is asked whether it is ready, ten times a second.
const QUESTIONS: u32 = 300;

/// A server of its own, on a socket in a folder of its own.
struct Server {
    folder: TempDir,
    process: Child,
}

impl Server {
    /// Starts a server; none where PostgreSQL is not installed, which it says aloud.
    fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            aloud("NOT TESTED: PostgreSQL is not installed here");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        if rustix::process::geteuid().is_root() {
            chown(folder.path(), Some(USER), Some(USER)).unwrap();
        }
        let mut make = as_nobody(&programs.join("initdb"), folder.path());
        make.args(["--username=grader", "--auth=trust", "--no-sync", "-D"]).arg(&data);
        let made = make.output().unwrap();
        assert!(made.status.success(), "{}", said(&made));
        let mut server = as_nobody(&programs.join("postgres"), folder.path());
        server.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"]);
        let process = server.arg(folder.path()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { folder, process };
        server.wait();
        Some(server)
    }

    fn address(&self) -> String {
        format!("host={} user=grader dbname=postgres", self.folder.path().display())
    }

    fn wait(&self) {
        for _ in 0..QUESTIONS {
            if postgres::Client::connect(&self.address(), postgres::NoTls).is_ok() {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("PostgreSQL does not start");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // At once: nothing in it is needed any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The folder with PostgreSQL's programs, which Debian keeps off the PATH.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let of_debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = of_debian.chain(std::env::split_paths(&path)).collect();
    folders.into_iter().find(|it| it.join("initdb").is_file() && it.join("postgres").is_file())
}

/// A program that may write to the folder, and is not root.
fn as_nobody(program: &Path, folder: &Path) -> Command {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        let user = [format!("--reuid={USER}"), format!("--regid={USER}")];
        command.args(user).arg("--clear-groups").arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(folder);
    command
}

#[test]
fn a_server_holds_the_same_gradebook_as_a_file() {
    let Some(server) = Server::start() else { return };
    let class = Class::handed_in();
    class.batch(&[]);
    let address = server.address();
    let on_server = ["in", "--db", &address];
    let graded = class.command("batch", "served", &on_server).output().unwrap();
    assert_eq!(graded.status.code(), Some(0), "{}", said(&graded));
    for file in ["gradebook.csv", "gradebook.json", "canvas.csv", "moodle.csv", "class.html"] {
        assert_eq!(class.exported(file), read(&class.path("served").join(file)), "{file}");
    }
    assert!(!class.path("served/gradebook.sqlite").exists());
}

#[test]
fn two_machines_write_at_once_and_one_of_them_is_killed() {
    let Some(server) = Server::start() else { return };
    let class = Class::handed_in();
    let address = server.address();
    let start = |out: &str, partition: &str| {
        let arguments = ["in", "--db", &address, "--partition", partition];
        let mut batch = class.command("batch", out, &arguments);
        batch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (one, mut other) = (start("one", "hash:1/2"), start("other", "hash:2/2"));
    thread::sleep(Duration::from_millis(100));
    other.kill().unwrap();
    other.wait().unwrap();
    let one = one.wait_with_output().unwrap();
    assert_eq!(one.status.code(), Some(0), "{}", said(&one));
    let again = start("other", "hash:2/2").wait_with_output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    class.batch(&[]);
    // The last one to finish has seen the grades of both.
    assert_eq!(class.exported("gradebook.csv"), read(&class.path("other/gradebook.csv")));
}

#[test]
fn a_server_that_is_not_there_is_told_without_its_password() {
    let class = Class::handed_in();
    let address = "postgres://ada:secret@127.0.0.1:1/none";
    let output = class.command("batch", "out", &["in", "--db", address]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = said(&output);
    assert!(
        said.contains("failed to open the gradebook postgres://ada@127.0.0.1:1/none"),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
}
