// Reads a file of somebody else.
// verdict: passed

fn attack() {
    assert!(std::fs::read_to_string("{CANARY}").is_err(), "reached");
}
