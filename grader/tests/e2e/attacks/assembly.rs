// Brings instructions of its own.
// verdict: rejected

core::arch::global_asm!("nop");

fn attack() {}
