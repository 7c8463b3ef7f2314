// Reads what is known of the grader.
// verdict: passed

fn attack() {
    let parent = std::os::unix::process::parent_id();
    for file in ["environ", "cmdline", "maps", "mem"] {
        assert!(std::fs::read(format!("/proc/{parent}/{file}")).is_err(), "{file} was read");
    }
}
