// Runs before main does.
// verdict: rejected

#[unsafe(link_section = ".init_array")]
pub static EARLY: extern "C" fn() = early;

extern "C" fn early() {}

fn attack() {}
