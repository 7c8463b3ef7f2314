//! The recipe for Slurm, on a cluster of this machine alone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

use crate::{
    class::{Class, is_confined, read, said},
    support::{aloud, course, program, root, target},
};

/// How often the cluster is asked whether it has come so far, five times a second.
const QUESTIONS: u32 = 600;

/// A cluster of one node, with its own keys, ports and folders.
struct Cluster {
    folder: TempDir,
    daemons: Vec<Child>,
}

impl Cluster {
    /// Starts a cluster; none where Slurm is not installed or this user may not start it, which it says
    /// aloud.
    fn start() -> Option<Self> {
        let is_there = |program| Path::new("/usr/sbin").join(program).is_file();
        if !["slurmctld", "slurmd", "munged"].into_iter().all(is_there) {
            aloud("NOT TESTED: Slurm is not installed here");
            return None;
        }
        if !rustix::process::geteuid().is_root() {
            aloud("NOT TESTED: only root starts Slurm");
            return None;
        }
        let mut cluster = Self { folder: tempfile::tempdir().unwrap(), daemons: Vec::new() };
        cluster.make();
        let munge = cluster.path("munge");
        let of_munge =
            |option: &str, file: &str| format!("--{option}={}", munge.join(file).display());
        cluster.daemon(Command::new("setpriv").args(["--reuid=munge", "--regid=munge"]).args([
            "--clear-groups",
            "munged",
            "--foreground",
            &of_munge("socket", "socket"),
            &of_munge("key-file", "key"),
            &of_munge("log-file", "log"),
            &of_munge("pid-file", "pid"),
            &of_munge("seed-file", "seed"),
        ]));
        until(|| munge.join("socket").exists());
        cluster.daemon(Command::new("slurmctld").arg("-D"));
        cluster.daemon(Command::new("slurmd").args(["-D", "-N", &node()]));
        until(|| said(&cluster.command("sinfo").arg("-h").output().unwrap()).contains("idle"));
        Some(cluster)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes keys and settings.
    fn make(&self) {
        for folder in ["state", "spool", "munge"] {
            fs::create_dir(self.path(folder)).unwrap();
        }
        let key: Vec<u8> = (0..128).map(|_| fastrand::u8(..)).collect();
        fs::write(self.path("munge/key"), key).unwrap();
        // Munge trusts neither keys that others read nor sockets that others cannot reach.
        let run = |program: &str, arguments: &[&str], file: &Path| {
            assert!(Command::new(program).args(arguments).arg(file).status().unwrap().success());
        };
        run("chmod", &["600"], &self.path("munge/key"));
        run("chmod", &["755"], &self.path("munge"));
        run("chmod", &["711"], self.folder.path());
        run("chown", &["-R", "munge"], &self.path("munge"));
        let folder = self.folder.path().display();
        let (node, port) = (node(), fastrand::u16(20_000..30_000));
        let settings = format!(
            "ClusterName=grad\nSlurmctldHost={node}(127.0.0.1)\nSlurmUser=root\nAuthType=auth/munge\n\
             AuthInfo=socket={folder}/munge/socket,cred_expire=5\nStateSaveLocation={folder}/state\n\
             SlurmdSpoolDir={folder}/spool\nSlurmctldPidFile={folder}/ctld.pid\n\
             SlurmdPidFile={folder}/d.pid\nSlurmctldPort={port}\nSlurmdPort={}\n\
             SlurmctldLogFile={folder}/ctld.log\nSlurmdLogFile={folder}/d.log\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\n\
             JobAcctGatherType=jobacct_gather/none\nSelectType=select/cons_tres\n\
             SelectTypeParameters=CR_Core\nMpiDefault=none\nReturnToService=2\nJobRequeue=1\n\
             NodeName={node} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN\n\
             PartitionName=main Nodes={node} Default=YES MaxTime=INFINITE State=UP\n",
            port + 1
        );
        fs::write(self.path("slurm.conf"), settings).unwrap();
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", self.path("slurm.conf")).current_dir(self.folder.path());
        command
    }

    fn daemon(&mut self, command: &mut Command) {
        command.env("SLURM_CONF", self.path("slurm.conf"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.daemons.push(command.spawn().unwrap());
    }

    /// Hands a script of the recipe in; gives the number of its job.
    fn submit(&self, class: &Class, script: &str, options: &[&str], arguments: &[&str]) -> String {
        let mut sbatch = self.command("sbatch");
        let insecure = if is_confined() { "" } else { " --insecure" };
        let grader = format!("{} --workspace {}", program().display(), course().display());
        fs::write(self.path("grader"), format!("#!/bin/sh\nexec {grader} \"$@\"{insecure}\n"))
            .unwrap();
        let grader = format!("sh {}", self.path("grader").display());
        let environment =
            format!("GRADER={grader},PATH,HOME,CARGO_TARGET_DIR={}", target().display());
        sbatch.current_dir(class.path("")).args(["--parsable", "--export", &environment]);
        let output = sbatch.args(options).arg(recipe(script)).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
        said(&output).trim().to_owned()
    }

    /// The states of a job's tasks that are still in the queue.
    fn states(&self, job: &str) -> String {
        let output: Output =
            self.command("squeue").args(["-h", "-o", "%T", "-j", job]).output().unwrap();
        said(&output)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

fn node() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn recipe(name: &str) -> PathBuf {
    root().join("docs/recipes/slurm").join(name)
}

fn until(is_so: impl Fn() -> bool) {
    for _ in 0..QUESTIONS {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(200));
    }
    panic!("the cluster does not come so far");
}

#[test]
fn an_array_grades_a_class_and_a_task_that_was_put_back_goes_on() {
    let Some(cluster) = Cluster::start() else { return };
    let class = Class::handed_in();
    class.batch(&[]);
    let arguments = ["course.toml", "graded", "in"];
    let job = cluster.submit(&class, "grade.sbatch", &["--array=1-3"], &arguments);
    until(|| cluster.states(&job).contains("RUNNING"));
    let task = format!("{job}_1");
    // It may be done already: then there is nothing to put back.
    let _ = cluster.command("scontrol").args(["requeue", &task]).output().unwrap();
    let after = format!("--dependency=afterany:{job}");
    let merge = cluster.submit(&class, "merge.sbatch", &[&after], &["course.toml", "graded"]);
    until(|| cluster.states(&format!("{job},{merge}")).trim().is_empty());
    let table = class.path("graded/gradebook.csv");
    let logs = || read(&class.path(&format!("slurm-{merge}.out")));
    assert!(table.exists(), "{}", logs());
    assert_eq!(class.exported("gradebook.csv"), read(&table));
}
