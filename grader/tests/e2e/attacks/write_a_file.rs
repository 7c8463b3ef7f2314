// Leaves files behind, where anybody may.
// verdict: passed

fn attack() {
    for file in ["/tmp/gradlings-left", "/dev/shm/gradlings-left", "/var/tmp/gradlings-left", "gradlings-left"] {
        assert!(std::fs::write(file, "left").is_err(), "{file} was written");
    }
}
