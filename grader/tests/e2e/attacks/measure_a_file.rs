// Asks how long a file of somebody else is, and where its own program lies.
// verdict: passed

fn attack() {
    assert!(std::fs::metadata("{CANARY}").is_err(), "reached");
    assert!(std::fs::symlink_metadata("{CANARY}").is_err(), "reached");
    assert!(std::fs::read_link("/proc/self/exe").is_err(), "reached");
}
