// Reads the standard input, where the requests are not.
// verdict: passed

fn attack() {
    let mut line = String::new();
    assert_eq!(std::io::stdin().read_line(&mut line).unwrap(), 0, "read {line}");
}
