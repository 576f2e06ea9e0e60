//! Limits of the platforms, with their sources. What is derived from one is computed from it where it is used.

/// Subrequests of one Worker invocation on the free plan. Calls of D1 and KV count.
/// Source: <https://developers.cloudflare.com/workers/platform/limits/#subrequests>
pub const SUBREQUESTS: usize = 50;

/// Connections that one Worker invocation may have open at once. More wait for one to close.
/// Source: <https://developers.cloudflare.com/workers/platform/limits/#simultaneous-open-connections>
pub const CONNECTIONS: usize = 6;

/// Connections that are left for upstream while the client's own is open.
pub const UPSTREAM_CONNECTIONS: usize = CONNECTIONS - 1;

/// Bytes of the largest string that D1 binds or stores.
/// Source: <https://developers.cloudflare.com/d1/platform/limits/>
pub const D1_VALUE_BYTES: usize = 2_000_000;

/// Bytes of one part of a file in the key-value store. Workers KV takes 25 MiB a value; smaller parts bound what the
/// component holds in memory, and ranges are served from them.
/// Source: <https://developers.cloudflare.com/kv/platform/limits/>
pub const KV_PART_BYTES: usize = 1 << 20;
