//! The thread that sees saves.

use std::{
    collections::BTreeSet,
    path::{Component, Path},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use notify::{
    EventKind, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode},
};

use super::{Event, WatchError};

/// How long nothing happens after a save: editors write a file in several steps.
const QUIET: Duration = Duration::from_millis(15);

/// How long a save waits for quiet at most.
const MAX_WAIT: Duration = Duration::from_millis(200);

/// Tells of saves in the folder of the exercises, as long as the watcher lives.
///
/// # Errors
/// When the system cannot watch the folder.
pub fn see(exercises: &Path, events: Sender<Event>) -> Result<RecommendedWatcher, WatchError> {
    let failed = |error: notify::Error| WatchError::Watch {
        path: exercises.display().to_string(),
        reason: error.to_string(),
    };
    let (changes, changed) = channel();
    let root = exercises.to_owned();
    let failing = events.clone();
    let tell = move |event: notify::Result<notify::Event>| match event {
        Ok(event) => lessons(&root, &event).into_iter().for_each(|lesson| {
            let _ = changes.send(lesson);
        }),
        Err(error) => drop(failing.send(Event::Blind(error.to_string()))),
    };
    let mut watcher = notify::recommended_watcher(tell).map_err(failed)?;
    watcher.watch(exercises, RecursiveMode::Recursive).map_err(failed)?;
    thread::spawn(move || debounce(&changed, &events));
    Ok(watcher)
}

/// Passes on which lessons were saved, once nothing happens any more.
fn debounce(changed: &Receiver<String>, events: &Sender<Event>) {
    while let Ok(first) = changed.recv() {
        let mut saved = BTreeSet::from([first]);
        let begin = Instant::now();
        while begin.elapsed() < MAX_WAIT {
            match changed.recv_timeout(QUIET) {
                Ok(lesson) => drop(saved.insert(lesson)),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        if events.send(Event::Saved(saved.into_iter().collect())).is_err() {
            return;
        }
    }
}

/// The lessons whose sources an event is about.
fn lessons(root: &Path, event: &notify::Event) -> Vec<String> {
    let is_read = match event.kind {
        EventKind::Access(kind) => kind != AccessKind::Close(AccessMode::Write),
        _ => false,
    };
    if is_read {
        return Vec::new();
    }
    event.paths.iter().filter_map(|path| lesson(path.strip_prefix(root).ok()?)).collect()
}

/// The lesson of a source file, or of a folder that holds such files. Drafts and backups of editors are none.
fn lesson(path: &Path) -> Option<String> {
    let parts = path.components().map(|part| match part {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    let parts: Vec<_> = parts.collect::<Option<_>>()?;
    let is_source = |name: &str| name.ends_with(".rs") && !name.starts_with(['.', '#']);
    match parts.as_slice() {
        [lesson] | [lesson, "src"] => Some((*lesson).to_owned()),
        [lesson, "src", .., file] if is_source(file) => Some((*lesson).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_belong_to_their_lesson_and_drafts_of_editors_to_none() {
        let lesson = |path: &str| lesson(Path::new(path));
        for path in ["ex_1_1", "ex_1_1/src", "ex_1_1/src/lib.rs", "ex_1_1/src/a/b.rs"] {
            assert_eq!(lesson(path).as_deref(), Some("ex_1_1"), "{path}");
        }
        for path in [
            "",
            "ex_1_1/README.md",
            "ex_1_1/src/.lib.rs.swp",
            "ex_1_1/src/4913",
            "ex_1_1/src/lib.rs~",
            "ex_1_1/src/.#lib.rs",
            "ex_1_1/src/#lib.rs",
            "ex_1_1/tests/a.rs",
        ] {
            assert_eq!(lesson(path), None, "{path}");
        }
    }

    #[test]
    fn reading_is_no_save() {
        let event = |kind| notify::Event::new(kind).add_path("/x/ex_1_1/src/lib.rs".into());
        let seen = |kind| lessons(Path::new("/x"), &event(kind));
        assert_eq!(seen(EventKind::Access(AccessKind::Open(AccessMode::Any))), [""; 0]);
        assert_eq!(seen(EventKind::Access(AccessKind::Close(AccessMode::Read))), [""; 0]);
        assert_eq!(seen(EventKind::Access(AccessKind::Close(AccessMode::Write))), ["ex_1_1"]);
    }

    #[test]
    fn ten_changes_at_once_are_one_save() {
        let ((change, changed), (events, seen)) = (channel(), channel());
        for at in 0..10 {
            change.send(format!("ex_1_{}", at % 2)).unwrap();
        }
        drop(change);
        debounce(&changed, &events);
        drop(events);
        let saves: Vec<_> = seen.iter().collect();
        assert!(
            matches!(saves.as_slice(), [Event::Saved(lessons)] if *lessons == ["ex_1_0", "ex_1_1"])
        );
    }
}
