//! What an attempt finds out and the store keeps.

/// IP addresses of a host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedName {
    pub name: String,
    pub addresses: Vec<String>,
    /// Unix milliseconds.
    pub until: i64,
}

/// Facts to be stored with the request's outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned {
    /// Account ids, and the ids by which the provider knows their owners.
    pub user_ids: Vec<(i64, String)>,
    pub names: Vec<ResolvedName>,
}

impl Learned {
    /// Returns the id by which the provider knows an account's owner, if this request has learned it.
    pub fn owner(&self, account_id: i64) -> Option<&str> {
        let known = self.user_ids.iter().find(|(id, _)| *id == account_id);
        known.map(|(_, user_id)| user_id.as_str())
    }

    /// Keeps the id of an account's owner, in place of any other.
    pub fn set_owner(&mut self, account_id: i64, user_id: String) {
        self.user_ids.retain(|(id, _)| *id != account_id);
        self.user_ids.push((account_id, user_id));
    }
}
