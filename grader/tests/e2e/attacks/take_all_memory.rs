// Takes memory until there is none.
// verdict: out_of_memory

fn attack() {
    let mut all = Vec::new();
    loop {
        all.push(vec![0_u8; 64 << 20]);
    }
}
