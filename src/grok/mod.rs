//! Grok's web back end: what is sent to it, and what its streamed answers mean.
