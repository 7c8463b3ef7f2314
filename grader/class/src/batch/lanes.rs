//! Places to build in: as many as there are gradings at once, however many there are in all.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

/// The folder of the lanes, in that of the class.
const LANES: &str = "lanes";

/// Held as long as the lanes beside it are in use.
const LOCK: &str = "lock";

/// Folders that stand for places in the cache; each is used by one grading at a time.
#[derive(Debug)]
pub struct Lanes {
    folder: PathBuf,
    free: Mutex<Free>,
    _lock: File,
}

#[derive(Debug, Default)]
struct Free {
    lanes: Vec<PathBuf>,
    made: usize,
}

impl Lanes {
    /// No lanes yet.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let all = folder.join(LANES);
        fs::create_dir_all(&all)?;
        remove_abandoned(&all);
        // Of this process: others may be grading into the same folder.
        let folder = tempfile::Builder::new().prefix("").tempdir_in(all)?.keep();
        let lock = File::create(folder.join(LOCK))?;
        lock.lock()?;
        Ok(Self { folder, free: Mutex::default(), _lock: lock })
    }

    /// Does something in a lane that nobody else is in. A grading may begin another one on its thread
    /// while it waits: that one gets a lane of its own.
    pub fn take<T>(&self, work: impl FnOnce(&Path) -> T) -> io::Result<T> {
        let lane = self.free()?;
        let done = work(&lane);
        self.locked().lanes.push(lane);
        Ok(done)
    }

    fn free(&self) -> io::Result<PathBuf> {
        let mut free = self.locked();
        if let Some(lane) = free.lanes.pop() {
            return Ok(lane);
        }
        free.made += 1;
        let lane = self.folder.join(free.made.to_string());
        drop(free);
        fs::create_dir_all(&lane)?;
        Ok(lane)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(|it| it.into_inner())
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        // What was built in them, the next grader removes from the cache: nothing leads to it any more.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes the lanes of graders that were killed.
fn remove_abandoned(all: &Path) {
    for lanes in fs::read_dir(all).into_iter().flatten().flatten() {
        let lock = File::open(lanes.path().join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(lanes.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_used_by_one_at_a_time_and_then_again() {
        let folder = tempfile::tempdir().unwrap();
        let lanes = Lanes::new(folder.path()).unwrap();
        let name = |lane: &Path| lane.file_name().unwrap().to_owned();
        let both = lanes.take(|one| (name(one), lanes.take(name).unwrap())).unwrap();
        assert_ne!(both.0, both.1);
        for _ in 0..5 {
            lanes.take(|_| ()).unwrap();
        }
        assert_eq!(lanes.locked().made, 2);
    }

    #[test]
    fn what_was_left_by_the_killed_is_removed_and_what_is_in_use_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let in_use = Lanes::new(folder.path()).unwrap();
        let killed = folder.path().join(LANES).join("killed");
        fs::create_dir(&killed).unwrap();
        File::create(killed.join(LOCK)).unwrap();
        let _other = Lanes::new(folder.path()).unwrap();
        assert!(!killed.exists() && in_use.folder.exists());
    }
}
