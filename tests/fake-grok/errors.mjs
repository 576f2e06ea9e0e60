// The failures Grok's web back end is known for, by name: HTTP answers, and the same bodies as frames inside a 200 stream.
const grpc = (status, code, message, headers = {}) => ({ status, headers, body: { error: { code, message, details: [] } } });

const CHALLENGE = `<!DOCTYPE html><html><head><title>Just a moment...</title></head>
<body><script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script></body></html>`;

export const ERRORS = {
  too_many: grpc(429, 8, 'Too many requests'),
  too_many_retry_after: grpc(429, 8, 'Too many requests', { 'retry-after': '37' }),
  usage_limit: grpc(429, 8, "You've reached your usage limit for this model. Try again later."),
  message_limit: grpc(429, 8, 'Message limit reached'),
  heavy_usage: grpc(429, 8, 'Grok is under heavy usage right now. Please try again soon.'),
  heavy_usage_503: grpc(503, 8, 'Grok is under heavy usage right now. Please try again soon.'),
  dead: grpc(401, 16, 'Failed to look up session ID. [WKE=unauthenticated:invalid-credentials]'),
  bad_credentials: grpc(403, 16, 'Credentials are bad. [WKE=unauthenticated:bad-credentials]'),
  blocked_user: grpc(403, 7, 'User is blocked [WKE=unauthorized:blocked-user]'),
  suspended: grpc(400, 7, 'account suspended'),
  anti_bot: grpc(403, 7, 'Request rejected by anti-bot rules.'),
  challenge: { status: 403, headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' }, body: CHALLENGE },
  challenge_200: { status: 200, headers: { 'content-type': 'text/html; charset=UTF-8', server: 'cloudflare' }, body: CHALLENGE },
  empty_403: { status: 403, headers: { server: 'cloudflare' }, body: '' },
  policy: grpc(403, 7, 'This request is not allowed.'),
  moderated: grpc(400, 3, 'Content moderated [WKE=grok:content-moderated]'),
  model_not_found: grpc(404, 5, 'Model is not found'),
  post_not_found: grpc(404, 5, 'Source post not found [WKE=imagine:invalid-parent-post]'),
  invalid: grpc(400, 3, 'invalid argument'),
  internal: grpc(500, 13, 'internal error'),
  unavailable: grpc(503, 14, 'service unavailable'),
  bad_gateway: { status: 502, headers: { 'content-type': 'text/html' }, body: '<html><body>502 Bad Gateway</body></html>' },
};

/** Failures that only the scripted service's own checks give: ERRORS lists those that a script may ask for. */
const CHECKS = {
  no_route: grpc(404, 5, 'no such route'),
  wrong_cookies: grpc(403, 7, 'The session cookies do not agree.'),
  wrong_user: grpc(403, 7, 'uid, x-userid and the session belong to different users.'),
  prompt_too_long: grpc(400, 3, 'Your prompt is too long.'),
  too_large: grpc(413, 3, 'The body is too large.'),
};

/** Returns the failure called `name`; a bare number is that status with a gRPC-looking body. */
export function failure(name) {
  const known = ERRORS[name] ?? CHECKS[name];
  if (known) return known;
  const status = Number(name);
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new Error(`fake Grok knows no failure called ${name}`);
  return grpc(status, 13, `scripted status ${status}`);
}

/** Returns the failure as the socket's handshake answers it: a suspended account is a 403 there. */
export function upgradeFailure(name) {
  return name === 'suspended' ? { ...failure(name), status: 403 } : failure(name);
}

/** Returns the same failure as a frame of a 200 stream. */
export function failureFrame(name) {
  const { body } = failure(name);
  return typeof body === 'string' ? { error: { code: 13, message: body, details: [] } } : body;
}
