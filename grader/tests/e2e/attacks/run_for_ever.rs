// Does not end.
// verdict: timed_out

fn attack() {
    loop {
        std::hint::spin_loop();
    }
}
