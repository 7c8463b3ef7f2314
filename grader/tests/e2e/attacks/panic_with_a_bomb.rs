// Panics with a payload that panics when it is dropped.
// verdict: panicked

fn attack() {
    struct Bomb;
    
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("again");
        }
    }
    
    std::panic::panic_any(Bomb);
}
