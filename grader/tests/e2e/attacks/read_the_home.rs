// Looks into the home folder.
// verdict: passed

fn attack() {
    assert!(std::fs::read_dir("{HOME}").is_err(), "reached");
}
