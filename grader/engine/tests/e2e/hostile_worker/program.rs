//! A worker that no compiler has kept honest: it makes raw system calls, then answers as it likes.

use std::{
    fs::{self, File},
    io::{Error, Read, Write},
    os::fd::FromRawFd,
    process::exit,
};

unsafe extern "C" {
    fn syscall(number: i64, ...) -> i64;
}

/// Names and numbers, each tried without sensible arguments: what is refused is refused before
/// anyone looks at them.
const CALLS: &[(&str, i64)] = &[{CALLS}];
const FILES: &[&str] = &[{FILES}];
/// What it sends once it is asked, and how often.
const ANSWER: &[u8] = include_bytes!("answer");
const TIMES: usize = {TIMES};
/// Whether it closes its connection after that and goes on.
const GOES_ON: bool = {GOES_ON};
/// Another way out of the machine's ordinary system calls.
const OTHER_ENTRANCE: bool = {OTHER_ENTRANCE};

const EPERM: i32 = 1;
const EACCES: i32 = 13;
const BAD: i64 = -1;

fn main() {
    for (name, number) in CALLS {
        let returned = unsafe { syscall(*number, BAD, BAD, BAD, BAD, BAD, BAD) };
        let error = Error::last_os_error();
        if *name == "fork" && returned == 0 {
            exit(0);
        }
        let refused = returned == -1 && matches!(error.raw_os_error(), Some(EPERM | EACCES));
        println!("{name} {}", if refused { "refused" } else { "reached" });
    }
    for file in FILES {
        let parent = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let parent = parent.split(' ').nth(3).unwrap_or("1").to_owned();
        let read = File::open(file.replace("PARENT", &parent)).is_ok();
        println!("{file} {}", if read { "reached" } else { "refused" });
    }
    #[cfg(target_arch = "x86_64")]
    if OTHER_ENTRANCE {
        // `getpid` as a program of 32 bits asks for it.
        unsafe { std::arch::asm!("int 0x80", inout("eax") 20 => _) };
        println!("other_entrance reached");
    }
    let socket = std::env::args().nth(1).and_then(|text| text.parse().ok()).expect("a descriptor");
    let mut socket = unsafe { File::from_raw_fd(socket) };
    socket.read(&mut [0; 4096]).expect("a request");
    for _ in 0..TIMES {
        if socket.write_all(ANSWER).is_err() {
            exit(0);
        }
    }
    drop(socket);
    while GOES_ON {
        std::thread::sleep(std::time::Duration::from_secs(1));
    }
}
