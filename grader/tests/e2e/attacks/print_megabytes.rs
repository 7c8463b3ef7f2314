// Prints more than a pipe holds, on both outputs.
// verdict: passed

fn attack() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        println!("{}", "o".repeat(4 << 20));
        eprintln!("{}", "e".repeat(4 << 20));
    });
}
