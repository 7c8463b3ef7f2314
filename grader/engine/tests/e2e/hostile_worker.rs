//! What would be left if all that keeps learner code to safe Rust were broken: the worker of a
//! submission is replaced by a program that makes raw system calls and forges its answers.
//!
//! Nothing that it tries is reached, and none of its answers earns a point.

use std::{fs, path::Path, process::Command};

use rstest::rstest;
use wire::{
    Value,
    frame::{Answer, Response, encode},
};

use crate::support::{Submission, is_confined, slot, verdicts};

/// What a worker must not ask of the kernel, whatever it asks exactly.
#[cfg(target_os = "linux")]
const CALLS: [(&str, libc::c_long); 74] = [
    ("accept4", libc::SYS_accept4),
    ("acct", libc::SYS_acct),
    ("add_key", libc::SYS_add_key),
    ("adjtimex", libc::SYS_adjtimex),
    ("bind", libc::SYS_bind),
    ("bpf", libc::SYS_bpf),
    ("capset", libc::SYS_capset),
    ("chdir", libc::SYS_chdir),
    ("chroot", libc::SYS_chroot),
    ("clone", libc::SYS_clone),
    ("clone3", libc::SYS_clone3),
    ("connect", libc::SYS_connect),
    ("copy_file_range", libc::SYS_copy_file_range),
    ("delete_module", libc::SYS_delete_module),
    ("dup3", libc::SYS_dup3),
    ("execveat", libc::SYS_execveat),
    ("fanotify_init", libc::SYS_fanotify_init),
    ("fchmod", libc::SYS_fchmod),
    ("fchown", libc::SYS_fchown),
    ("finit_module", libc::SYS_finit_module),
    ("fsopen", libc::SYS_fsopen),
    ("ftruncate", libc::SYS_ftruncate),
    ("getcwd", libc::SYS_getcwd),
    ("init_module", libc::SYS_init_module),
    ("inotify_init1", libc::SYS_inotify_init1),
    ("io_setup", libc::SYS_io_setup),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("ioctl", libc::SYS_ioctl),
    ("kcmp", libc::SYS_kcmp),
    ("kexec_load", libc::SYS_kexec_load),
    ("keyctl", libc::SYS_keyctl),
    ("kill", libc::SYS_kill),
    ("landlock_create_ruleset", libc::SYS_landlock_create_ruleset),
    ("linkat", libc::SYS_linkat),
    ("listen", libc::SYS_listen),
    ("memfd_create", libc::SYS_memfd_create),
    ("memfd_secret", libc::SYS_memfd_secret),
    ("mkdirat", libc::SYS_mkdirat),
    ("mount", libc::SYS_mount),
    ("mq_open", libc::SYS_mq_open),
    ("msgget", libc::SYS_msgget),
    ("name_to_handle_at", libc::SYS_name_to_handle_at),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("openat2", libc::SYS_openat2),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("personality", libc::SYS_personality),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("pidfd_open", libc::SYS_pidfd_open),
    ("pidfd_send_signal", libc::SYS_pidfd_send_signal),
    ("pivot_root", libc::SYS_pivot_root),
    ("pkey_alloc", libc::SYS_pkey_alloc),
    ("prctl", libc::SYS_prctl),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("ptrace", libc::SYS_ptrace),
    ("quotactl", libc::SYS_quotactl),
    ("renameat2", libc::SYS_renameat2),
    ("rt_sigqueueinfo", libc::SYS_rt_sigqueueinfo),
    ("sched_setaffinity", libc::SYS_sched_setaffinity),
    ("sched_setattr", libc::SYS_sched_setattr),
    ("seccomp", libc::SYS_seccomp),
    ("semget", libc::SYS_semget),
    ("sendmsg", libc::SYS_sendmsg),
    ("setns", libc::SYS_setns),
    ("setpriority", libc::SYS_setpriority),
    ("setsid", libc::SYS_setsid),
    ("setuid", libc::SYS_setuid),
    ("shmget", libc::SYS_shmget),
    ("socket", libc::SYS_socket),
    ("socketpair", libc::SYS_socketpair),
    ("statx", libc::SYS_statx),
    ("tkill", libc::SYS_tkill),
    ("unshare", libc::SYS_unshare),
    ("userfaultfd", libc::SYS_userfaultfd),
];

const FILES: [&str; 8] = [
    "/proc/self/mem",
    "/proc/self/environ",
    "/proc/PARENT/environ",
    "/proc/PARENT/mem",
    "/etc/passwd",
    "/dev/tty",
    "/sys/kernel",
    "/tmp",
];

/// A program that takes the place of a built worker.
#[derive(Default)]
struct Program {
    calls: String,
    files: String,
    answer: Vec<u8>,
    times: usize,
    goes_on: bool,
    other_entrance: bool,
}

impl Program {
    fn build(&self, file: &Path) {
        let text = include_str!("hostile_worker/program.rs").to_owned();
        let parts = [
            ("{CALLS}", self.calls.clone()),
            ("{FILES}", self.files.clone()),
            ("{TIMES}", self.times.to_string()),
            ("{GOES_ON}", self.goes_on.to_string()),
            ("{OTHER_ENTRANCE}", self.other_entrance.to_string()),
        ];
        let text = parts.iter().fold(text, |text, (name, part)| text.replace(name, part));
        let source = file.with_extension("rs");
        fs::write(&source, text).unwrap();
        // Not a list of numbers: of a million, the compiler reads for many seconds.
        fs::write(file.with_file_name("answer"), &self.answer).unwrap();
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition=2024", "-o"]).args([file, &source]);
        assert!(rustc.status().unwrap().success());
    }

    /// Grades ex_90_1 with this program as the worker of a submission that was graded before.
    fn graded(&self, flags: &[&str]) -> serde_json::Value {
        let submission = Submission::empty().with_solution("ex_90_1");
        assert_eq!(submission.grade_one("ex_90_1")["verdict"], "passed");
        self.build(&slot(&submission).join("build/worker"));
        let (mut report, _) = submission.grade(&[&["ex_90_1"], flags].concat());
        report["lessons"][0].take()
    }
}

/// What the program could reach, as it printed itself.
fn reached(lesson: &serde_json::Value) -> Vec<String> {
    let lines = lesson["output"].as_str().unwrap().lines();
    let reached = lines.filter_map(|line| line.strip_suffix(" reached"));
    let mut reached: Vec<_> = reached.map(str::to_owned).collect();
    reached.sort();
    reached.dedup();
    reached
}

#[cfg(target_os = "linux")]
fn intruder() -> Program {
    let calls = CALLS.iter().map(|(name, number)| format!("({name:?}, {number}),")).collect();
    let files = FILES.iter().map(|file| format!("{file:?},")).collect();
    Program { calls, files, ..Program::default() }
}

#[cfg(target_os = "linux")]
#[test]
fn an_intruder_reaches_nothing() {
    if !is_confined() {
        return;
    }
    let lesson = intruder().graded(&[]);
    let tried = lesson["output"].as_str().unwrap().matches(" refused\n").count();
    assert_eq!(reached(&lesson), [""; 0], "{lesson:#}");
    assert_eq!(tried, (CALLS.len() + FILES.len()) * verdicts(&lesson).len(), "{lesson:#}");
    assert_eq!(lesson["score"], 0.0);
}

/// Otherwise the intruder would prove nothing.
#[cfg(target_os = "linux")]
#[test]
fn the_same_intruder_reaches_much_where_nothing_confines_it() {
    let reached = reached(&intruder().graded(&["--insecure"]));
    let some = ["clone", "kill", "memfd_create", "prctl", "ptrace", "socket", "/proc/self/mem"];
    assert!(some.iter().all(|name| reached.iter().any(|it| it == name)), "{reached:?}");
    assert!(reached.len() > 40, "{reached:?}");
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_entrance_of_older_programs_is_closed() {
    if !is_confined() {
        return;
    }
    let lesson = Program { other_entrance: true, ..Program::default() }.graded(&[]);
    assert_eq!(reached(&lesson), [""; 0]);
    assert!(verdicts(&lesson).iter().all(|verdict| *verdict == "crashed"), "{lesson:#}");
}

/// A well-formed answer to the call with this number, of the type of `forward`.
fn forward(id: u64, number: f64) -> Vec<u8> {
    let field = |name: &str| (name.to_owned(), Value::Float(number));
    let value = Value::Record(["z", "a", "loss"].map(field).into());
    encode(&Response { id, answer: Answer::Returned(value) }).unwrap()
}

/// The frame of an answer whose body is this.
fn framed(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_le_bytes()[..], body].concat()
}

#[rstest]
#[case::nothing(vec![], 1, "stopped_early", "exited with code 0")]
#[case::words(b"test result: ok. 9 passed; 0 failed\n".to_vec(), 1, "protocol_error", "its reply is too long")]
#[case::no_frame(framed(b"PASSED"), 1, "protocol_error", "its reply cannot be read")]
#[case::empty_frame(framed(b""), 1, "protocol_error", "its reply cannot be read")]
#[case::half_a_frame(forward(1, 0.0)[..20].to_vec(), 1, "stopped_early", "exited with code 0")]
#[case::oversized(vec![0xff; 8], 1 << 20, "protocol_error", "its reply is too long")]
#[case::another_call(forward(2, 0.0), 1, "protocol_error", "a call that was not made")]
#[case::another_type(encode(&Response { id: 1, answer: Answer::Returned(Value::Bool(true)) }).unwrap(),
    1, "protocol_error", "wrong type")]
#[case::forged_refusal(encode(&Response { id: 1, answer: Answer::Refused("passed".to_owned()) }).unwrap(),
    1, "protocol_error", "did not arrive: passed")]
#[case::nan(forward(1, f64::NAN), 1, "failed", "is NaN")]
#[case::nested(framed(&[&[1, 0][..], &[5, 1].repeat(1 << 20)].concat()), 1, "protocol_error", "its reply cannot be read")]
#[case::many_small_values(framed(&[&[1, 0, 5, 0xff, 0xff, 0xff, 7][..], &[2, 1].repeat(1 << 20)].concat()),
    1, "protocol_error", "its reply cannot be read")]
fn a_forged_answer_earns_nothing(
    #[case] answer: Vec<u8>,
    #[case] times: usize,
    #[case] verdict: &str,
    #[case] says: &str,
) {
    let lesson = Program { answer, times, ..Program::default() }.graded(&[]);
    let first = &lesson["checks"][0];
    assert_eq!(first["verdict"], verdict, "{lesson:#}");
    assert!(first["message"].as_str().unwrap().contains(says), "{lesson:#}");
    assert_eq!(lesson["score"], 0.0);
}

#[test]
fn a_worker_that_hangs_up_and_goes_on_is_ended() {
    let lesson = Program { goes_on: true, ..Program::default() }.graded(&[]);
    let message = lesson["checks"][0]["message"].as_str().unwrap();
    assert!(message.contains("closed its connection and went on running"), "{lesson:#}");
    assert_eq!(lesson["score"], 0.0);
}
