// Replaces what a panic says.
// verdict: panicked

fn attack() {
    std::panic::set_hook(Box::new(|_| println!("all is well")));
    panic!("hidden");
}
