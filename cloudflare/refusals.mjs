// Errors of the shim and of the entry in the forms of the component's own: `error_reply` in src/http/router.rs. A test compares both.

/** The console's API, Anthropic's, and else OpenAI's. Below `/v1` the component ignores doubled slashes. */
const FORMS = [
  { paths: /^\/api\//, body: ({ message, code }) => ({ success: false, message, code }) },
  { paths: /^\/+v1\/+messages(?:\/|$)/, body: ({ status, message }) => ({ type: "error", error: { type: anthropicType(status), message } }), overloaded: 529 },
  {
    paths: /^/,
    body: ({ status, message, code }) => ({ error: { message, type: status < 500 ? "invalid_request_error" : "server_error", param: null, code } }),
  },
];
/** Paths that pages of other origins may not read. */
const OWN = /^\/(?:api|internal)(?:\/|$)/;
const OPEN = { "access-control-allow-origin": "*", "access-control-expose-headers": "retry-after" };

const anthropicType = (status) => ({ 404: "not_found_error", 529: "overloaded_error" })[status] ?? (status < 500 ? "invalid_request_error" : "api_error");

/**
 * Returns the status, headers and body of an error.
 * @param {string} path of the request, without its query
 * @param {{ status: number, code: string, message: string, retryAfter?: string }} error
 */
export function refusal(path, { status, code, message, retryAfter }) {
  const form = FORMS.find(({ paths }) => paths.test(path));
  const shown = code === "overloaded" ? (form.overloaded ?? status) : status;
  const headers = {
    "content-type": "application/json",
    "cache-control": "no-store",
    ...(OWN.test(path) ? {} : OPEN),
    ...(retryAfter ? { "retry-after": retryAfter } : {}),
  };
  return { status: shown, headers, body: JSON.stringify(form.body({ status: shown, message, code })) };
}
