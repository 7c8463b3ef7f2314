// Becomes another program.
// verdict: passed

fn attack() {
    use std::{io::ErrorKind::{NotFound, PermissionDenied}, os::unix::process::CommandExt};
    let error = std::process::Command::new("/bin/sh").exec();
    assert!(matches!(error.kind(), NotFound | PermissionDenied), "{error}");
}
