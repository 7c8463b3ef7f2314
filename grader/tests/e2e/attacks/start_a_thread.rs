// Starts a thread that could go on.
// verdict: passed

fn attack() {
    assert!(std::thread::Builder::new().spawn(|| ()).is_err(), "started");
}
