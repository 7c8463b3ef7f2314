use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rustix::process::{Pid, Signal, WaitOptions};
use tempfile::TempDir;

use crate::support::{Submission, course, root};

/// What every attack that writes files names them like.
const LEFT: &str = "gradlings-left";

/// Looks for what an attack has left behind.
pub struct Watch {
    folder: TempDir,
}

impl Watch {
    /// Puts the secret into a file.
    pub fn new(secret: &str) -> Self {
        // Whoever loses its parent becomes a child of this process: nobody gets away.
        #[cfg(target_os = "linux")]
        rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
        let folder = TempDir::new().unwrap();
        let watch = Self { folder };
        fs::write(watch.canary(), format!("// {secret}\n")).unwrap();
        watch
    }

    /// The file with the secret.
    pub fn canary(&self) -> PathBuf {
        self.folder.path().join("secret.rs")
    }

    /// What is there that was not there before.
    pub fn left(&self, drafts: &Path, submission: &Submission) -> Vec<String> {
        let mut left: Vec<_> = survivors().iter().map(ended).collect();
        left.extend(names(drafts).map(|name| format!("a draft was left: {}", name.display())));
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let places = ["/tmp", "/var/tmp", "/dev/shm", "/", submission.path()].map(Path::new);
        let places = places.into_iter().chain([root(), course(), &*home, self.folder.path()]);
        let files = places.flat_map(names).filter(|file| file.to_string_lossy().contains(LEFT));
        left.extend(files.map(|file| format!("{} was left", file.display())));
        if names(self.folder.path()).count() != 1 {
            left.push("files were left beside the secret".to_owned());
        }
        left
    }
}

fn names(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// A process that goes on: its number, and what it runs.
type Survivor = (Pid, String);

/// Those that were killed may still be on their way out.
fn survivors() -> Vec<Survivor> {
    let wait = |_: &u32| {
        std::thread::sleep(Duration::from_millis(10));
        !children().is_empty()
    };
    if !children().is_empty() {
        (0..100).take_while(wait).for_each(drop);
    }
    children()
}

/// Ends what goes on: the next attack is not to blame for it.
fn ended((number, name): &Survivor) -> String {
    // It may have ended by itself.
    let _ = rustix::process::kill_process(*number, Signal::KILL);
    format!("{name} is running")
}

/// The processes that have this one as their parent. Those that have ended are taken note of and
/// forgotten.
fn children() -> Vec<Survivor> {
    while let Ok(Some(_)) = rustix::process::wait(WaitOptions::NOHANG) {}
    let own = std::process::id().to_string();
    let processes = names(Path::new("/proc")).filter_map(|folder| {
        let status = fs::read_to_string(folder.join("stat")).ok()?;
        // `number (name) state parent …`, where the name may hold anything.
        let (name, rest) = status.rsplit_once(") ")?;
        let parent = rest.split(' ').nth(1)?;
        let number = Pid::from_raw(name.split(' ').next()?.parse().ok()?)?;
        (parent == own).then(|| (number, name.to_owned() + ")"))
    });
    processes.collect()
}
