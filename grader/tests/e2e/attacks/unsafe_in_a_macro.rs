// Hides unsafe code in a macro.
// verdict: rejected

macro_rules! hidden {
    () => {
        unsafe { std::hint::unreachable_unchecked() }
    };
}

fn attack() {}
