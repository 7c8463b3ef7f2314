// Looks for the reference solution.
// verdict: passed

fn attack() {
    assert!(std::fs::read_to_string("{ROOT}/solutions/ex_2_2/src/lib.rs").is_err(), "reached");
}
