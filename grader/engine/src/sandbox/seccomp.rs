//! Which system calls a confined program may make. Everything else fails with `EPERM`.

use std::{collections::BTreeMap, io};

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

use super::Profile;

/// What any program needs: its memory, its own files, its end, the time.
const ANY: [c_long; 40] = [
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_pread64,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvfrom,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sendto,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_write,
    libc::SYS_writev,
];

/// The older names of some of these, which the C library still uses.
#[cfg(target_arch = "x86_64")]
const OLDER: [c_long; 2] = [libc::SYS_arch_prctl, libc::SYS_poll];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: [c_long; 0] = [];

/// What a compiler and its linker need besides: files of their own, threads, and each other.
const COMPILER: [c_long; 36] = [
    libc::SYS_chdir,
    libc::SYS_copy_file_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fallocate,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_flock,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getppid,
    libc::SYS_getrusage,
    libc::SYS_getuid,
    libc::SYS_linkat,
    libc::SYS_mkdirat,
    libc::SYS_newfstatat,
    libc::SYS_pipe2,
    libc::SYS_pwrite64,
    libc::SYS_readlinkat,
    libc::SYS_recvmsg,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_sendfile,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_umask,
    libc::SYS_unlinkat,
    libc::SYS_utimensat,
    libc::SYS_wait4,
    libc::SYS_waitid,
];

#[cfg(target_arch = "x86_64")]
const COMPILER_OLDER: [c_long; 14] = [
    libc::SYS_access,
    libc::SYS_chmod,
    libc::SYS_dup2,
    libc::SYS_link,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_open,
    libc::SYS_pipe,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_rmdir,
    libc::SYS_stat,
    libc::SYS_unlink,
    libc::SYS_vfork,
];
#[cfg(not(target_arch = "x86_64"))]
const COMPILER_OLDER: [c_long; 0] = [];

/// The flags of `clone` that make a new namespace, or a process that belongs to the grader.
const ESCAPES: i32 = libc::CLONE_PARENT
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWUTS;

/// The flags with which a worker may open a file. Any other is refused, whatever it would do: until its
/// third version Landlock lets a file be emptied that may only be read (`O_TRUNC`), and a path alone
/// (`O_PATH`) tells of files that cannot be opened.
const READ: i32 = libc::O_RDONLY
    | libc::O_CLOEXEC
    | libc::O_DIRECTORY
    | libc::O_LARGEFILE
    | libc::O_NOCTTY
    | libc::O_NOFOLLOW
    | libc::O_NONBLOCK;

/// Applies the filter of a profile to this process and all that it becomes or starts.
pub fn apply(profile: Profile) -> io::Result<()> {
    if profile == Profile::Compiler {
        // Its flags lie in memory, where no filter sees them. The C library then takes `clone`.
        let missing = SeccompAction::Errno(libc::ENOSYS as u32);
        let clone3 = Rules::from([(libc::SYS_clone3, Vec::new())]);
        install(clone3, SeccompAction::Allow, missing)?;
    }
    // Last, for it forbids to install another.
    let denied = SeccompAction::Errno(libc::EPERM as u32);
    install(rules(profile).map_err(io::Error::other)?, denied, SeccompAction::Allow)
}

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

fn install(rules: Rules, otherwise: SeccompAction, listed: SeccompAction) -> io::Result<()> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let filter = SeccompFilter::new(rules, otherwise, listed, arch).map_err(io::Error::other)?;
    let program = BpfProgram::try_from(filter).map_err(io::Error::other)?;
    apply_filter(&program).map_err(io::Error::other)
}

fn rules(profile: Profile) -> Result<Rules, seccompiler::BackendError> {
    let mut names: Vec<_> = ANY.into_iter().chain(OLDER).collect();
    // `abort` ends the caller; nobody else may be sent a signal.
    let mut limited = vec![(libc::SYS_tgkill, vec![is(0, std::process::id().into())?])];
    // A file could otherwise be told to send signals to others.
    limited
        .push((libc::SYS_fcntl, vec![is(1, libc::F_SETFL as u64)?, has_none(2, libc::O_ASYNC)?]));
    for harmless in [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_DUPFD_CLOEXEC] {
        limited.push((libc::SYS_fcntl, vec![is(1, harmless as u64)?]));
    }
    match profile {
        // Without a pointer to a new limit, a program reads one of its own.
        Profile::Worker => {
            limited.push((libc::SYS_prlimit64, vec![is(0, 0)?, is(2, 0)?]));
            limited.push((libc::SYS_openat, vec![has_only(2, READ)?]));
            // What is open may be measured; a path would tell of files that cannot be opened.
            limited.push((libc::SYS_newfstatat, vec![is(3, libc::AT_EMPTY_PATH as u64)?]));
        }
        Profile::Compiler => {
            names.extend(COMPILER.into_iter().chain(COMPILER_OLDER));
            names.extend([libc::SYS_clone3, libc::SYS_openat]);
            limited.push((libc::SYS_clone, vec![has_none(0, ESCAPES)?]));
            for lock in [libc::F_GETLK, libc::F_SETLK, libc::F_SETLKW, libc::F_DUPFD] {
                limited.push((libc::SYS_fcntl, vec![is(1, lock as u64)?]));
            }
            limited.push((libc::SYS_ioctl, vec![is(1, libc::FIONBIO)?]));
            limited.push((libc::SYS_ioctl, vec![is(1, libc::TCGETS)?]));
            limited.push((libc::SYS_prctl, vec![is(0, libc::PR_SET_NAME as u64)?]));
            limited.push((libc::SYS_prlimit64, vec![is(0, 0)?]));
            limited.push((libc::SYS_socketpair, vec![is(0, libc::AF_UNIX as u64)?]));
        }
    }
    let mut rules: Rules = names.into_iter().map(|name| (name, Vec::new())).collect();
    for (name, conditions) in limited {
        rules.entry(name).or_default().push(SeccompRule::new(conditions)?);
    }
    Ok(rules)
}

fn is(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, value)
}

fn has_none(argument: u8, bits: i32) -> Result<SeccompCondition, seccompiler::BackendError> {
    let mask = SeccompCmpOp::MaskedEq(bits as u64);
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, mask, 0)
}

/// Of an `int`, which is all that the kernel looks at.
fn has_only(argument: u8, bits: i32) -> Result<SeccompCondition, seccompiler::BackendError> {
    let others = SeccompCmpOp::MaskedEq(u64::from(!(bits as u32)));
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, others, 0)
}
