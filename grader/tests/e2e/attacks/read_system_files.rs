// Reads what the system keeps.
// verdict: passed

fn attack() {
    for file in ["/etc/passwd", "/etc/hostname", "/proc/cpuinfo", "/proc/1/cmdline", "/sys/kernel/ostype"] {
        assert!(std::fs::read(file).is_err(), "{file} was reached");
    }
}
