//! A limit on how many processes and how much memory a confined program has, with all that it starts.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::Limits;

/// More than a compiler with its linker needs.
const MAX_PROCESSES: u64 = 64;

/// How many milliseconds the last process of a group may take to end.
const EXIT_TIMEOUT_MS: u32 = 1000;

/// Where groups are made, found once: every worker starts with a group. Empty where there is nothing.
static PARENTS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let parents = parents().unwrap_or_default();
    parents.iter().for_each(|parent| prune(parent));
    parents
});

/// A control group, in every hierarchy that limits; removed when the value is dropped.
#[derive(Debug, Default)]
pub struct Group {
    folders: Vec<PathBuf>,
}

impl Group {
    /// A group of its own for one program, below the grader's.
    ///
    /// # Errors
    /// Where the grader may not make one, or a limit is missing: a group of half its limits is none.
    pub fn new(limits: &Limits) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("gradlings-{}-{count}", std::process::id());
        let mut group = Self::default();
        for parent in PARENTS.iter() {
            let folder = parent.join(&name);
            fs::create_dir(&folder)?;
            group.folders.push(folder);
        }
        group.limit(&["pids.max"], MAX_PROCESSES)?;
        group.limit(&["memory.max", "memory.limit_in_bytes"], limits.memory_bytes)?;
        Ok(group)
    }

    /// The files that take a process into the group.
    pub fn entrances(&self) -> Vec<PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs")).collect()
    }

    /// Sets a limit, which has one of these names.
    fn limit(&self, names: &[&str], limit: u64) -> io::Result<()> {
        let files = self.folders.iter().flat_map(|folder| names.iter().map(|it| folder.join(it)));
        let file = files.into_iter().find(|file| file.exists());
        fs::write(file.ok_or(io::ErrorKind::NotFound)?, limit.to_string())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for folder in &self.folders {
            // Those who were killed may still be on their way out.
            let is_busy = |_: &u32| {
                let removed = fs::remove_dir(folder);
                removed.is_err_and(|error| error.kind() == io::ErrorKind::ResourceBusy)
            };
            let wait = |_| std::thread::sleep(Duration::from_millis(1));
            (0..EXIT_TIMEOUT_MS).take_while(is_busy).for_each(wait);
        }
    }
}

/// This process joins a group.
pub fn join(entrances: &[PathBuf]) -> io::Result<()> {
    entrances.iter().try_for_each(|entrance| fs::write(entrance, "0"))
}

/// Removes the groups of graders that were killed before they could.
fn prune(parent: &Path) {
    for folder in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = folder.file_name().to_string_lossy().into_owned();
        let grader = name.strip_prefix("gradlings-").and_then(|rest| rest.split('-').next());
        if grader.is_some_and(|number| !Path::new("/proc").join(number).exists()) {
            // One that is not empty stays.
            let _ = fs::remove_dir(folder.path());
        }
    }
}

/// The grader's own groups: one where version 2 limits, one for each limit in version 1.
fn parents() -> io::Result<Vec<PathBuf>> {
    let own = fs::read_to_string("/proc/self/cgroup")?;
    let root = Path::new("/sys/fs/cgroup");
    let below = |folder: PathBuf, group: &str| folder.join(group.trim_start_matches('/'));
    // `number:controllers:group`, without controllers in version 2.
    let mut parents = Vec::new();
    for (controllers, group) in
        own.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'))
    {
        let limits = |name: &str| controllers.split(',').any(|it| it == name);
        if controllers.is_empty() && root.join("cgroup.controllers").exists() {
            parents.push(below(root.to_owned(), group));
        } else if limits("pids") || limits("memory") {
            parents.push(below(root.join(controllers), group));
        }
    }
    Ok(parents)
}
