// Calls itself without an end.
// verdict: crashed

fn attack() {
    fn deeper(depth: u64) -> u64 {
        std::hint::black_box([depth; 1000])[0] + deeper(std::hint::black_box(depth + 1))
    }
    
    assert_eq!(deeper(0), 0);
}
