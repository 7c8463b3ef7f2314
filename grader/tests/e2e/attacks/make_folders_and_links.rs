// Leaves folders and links behind.
// verdict: passed

fn attack() {
    assert!(std::fs::create_dir("/tmp/gradlings-left").is_err(), "made a folder");
    assert!(std::os::unix::fs::symlink("{CANARY}", "/tmp/gradlings-link").is_err(), "made a link");
    assert!(std::fs::hard_link("{CANARY}", "/tmp/gradlings-link").is_err(), "made a hard link");
}
