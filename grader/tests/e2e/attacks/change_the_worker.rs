// Overwrites, renames or removes the program that runs.
// verdict: passed

fn attack() {
    let worker = std::env::args().next().unwrap();
    assert!(std::fs::write(&worker, "").is_err(), "overwrote it");
    assert!(std::fs::rename(&worker, format!("{worker}-moved")).is_err(), "renamed it");
    assert!(std::fs::remove_file(&worker).is_err(), "removed it");
}
