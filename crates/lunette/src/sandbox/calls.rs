//! seccomp: which system calls are refused.
//!
//! A list of what is refused, not of what is allowed: the C library and the runtime may use new harmless calls, and a
//! reader that dies half-way through a project helps nobody. Refused calls fail with `EPERM`.

/// The other processors have no list here.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn restrict(_landlock: bool) -> Result<(), String> {
    Err(format!("there is no filter for {} processors", std::env::consts::ARCH))
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) use filter::restrict;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod filter {
    use std::collections::BTreeMap;

    #[allow(clippy::wildcard_imports, reason = "a hundred and fifty numbers of system calls")]
    use libc::*;
    use seccompiler::{
        BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op, SeccompCondition,
        SeccompFilter, SeccompRule, apply_filter_all_threads,
    };

    type Rules = BTreeMap<i64, Vec<SeccompRule>>;

    /// Sockets of every kind; what arrives on one that was inherited cannot be received either.
    const NETWORK: &[c_long] = &[
        SYS_socket,
        SYS_connect,
        SYS_bind,
        SYS_listen,
        SYS_accept,
        SYS_accept4,
        SYS_sendto,
        SYS_sendmsg,
        SYS_sendmmsg,
        SYS_recvmsg,
        SYS_recvmmsg,
    ];

    /// Starting programs, and reaching into other processes. New processes are refused by the flags of `clone`.
    const PROCESSES: &[c_long] = &[
        SYS_execve,
        SYS_execveat,
        SYS_ptrace,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_process_madvise,
        SYS_pidfd_getfd,
        SYS_pidfd_send_signal,
        SYS_kcmp,
        SYS_kill,
        SYS_rt_sigqueueinfo,
        SYS_rt_tgsigqueueinfo,
        SYS_move_pages,
        SYS_migrate_pages,
    ];

    /// Whatever changes a file system, and ways to a file that no path leads to.
    const FILES: &[c_long] = &[
        SYS_truncate,
        SYS_ftruncate,
        SYS_fallocate,
        SYS_renameat2,
        SYS_unlinkat,
        SYS_mkdirat,
        SYS_mknodat,
        SYS_linkat,
        SYS_symlinkat,
        SYS_fchmod,
        SYS_fchmodat,
        SYS_fchown,
        SYS_fchownat,
        SYS_utimensat,
        SYS_setxattr,
        SYS_lsetxattr,
        SYS_fsetxattr,
        SYS_removexattr,
        SYS_lremovexattr,
        SYS_fremovexattr,
        SYS_open_by_handle_at,
        SYS_name_to_handle_at,
        SYS_memfd_create,
        SYS_memfd_secret,
        SYS_mq_open,
        SYS_mq_unlink,
        SYS_shmget,
        SYS_semget,
        SYS_msgget,
        SYS_quotactl,
        SYS_quotactl_fd,
        SYS_fanotify_init,
        SYS_copy_file_range,
    ];

    /// Mounts and namespaces.
    const MOUNTS: &[c_long] = &[
        SYS_mount,
        SYS_umount2,
        SYS_pivot_root,
        SYS_chroot,
        SYS_unshare,
        SYS_setns,
        SYS_open_tree,
        SYS_move_mount,
        SYS_fsopen,
        SYS_fsconfig,
        SYS_fsmount,
        SYS_fspick,
        SYS_mount_setattr,
    ];

    /// The machine itself, and interfaces through which kernels were attacked.
    const KERNEL: &[c_long] = &[
        SYS_io_uring_setup,
        SYS_io_uring_enter,
        SYS_io_uring_register,
        SYS_bpf,
        SYS_perf_event_open,
        SYS_userfaultfd,
        SYS_keyctl,
        SYS_add_key,
        SYS_request_key,
        SYS_kexec_load,
        SYS_init_module,
        SYS_finit_module,
        SYS_delete_module,
        SYS_reboot,
        SYS_swapon,
        SYS_swapoff,
        SYS_acct,
        SYS_syslog,
        SYS_settimeofday,
        SYS_clock_settime,
        SYS_clock_adjtime,
        SYS_adjtimex,
        SYS_sethostname,
        SYS_setdomainname,
        SYS_vhangup,
        SYS_lookup_dcookie,
        SYS_nfsservctl,
    ];

    /// Newer than the C library's table, the same number on every processor: `fchmodat2`, `setxattrat`,
    /// `removexattrat`, `open_tree_attr`, `file_setattr`.
    const NEWER: &[c_long] = &[452, 463, 466, 467, 469];

    /// The old forms that only this processor has.
    #[cfg(target_arch = "x86_64")]
    const OLD: &[c_long] = &[
        SYS_fork,
        SYS_vfork,
        SYS_creat,
        SYS_rename,
        SYS_renameat,
        SYS_unlink,
        SYS_rmdir,
        SYS_mkdir,
        SYS_mknod,
        SYS_link,
        SYS_symlink,
        SYS_chmod,
        SYS_chown,
        SYS_lchown,
        SYS_utime,
        SYS_utimes,
        SYS_futimesat,
        SYS_iopl,
        SYS_ioperm,
        SYS_uselib,
        SYS_kexec_file_load,
    ];
    /// `renameat` and `kexec_file_load`, which the tables of some C libraries leave out.
    #[cfg(target_arch = "aarch64")]
    const OLD: &[c_long] = &[38, 294];

    /// Requests to a descriptor that change its file though it was opened for reading, or type into the terminal:
    /// `FS_IOC_SETFLAGS` (also its 32-bit form), `FS_IOC_FSSETXATTR`, `FS_IOC_SETVERSION`,
    /// `FS_IOC_SET_ENCRYPTION_POLICY`, `FS_IOC_ENABLE_VERITY`, `TIOCSTI`, `TIOCLINUX` (linux/fs.h, linux/fscrypt.h,
    /// linux/fsverity.h, asm-generic/ioctls.h).
    const REQUESTS: &[u64] =
        &[0x4008_6602, 0x4004_6602, 0x401c_5820, 0x4008_7602, 0x800c_6613, 0x4080_6685, 0x5412, 0x541c];

    /// Flags of `clone` that make a namespace: mount, cgroup, UTS, IPC, user, process id, network.
    const NAMESPACES: &[i32] =
        &[CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET];

    /// Installs the filters on all threads. With Landlock in force, `openat2` stays: its flags are in memory, where a
    /// filter cannot look, and Landlock does.
    pub(in super::super) fn restrict(landlock: bool) -> Result<(), String> {
        let install = || -> Result<(), seccompiler::Error> {
            apply_filter_all_threads(&refuse(rules()?, EPERM)?)?;
            // "No such call" makes callers fall back: the C library from clone3 to clone, whose flags can be seen.
            let mut unknown: Rules = [(SYS_clone3, Vec::new())].into();
            if !landlock {
                unknown.insert(SYS_openat2, Vec::new());
            }
            apply_filter_all_threads(&refuse(unknown, ENOSYS)?)?;
            #[cfg(target_arch = "x86_64")]
            apply_filter_all_threads(&no_x32())?;
            Ok(())
        };
        install().map_err(|error| error.to_string())
    }

    fn refuse(rules: Rules, errno: i32) -> Result<BpfProgram, BackendError> {
        let arch = if cfg!(target_arch = "x86_64") {
            seccompiler::TargetArch::x86_64
        } else {
            seccompiler::TargetArch::aarch64
        };
        let refusal = SeccompAction::Errno(errno.unsigned_abs());
        SeccompFilter::new(rules, SeccompAction::Allow, refusal, arch)?.try_into()
    }

    fn rules() -> Result<Rules, BackendError> {
        let mut rules = Rules::new();
        for list in [NETWORK, PROCESSES, FILES, MOUNTS, KERNEL, NEWER, OLD] {
            rules.extend(list.iter().map(|call| (*call, Vec::new())));
        }
        // The standard library uses a pair of local sockets; nothing outside can be reached with one.
        rules.insert(SYS_socketpair, vec![rule(0, Op::Ne, bits(AF_UNIX))?]);
        rules.insert(SYS_openat, for_writing(2)?);
        #[cfg(target_arch = "x86_64")]
        rules.insert(SYS_open, for_writing(1)?);
        // A new process is a clone that is no thread.
        let mut clone = vec![rule(0, Op::MaskedEq(bits(CLONE_THREAD)), 0)?];
        for flag in NAMESPACES {
            clone.push(rule(0, Op::MaskedEq(bits(*flag)), bits(*flag))?);
        }
        rules.insert(SYS_clone, clone);
        let requests = REQUESTS.iter().map(|request| rule(1, Op::Eq, *request)).collect::<Result<_, _>>()?;
        rules.insert(SYS_ioctl, requests);
        // Limits of other processes.
        rules.insert(SYS_prlimit64, vec![rule(0, Op::Ne, 0)?]);
        Ok(rules)
    }

    /// Opening with any flag that writes, creates or empties; `argument` is the place of the flags.
    fn for_writing(argument: u8) -> Result<Vec<SeccompRule>, BackendError> {
        [O_WRONLY, O_RDWR, O_CREAT, O_TRUNC]
            .into_iter()
            .map(|flag| rule(argument, Op::MaskedEq(bits(flag)), bits(flag)))
            .collect()
    }

    fn rule(argument: u8, op: Op, value: u64) -> Result<SeccompRule, BackendError> {
        SeccompRule::new(vec![SeccompCondition::new(argument, Len::Dword, op, value)?])
    }

    fn bits(flag: i32) -> u64 {
        u64::from(flag.cast_unsigned())
    }

    /// x86-64 kernels may know every call by a second number, with bit 30 set; the lists do not have these.
    #[cfg(target_arch = "x86_64")]
    fn no_x32() -> BpfProgram {
        use seccompiler::sock_filter;
        const X32: u32 = 0x4000_0000;
        let statement = |code: u32, jt, jf, k| sock_filter { code: code as u16, jt, jf, k };
        vec![
            // The call's number is the first field of `seccomp_data`.
            statement(BPF_LD | BPF_W | BPF_ABS, 0, 0, 0),
            statement(BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32),
            statement(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS.unsigned_abs()),
            statement(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW),
        ]
    }
}
