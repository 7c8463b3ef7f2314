// Doubles itself at every expansion.
// verdict: compile_error

macro_rules! bomb {
    ($($token:tt)*) => { bomb!($($token)* $($token)*); };
}

bomb!(a);

fn attack() {}
