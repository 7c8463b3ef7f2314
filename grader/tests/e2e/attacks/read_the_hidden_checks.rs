// Looks for the hidden checks.
// verdict: passed

fn attack() {
    assert!(std::fs::read_to_string("{ROOT}/grader/src/lessons/ex_2_2.rs").is_err(), "reached");
}
