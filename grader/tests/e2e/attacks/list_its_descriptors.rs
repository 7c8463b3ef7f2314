// Looks for files that were left open.
// verdict: passed

fn attack() {
    assert!(std::fs::read_dir("/proc/self/fd").is_err(), "listed them");
    for number in 3..64 {
        assert!(std::fs::File::open(format!("/proc/self/fd/{number}")).is_err(), "opened {number}");
    }
}
