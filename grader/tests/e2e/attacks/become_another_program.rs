// Becomes another program.
// verdict: passed

fn attack() {
    use std::os::unix::process::CommandExt;
    
    let error = std::process::Command::new("/bin/sh").exec();
    assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
}
