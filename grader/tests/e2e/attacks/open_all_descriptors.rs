// Opens files until no more can be.
// verdict: passed

fn attack() {
    let maps: Vec<_> = (0..10_000).map_while(|_| std::fs::File::open("/proc/self/maps").ok()).collect();
    assert!(maps.len() < 32, "{} were opened", maps.len());
}
