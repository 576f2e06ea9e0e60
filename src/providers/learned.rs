//! Facts that an attempt finds out, for the store to keep.

/// The IP addresses of a host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedName {
    pub name: String,
    pub addresses: Vec<String>,
    /// When the addresses expire, in Unix milliseconds.
    pub until: i64,
}

/// Facts that are stored with the outcome of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    /// Account ids, each with the provider's user id.
    pub user_ids: Vec<(i64, String)>,
    pub names: Vec<ResolvedName>,
}

impl Learned {
    /// Returns the provider's user id of an account, if this request has found it out.
    pub fn owner(&self, account_id: i64) -> Option<&str> {
        let known = self.user_ids.iter().find(|(id, _)| *id == account_id);
        known.map(|(_, user_id)| user_id.as_str())
    }

    /// Stores the provider's user id of an account and replaces an earlier one.
    pub fn set_owner(&mut self, account_id: i64, user_id: String) {
        self.user_ids.retain(|(id, _)| *id != account_id);
        self.user_ids.push((account_id, user_id));
    }
}
