// Ends as if all were well.
// verdict: stopped_early

fn attack() {
    std::process::exit(0);
}
