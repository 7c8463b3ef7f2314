// Moves to another root or folder.
// verdict: passed

fn attack() {
    assert!(std::os::unix::fs::chroot("/tmp").is_err(), "changed the root");
    assert!(std::env::set_current_dir("/").is_err(), "changed the folder");
}
