//! What a condition admits: no row, own rows, rows of a tenant, every row.

use lunette_core::access::Reach;

/// What a condition admits, for one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// NULL for every row, which admits none.
    Null,
    /// No row.
    False,
    /// Every row, if the caller is somebody particular (an administrator).
    Gate,
    /// Rows tied to the caller.
    Own,
    /// Rows of a group that the caller belongs to.
    Tenant,
    /// Rows tied to the caller or the caller's group, and every row for particular callers.
    Mixed,
    /// Rows by what they hold; who calls does not matter.
    Row,
    /// Cannot be told.
    Unknown,
    /// Rows of everybody but the caller.
    Inverted,
    /// Every row, as soon as some other table has a row that is tied to nothing.
    Open,
    /// Every row.
    True,
}

impl Class {
    /// How far it reaches.
    pub(crate) fn reach(self) -> Reach {
        match self {
            Self::Null | Self::False => Reach::Denied,
            Self::Own => Reach::OwnRows,
            Self::Tenant => Reach::TenantRows,
            Self::True => Reach::AllRows,
            Self::Gate | Self::Mixed | Self::Row | Self::Unknown | Self::Inverted | Self::Open => Reach::Unknown,
        }
    }

    /// Whether it admits no row at all.
    pub(crate) fn is_denied(self) -> bool {
        self <= Self::False
    }

    /// In words, as what the condition lets through.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Null | Self::False => "no row",
            Self::Gate => "every row for particular callers",
            Self::Own => "the caller's rows",
            Self::Tenant => "rows of the caller's group",
            Self::Mixed => "the caller's rows, and every row for particular callers",
            Self::Row => "rows by what they hold, whoever calls",
            Self::Unknown => "rows by a condition that cannot be told",
            Self::Inverted => "rows of everybody but the caller",
            Self::Open => "every row, as soon as another table has such a row",
            Self::True => "every row",
        }
    }

    /// Both must hold.
    pub(crate) fn and(self, other: Class) -> Class {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Null, _) | (_, Self::Null) => Self::Null,
            (Self::True, other) | (other, Self::True) => other,
            (a, b) => [Self::Own, Self::Tenant, Self::Gate]
                .into_iter()
                .find(|class| *class == a || *class == b)
                .unwrap_or(a.min(b)),
        }
    }

    /// One must hold.
    pub(crate) fn or(self, other: Class) -> Class {
        match (self, other) {
            (Self::Gate, Self::Own | Self::Tenant) | (Self::Own | Self::Tenant, Self::Gate) => Self::Mixed,
            (a, b) => a.max(b),
        }
    }

    /// Whether rows are tied to who calls, for ordinary callers.
    pub(crate) fn is_tied(self) -> bool {
        matches!(self, Self::Own | Self::Tenant | Self::Mixed)
    }

    /// It must not hold.
    pub(crate) fn not(self) -> Class {
        match self {
            Self::Null => Self::Null,
            Self::False => Self::True,
            Self::True => Self::False,
            Self::Own => Self::Inverted,
            Self::Inverted => Self::Own,
            Self::Tenant | Self::Mixed => Self::Unknown,
            other => other,
        }
    }
}
