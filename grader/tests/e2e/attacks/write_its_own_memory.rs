// Writes its own memory through a file.
// verdict: passed

fn attack() {
    assert!(std::fs::OpenOptions::new().write(true).open("/proc/self/mem").is_err(), "reached");
}
