// Panics again while it panics.
// verdict: crashed

fn attack() {
    struct Bomb;
    
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("twice");
        }
    }
    
    let _bomb = Bomb;
    panic!("once");
}
