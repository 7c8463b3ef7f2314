// Lists the root of the file system.
// verdict: passed

fn attack() {
    assert!(std::fs::read_dir("/").is_err(), "reached");
}
