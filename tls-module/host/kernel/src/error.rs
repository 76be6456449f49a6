// SPDX-License-Identifier: GPL-2.0

//! Errors: `errno` values, as in the kernel.

use crate::alloc::AllocError;

use core::{
    alloc::LayoutError,
    fmt,
    num::{
        NonZeroI32,
        TryFromIntError, //
    },
    str::Utf8Error, //
};

const MAX_ERRNO: i32 = 4095;

/// An `errno` value: from `-MAX_ERRNO` to -1.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(NonZeroI32);

/// A result whose error is an [`Error`] unless said otherwise.
pub type Result<T = (), E = Error> = core::result::Result<T, E>;

macro_rules! declare_errs {
    ($($name:ident $value:literal)*) => {
        /// The error codes.
        pub mod code {
            use super::*;

            $(
                #[doc = concat!("`", stringify!($name), "`.")]
                pub const $name: Error = Error(NonZeroI32::new(-$value).unwrap());
            )*
        }

        fn name_of(error: Error) -> Option<&'static str> {
            // Two names may share a value; the first one is used.
            [$((code::$name, stringify!($name)),)*]
                .iter()
                .find(|(code, _)| *code == error)
                .map(|(_, name)| *name)
        }
    };
}

declare_errs! {
    EPERM 1
    ENOENT 2
    ESRCH 3
    EINTR 4
    EIO 5
    ENXIO 6
    E2BIG 7
    ENOEXEC 8
    EBADF 9
    ECHILD 10
    EAGAIN 11
    ENOMEM 12
    EACCES 13
    EFAULT 14
    ENOTBLK 15
    EBUSY 16
    EEXIST 17
    EXDEV 18
    ENODEV 19
    ENOTDIR 20
    EISDIR 21
    EINVAL 22
    ENFILE 23
    EMFILE 24
    ENOTTY 25
    ETXTBSY 26
    EFBIG 27
    ENOSPC 28
    ESPIPE 29
    EROFS 30
    EMLINK 31
    EPIPE 32
    EDOM 33
    ERANGE 34
    EDEADLK 35
    ENAMETOOLONG 36
    ENOLCK 37
    ENOSYS 38
    ENOTEMPTY 39
    ELOOP 40
    ENOMSG 42
    EIDRM 43
    ECHRNG 44
    EL2NSYNC 45
    EL3HLT 46
    EL3RST 47
    ELNRNG 48
    EUNATCH 49
    ENOCSI 50
    EL2HLT 51
    EBADE 52
    EBADR 53
    EXFULL 54
    ENOANO 55
    EBADRQC 56
    EBADSLT 57
    EBFONT 59
    ENOSTR 60
    ENODATA 61
    ETIME 62
    ENOSR 63
    ENONET 64
    ENOPKG 65
    EREMOTE 66
    ENOLINK 67
    EADV 68
    ESRMNT 69
    ECOMM 70
    EPROTO 71
    EMULTIHOP 72
    EDOTDOT 73
    EBADMSG 74
    EFSBADCRC 74
    EOVERFLOW 75
    ENOTUNIQ 76
    EBADFD 77
    EREMCHG 78
    ELIBACC 79
    ELIBBAD 80
    ELIBSCN 81
    ELIBMAX 82
    ELIBEXEC 83
    EILSEQ 84
    ERESTART 85
    ESTRPIPE 86
    EUSERS 87
    ENOTSOCK 88
    EDESTADDRREQ 89
    EMSGSIZE 90
    EPROTOTYPE 91
    ENOPROTOOPT 92
    EPROTONOSUPPORT 93
    ESOCKTNOSUPPORT 94
    EOPNOTSUPP 95
    EPFNOSUPPORT 96
    EAFNOSUPPORT 97
    EADDRINUSE 98
    EADDRNOTAVAIL 99
    ENETDOWN 100
    ENETUNREACH 101
    ENETRESET 102
    ECONNABORTED 103
    ECONNRESET 104
    ENOBUFS 105
    EISCONN 106
    ENOTCONN 107
    ESHUTDOWN 108
    ETOOMANYREFS 109
    ETIMEDOUT 110
    ECONNREFUSED 111
    EHOSTDOWN 112
    EHOSTUNREACH 113
    EALREADY 114
    EINPROGRESS 115
    ESTALE 116
    EUCLEAN 117
    EFSCORRUPTED 117
    ENOTNAM 118
    ENAVAIL 119
    EISNAM 120
    EREMOTEIO 121
    EDQUOT 122
    ENOMEDIUM 123
    EMEDIUMTYPE 124
    ECANCELED 125
    ENOKEY 126
    EKEYEXPIRED 127
    EKEYREVOKED 128
    EKEYREJECTED 129
    EOWNERDEAD 130
    ENOTRECOVERABLE 131
    ERFKILL 132
    EHWPOISON 133
    EFTYPE 134
    ERESTARTSYS 512
    ERESTARTNOINTR 513
    ERESTARTNOHAND 514
    ENOIOCTLCMD 515
    ERESTART_RESTARTBLOCK 516
    EPROBE_DEFER 517
    EOPENSTALE 518
    ENOPARAM 519
    EBADHANDLE 521
    ENOTSYNC 522
    EBADCOOKIE 523
    ENOTSUPP 524
    ETOOSMALL 525
    ESERVERFAULT 526
    EBADTYPE 527
    EJUKEBOX 528
    EIOCBQUEUED 529
    ERECALLCONFLICT 530
    ENOGRACE 531
}

impl Error {
    /// Makes an error of a negative `errno`; anything out of range is [`code::EINVAL`].
    pub fn from_errno(errno: i32) -> Error {
        match NonZeroI32::new(errno) {
            Some(value) if (-MAX_ERRNO..0).contains(&errno) => Error(value),
            _ => code::EINVAL,
        }
    }

    /// The negative `errno`.
    pub fn to_errno(self) -> i32 {
        self.0.get()
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match name_of(*self) {
            Some(name) => f.write_str(name),
            None => f.debug_tuple("Error").field(&-self.0.get()).finish(),
        }
    }
}

impl From<AllocError> for Error {
    fn from(_: AllocError) -> Error {
        code::ENOMEM
    }
}

impl From<TryFromIntError> for Error {
    fn from(_: TryFromIntError) -> Error {
        code::EINVAL
    }
}

impl From<Utf8Error> for Error {
    fn from(_: Utf8Error) -> Error {
        code::EINVAL
    }
}

impl From<LayoutError> for Error {
    fn from(_: LayoutError) -> Error {
        code::ENOMEM
    }
}

impl From<fmt::Error> for Error {
    fn from(_: fmt::Error) -> Error {
        code::EINVAL
    }
}

impl From<core::convert::Infallible> for Error {
    fn from(e: core::convert::Infallible) -> Error {
        match e {}
    }
}

/// Turns a C return value into a [`Result`].
pub fn to_result(err: i32) -> Result {
    if err < 0 {
        Err(Error::from_errno(err))
    } else {
        Ok(())
    }
}
