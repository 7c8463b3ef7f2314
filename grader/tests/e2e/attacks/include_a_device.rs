// Makes the compiler read a device that never ends, by a name that the scan does not know.
// verdict: compile_error

macro_rules! read { ($read:ident) => { const ZEROS: &[u8] = $read!("/dev/zero"); } }
read!(include_bytes);

fn attack() {
    println!("{}", ZEROS.len());
}
