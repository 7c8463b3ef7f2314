//! Which files a confined program may see. All others look as if they were forbidden to it.

use std::io;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetStatus, Scope, path_beneath_rules,
};

use super::Paths;

/// The oldest interface that is enough: Linux 5.13. What later ones add (renaming across folders,
/// truncation, TCP, signals and abstract sockets) is used where the kernel has it.
const LEAST: ABI = ABI::V1;
const LATEST: ABI = ABI::V6;

/// Gives up every file but these, for this process and all that it becomes or starts.
pub fn apply(paths: &Paths) -> io::Result<()> {
    let status = restrict(paths).map_err(io::Error::other)?;
    if status == RulesetStatus::NotEnforced {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "the kernel has no Landlock"));
    }
    Ok(())
}

fn restrict(paths: &Paths) -> Result<RulesetStatus, landlock::RulesetError> {
    let read = AccessFs::from_read(LEAST);
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(LEAST))?
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LATEST))?
        .handle_access(AccessNet::from_all(LATEST))?
        .scope(Scope::from_all(LATEST))?
        .create()?;
    // A path that does not exist is left out: not every system has every library folder.
    let status = ruleset
        .add_rules(path_beneath_rules(&paths.read, read))?
        .add_rules(path_beneath_rules(&paths.write, AccessFs::from_all(LATEST)))?
        .restrict_self()?;
    Ok(status.ruleset)
}
