// Reads files of the folders that hold its libraries.
// verdict: passed

fn attack() {
    assert!(std::fs::read("/usr/lib/os-release").is_err(), "reached");
    assert!(std::fs::read_dir("/usr/lib").is_err(), "reached");
}
