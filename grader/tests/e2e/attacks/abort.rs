// Ends at once.
// verdict: crashed

fn attack() {
    std::process::abort();
}
