use std::{io::Write, path::Component};

use engine::{
    intake::Submission,
    scan::{Reader, Scan},
};

/// Archives that a learner may hand in: whatever they hold, what is taken keeps to the rules.
///
/// # Panics
/// When it does not.
pub fn submission(bytes: &[u8]) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("room for it");
    let submission = Submission::open(file.path()).expect("it is a file");
    for lesson in ["ex_1_1", "ex_2_2"] {
        let Ok(files) = submission.files(lesson, lesson) else { continue };
        let taken = Scan::take(&files, Reader::Here).expect("no process is needed");
        let Ok((sources, _)) = taken else { continue };
        assert!(sources.file("src/lib.rs").is_some());
        assert!(sources.files().len() <= 64);
        for file in sources.files() {
            let mut parts = file.path.components();
            assert!(file.text.len() <= 256 << 10 && file.path.starts_with("src"));
            assert!(parts.all(|part| matches!(part, Component::Normal(_))), "{:?}", file.path);
        }
    }
}
