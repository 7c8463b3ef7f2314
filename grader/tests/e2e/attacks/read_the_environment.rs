// Reads the environment.
// verdict: passed

fn attack() {
    assert!(std::env::var_os("GRADLINGS_CANARY").is_none(), "reached");
    assert!(std::env::vars_os().count() <= 1, "more than the number of threads");
    assert!(std::fs::read("/proc/self/environ").is_err(), "reached by the file");
}
